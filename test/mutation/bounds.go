package main

import (
	"fmt"
	"strconv"
	"strings"
)

// bounds are the least shares in percent that must be killed, by package, as they were asked for.
type bounds map[string]float64

func (b bounds) String() string { return "" }

// Set reads PACKAGE=PERCENT, several between commas.
func (b bounds) Set(text string) error {
	for one := range strings.SplitSeq(text, ",") {
		name, percent, ok := strings.Cut(one, "=")
		n, err := strconv.ParseFloat(percent, 64)
		if !ok || name == "" || err != nil || !(n >= 0 && n <= 100) {
			return fmt.Errorf("%q: write PACKAGE=PERCENT, from 0 to 100", one)
		}
		b[strings.TrimPrefix(name, "./")] = n
	}
	return nil
}

// defaults are those of issue 17, by the longest name that a package's begins with.
var defaults = bounds{"": 85, "coordinator/decide": 90, "coordinator/decide/books": 95, "coordinator/decide/view": 95}

// of is the bound of a package.
func (b bounds) of(name string) float64 {
	if n, ok := b[name]; ok {
		return n
	}
	for at := name; ; at = at[:max(0, strings.LastIndexByte(at, '/'))] {
		if n, ok := defaults[at]; ok {
			return n
		}
	}
}
