package settings

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a function's machine has no time zones

	"github.com/adhocore/gronx"
)

// Window says when gradual replacement by spot may begin. The zero value is always open.
type Window struct {
	expr    string // five fields of cron; every matching minute is inside
	place   *time.Location
	inverse bool // open outside instead
}

// Open tells whether the moment is inside the window.
func (w Window) Open(at time.Time) bool {
	if w.expr == "" {
		return true
	}
	place := w.place
	if place == nil {
		place = time.UTC
	}
	g := gronx.New()
	due, err := g.IsDue(w.expr, at.In(place).Truncate(time.Minute))
	return err == nil && due != w.inverse // the expression was checked when it was read
}

// String is the window as its owner wrote it.
func (w Window) String() string {
	text := w.expr
	if w.inverse {
		text = "not " + text
	}
	if w.place != nil {
		text += " " + w.place.String()
	}
	return text
}

// cron reads five fields, or the predecessor's two: hours and days of the week.
func cron(v string) (string, error) {
	fields := strings.Fields(v)
	if len(fields) == 2 {
		fields = []string{"*", fields[0], "*", "*", fields[1]}
	}
	expr := strings.Join(fields, " ")
	if len(fields) != 5 || !gronx.IsValid(expr) {
		return "", fmt.Errorf("%q is no schedule: write five fields of cron, or hours and days of the week such as 9-18 1-5", v)
	}
	return expr, nil
}

func place(v string) (*time.Location, error) {
	p, err := time.LoadLocation(v)
	if err != nil || v == "" || v == "Local" {
		return nil, fmt.Errorf("%q is no time zone: write a name such as UTC or Europe/Berlin", v)
	}
	return p, nil
}
