package act

import (
	"encoding/json"
	"slices"
	"strings"
)

// event is what is known beforehand of an event: texts, lists of texts, and events within it. What is not in it may have any value.
type event map[string]any

// mayMatch tells whether an event pattern may match (EventBridge user guide, "Comparison operators for use in event patterns"). It errs to one side:
// what cannot be read, is not known of the event, or is an operator of tomorrow, may match.
func mayMatch(pattern json.RawMessage, e event) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(pattern, &fields) != nil {
		return true
	}
	for name, want := range fields {
		if !mayHave(name, want, e) {
			return false
		}
	}
	return true
}

func mayHave(name string, want json.RawMessage, e event) bool {
	if name == "$or" {
		var choices []json.RawMessage
		return json.Unmarshal(want, &choices) != nil || slices.ContainsFunc(choices, func(one json.RawMessage) bool { return mayMatch(one, e) })
	}
	value, known := e[name]
	if !known {
		return true
	}
	if within, is := value.(event); is {
		return mayMatch(want, within)
	}
	var list []json.RawMessage
	if json.Unmarshal(want, &list) != nil {
		return true
	}
	texts, several := value.([]string)
	if text, one := value.(string); one {
		texts = []string{text}
	} else if !several {
		return true
	}
	return slices.ContainsFunc(list, func(filter json.RawMessage) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return mayFit(filter, text) })
	})
}

// mayFit tells whether one entry of a pattern's list may fit a text.
func mayFit(filter json.RawMessage, text string) bool {
	var content map[string]json.RawMessage
	if json.Unmarshal(filter, &content) == nil && content != nil {
		for operator, operand := range content {
			return len(content) > 1 || operate(operator, operand, text)
		}
		return true
	}
	var literal any
	if json.Unmarshal(filter, &literal) != nil {
		return true
	}
	return literal == any(text) // a number or null is no text
}

func operate(operator string, operand json.RawMessage, text string) bool {
	switch operator {
	case "prefix", "suffix", "wildcard", "equals-ignore-case":
		fits, read := compare(operator, operand, text)
		return fits || !read
	case "exists":
		var is bool
		return json.Unmarshal(operand, &is) != nil || is
	case "anything-but":
		return anythingBut(operand, text)
	}
	return true
}

// anythingBut takes a value, a list of values, or an object with one other operator and its value or values.
func anythingBut(operand json.RawMessage, text string) bool {
	var content map[string]json.RawMessage
	if json.Unmarshal(operand, &content) == nil {
		for operator, inner := range content {
			var several []json.RawMessage
			if json.Unmarshal(inner, &several) != nil {
				several = []json.RawMessage{inner}
			}
			return len(content) > 1 || !slices.ContainsFunc(several, func(one json.RawMessage) bool {
				fits, read := compare(operator, one, text)
				return fits && read
			})
		}
		return true
	}
	var several []any
	if json.Unmarshal(operand, &several) != nil {
		var one any
		if json.Unmarshal(operand, &one) != nil {
			return true
		}
		several = []any{one}
	}
	return !slices.Contains(several, any(text))
}

// compare tells whether a text fits; read is false where the operator or its operand is not one of those known.
func compare(operator string, operand json.RawMessage, text string) (fits, read bool) {
	var to string
	if json.Unmarshal(operand, &to) != nil {
		var folded struct {
			To *string `json:"equals-ignore-case"`
		}
		if json.Unmarshal(operand, &folded) != nil || folded.To == nil {
			return false, false
		}
		to, text = strings.ToLower(*folded.To), strings.ToLower(text)
	}
	switch operator {
	case "prefix":
		return strings.HasPrefix(text, to), true
	case "suffix":
		return strings.HasSuffix(text, to), true
	case "equals-ignore-case":
		return strings.EqualFold(text, to), true
	case "wildcard":
		return wild(to, text), true
	}
	return false, false
}

// wild tells whether a text fits a pattern in which * stands for any characters, and \* for itself.
func wild(pattern, text string) bool {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern) && (pattern[i+1] == '*' || pattern[i+1] == '\\'):
			i++
			part.WriteByte(pattern[i])
		case pattern[i] == '*':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(pattern[i])
		}
	}
	last := part.String()
	if len(parts) == 0 {
		return text == last
	}
	rest, begins := strings.CutPrefix(text, parts[0])
	if !begins {
		return false
	}
	for _, p := range parts[1:] {
		at := strings.Index(rest, p)
		if at < 0 {
			return false
		}
		rest = rest[at+len(p):]
	}
	return strings.HasSuffix(rest, last)
}
