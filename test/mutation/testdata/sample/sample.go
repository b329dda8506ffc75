// Package sample is what test/mutation is tried on: its tests let some mistakes pass, on purpose.
package sample

import (
	"errors"
	"log/slog"
	"time"
)

// rule is one of an ordered table.
type rule struct {
	name string
	does func(int) bool
}

// The first two both fit 4: their order tells. Nothing fits the last two together.
var rules = []rule{
	{"even", func(n int) bool { return n%2 == 0 }},
	{"four", func(n int) bool { return n == 4 }},
	{"seven", func(n int) bool { return n == 7 }},
}

// First names the first rule that fits.
func First(n int) string {
	for _, r := range rules {
		if r.does(n) {
			return r.name
		}
	}
	return ""
}

// Grade is tested at its boundaries, but for the upper one.
func Grade(n int) string {
	if n < 10 {
		return "low"
	}
	if n >= 100 {
		return "high"
	}
	return "middle"
}

// Both is tested with the first clause only.
func Both(a, b bool) bool { return a && b }

// Either is tested in full.
func Either(a, b bool) bool { return a || b }

// ErrOdd is what Halve says.
var ErrOdd = errors.New("odd")

func halve(n int) (int, error) {
	if n%2 != 0 {
		return 0, ErrOdd
	}
	return n / 2, nil
}

// Quarter passes on what is wrong with the first half; nobody tests the second.
func Quarter(n int) (int, error) {
	h, err := halve(n)
	if err != nil {
		return 0, err
	}
	q, err := halve(h)
	if err != nil {
		return 0, err
	}
	return q, nil
}

// Account has a field that is tested and one that is not.
type Account struct {
	Balance int
	Touched bool
	closed  bool
}

// Put adds; the log is nobody's business.
func (a *Account) Put(n int) {
	slog.Debug("put", "n", n)
	a.Balance += n
	a.Touched = true
}

// Close is tested, and twice is once.
func (a *Account) Close() {
	if a.closed {
		return
	}
	a.closed = true
	a.Balance = 0
}

// Late is tested at the very moment, Early is not.
func Late(now, deadline time.Time) bool { return now.After(deadline) }

// Early is tested far from its moment.
func Early(now, deadline time.Time) bool { return now.Before(deadline) }

// Untested is called by no test.
func Untested(n int) int {
	if n > 3 {
		n = 3
	}
	return n
}
