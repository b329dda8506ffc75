package settings

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"autospotting/pkg/lazyregexp"
)

// amount reads a number of instances or a percentage of the group.
func amount(v string) (Amount, error) {
	if p, ok := strings.CutSuffix(v, "%"); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || !(f >= 0 && f <= 100) {
			return Amount{}, fmt.Errorf("%q is no percentage from 0 to 100: write 25%%", v)
		}
		return Amount{Fraction: f / 100}, nil
	}
	n, err := whole(v)
	if err != nil {
		return Amount{}, fmt.Errorf("%q is neither a number nor a percentage: write 2 or 25%%", v)
	}
	return Amount{Count: n}, nil
}

// whole reads a number that is not negative and no capacity of AWS exceeds.
func whole(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 1_000_000 {
		return 0, fmt.Errorf("%q is no whole number from 0 up: write 2", v)
	}
	return n, nil
}

func fraction(v string) (float64, error) {
	p, percent := strings.CutSuffix(v, "%")
	f, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
	if percent {
		f /= 100
	}
	if err != nil || !(f >= 0 && f < 1) {
		return 0, fmt.Errorf("%q is no fraction from 0 up to 1: write 0.10 or 10%%", v)
	}
	return f, nil
}

// needs reads a list of needs.
func needs(v string) ([]string, error) {
	var list []string
	for _, n := range strings.FieldsFunc(strings.ToLower(v), func(r rune) bool { return r == ',' || r == ' ' }) {
		if !slices.Contains(Needs(), n) {
			return nil, fmt.Errorf("%q is no need: write some of %s", n, strings.Join(Needs(), ","))
		}
		if !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list, nil
}

func attach(v string) (Attach, error) {
	switch a := Attach(strings.ToLower(v)); a {
	case AttachAuto, AttachReady, AttachRunning:
		return a, nil
	}
	return "", fmt.Errorf("%q: write auto, ready or running", v)
}

func drainWith(v string) (DrainWith, error) {
	switch d := DrainWith(strings.ToLower(v)); d {
	case DrainAuto, DrainNone, DrainECS, DrainHook, DrainCommand:
		return d, nil
	}
	return "", fmt.Errorf("%q: write auto, none, ecs, hook or command", v)
}

func truth(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q: write true or false", v)
}

// off reads whether something is switched off.
func off(v string) (bool, error) {
	switch v {
	case "on":
		return false, nil
	case "off":
		return true, nil
	}
	return false, fmt.Errorf("%q: write on or off", v)
}

// longestSpan keeps a typing error from stopping a group for months.
const longestSpan = 24 * time.Hour

func span(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if seconds, plain := strconv.Atoi(v); plain == nil && seconds < int(longestSpan/time.Second) {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || d < 0 || d > longestSpan {
		return 0, fmt.Errorf("%q is no duration up to 24h: write 300s or 5m", v)
	}
	return d, nil
}

// probe reads how spotd asks for the application. From here it asks nobody but its own instance and starts nothing: who may tag a group
// may not run programs on its instances, nor have them call others.
func probe(v string) (string, error) {
	scheme, rest, _ := strings.Cut(v, ":")
	switch scheme {
	case "", "none", "systemd":
		if v == scheme || v == "systemd:degraded" {
			return v, nil
		}
	case "tcp":
		if port, err := strconv.ParseUint(strings.TrimPrefix(rest, "127.0.0.1:"), 10, 16); err == nil && port > 0 {
			return v, nil
		}
	case "http", "https":
		if u, err := url.Parse(v); err == nil && u.User == nil && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost") {
			return v, nil
		}
	}
	return "", fmt.Errorf("%q is no probe of the instance itself: write http://127.0.0.1:8080/health, tcp:8080, systemd, systemd:degraded or none; programs and other hosts only the image's spotd.conf may name", v)
}

var typePattern = lazyregexp.New(`^[a-z0-9*?.\-\[\]]+$`)

// patterns reads a list of instance types with wildcards.
func patterns(v string, current bool) ([]string, error) {
	var out []string
	for _, p := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		if p == Current && current {
			out = append(out, p)
			continue
		}
		if _, err := path.Match(p, ""); err != nil || !typePattern.MatchString(p) || !strings.ContainsAny(p, ".*") {
			return nil, fmt.Errorf("%q is no instance type: write m5.large or m5.*", p)
		}
		out = append(out, p)
	}
	return out, nil
}
