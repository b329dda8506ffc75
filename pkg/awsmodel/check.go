package awsmodel

import (
	"strconv"
	"unicode/utf8"
)

// found is one value that a path leads to.
type found struct {
	absent bool
	text   string // of strings and blobs
	number float64
	items  int // of lists and maps
}

// walker leads along a limit's path and tells every value at its end.
type walker func(l *Limit, tell func(found))

func check(service, operation string, walk walker) error {
	list, known := loaded()[service][operation]
	if !known {
		return unknown(service, operation)
	}
	var (
		l     *Limit
		count int
		err   error
	)
	tell := func(f found) {
		count++
		if err == nil && l.Type != "count" {
			err = l.check(service, f)
		}
	}
	for i := range list {
		l, count = &list[i], 0
		if walk(l, tell); err != nil {
			return err
		}
		if l.Type == "count" && float64(count) > *l.Max {
			return fault(service, *l, "at most %v in one request, not %d", *l.Max, count)
		}
	}
	return nil
}

func (l *Limit) check(service string, f found) error {
	if f.absent {
		if l.Required {
			return fault(service, *l, "Member must not be null")
		}
		return nil
	}
	what, size := "length", f.number
	switch l.Type {
	case "string":
		size = float64(utf8.RuneCountInString(f.text))
		if l.Bytes {
			size = float64(len(f.text))
		}
	case "blob":
		size = float64(len(f.text))
	case "list", "map":
		size = float64(f.items)
	case "integer", "long", "float", "double":
		what = "value"
	default:
		return nil
	}
	switch {
	case l.Min != nil && size < *l.Min:
		return fault(service, *l, "Member must have %s greater than or equal to %v, not %v", what, *l.Min, size)
	case l.Max != nil && size > *l.Max:
		return fault(service, *l, "Member must have %s less than or equal to %v, not %v", what, *l.Max, size)
	case l.pattern != nil && (!utf8.ValidString(f.text) || !l.pattern.MatchString(f.text)):
		return fault(service, *l, "%.80q: Member must satisfy regular expression pattern: %s", f.text, l.Pattern)
	}
	return nil
}

// scalar reads what a form or a JSON document has for a value of the limit's type.
func (l *Limit) scalar(v any) found {
	switch v := v.(type) {
	case string:
		number, _ := strconv.ParseFloat(v, 64)
		return found{text: v, number: number}
	case float64:
		return found{number: v, text: strconv.FormatFloat(v, 'f', -1, 64)}
	case []any:
		return found{items: len(v)}
	case map[string]any:
		return found{items: len(v)}
	}
	return found{absent: v == nil}
}
