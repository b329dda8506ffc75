package awsmodel

import (
	"net/url"
	"slices"
	"strings"
)

// steps are the parts of a path: a name, or [], {} or {key} after one, or # in a form.
func steps(path string) []string {
	var out []string
	for part := range strings.SplitSeq(path, ".") {
		name := part
		if i := strings.IndexAny(part, "[{"); i >= 0 {
			name = part[:i]
		}
		if name != "" {
			out = append(out, name)
		}
		for rest := part[len(name):]; rest != ""; {
			end := strings.IndexAny(rest, "]}") + 1
			out, rest = append(out, rest[:end]), rest[end:]
		}
	}
	return out
}

// CheckJSON holds the document of a request in one of AWS's JSON protocols to the limits. What does not fit is a *Fault.
func CheckJSON(service, operation string, doc map[string]any) error {
	return check(service, operation, func(l *Limit, tell func(found)) { l.along(doc, l.path, tell) })
}

// CheckForm holds the form of a request in one of AWS's query protocols to the limits. What does not fit is a *Fault.
func CheckForm(service, operation string, form url.Values) error {
	tree := map[string]any{}
	for key, values := range form {
		at := tree
		parts := strings.Split(key, ".")
		for _, p := range parts[:len(parts)-1] {
			next, ok := at[p].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[p] = next
			}
			at = next
		}
		if last := parts[len(parts)-1]; len(values) > 0 && at[last] == nil {
			at[last] = values[0]
		}
	}
	return check(service, operation, func(l *Limit, tell func(found)) {
		if !slices.ContainsFunc(l.wire, func(s string) bool { return s[0] == '{' }) {
			l.along(tree, l.wire, tell)
		}
	})
}

// along follows the steps through maps and lists. A member that is missing in what is there is told as absent.
func (l *Limit) along(v any, steps []string, tell func(found)) {
	if len(steps) == 0 {
		if list, ok := v.(map[string]any); ok && l.Type == "list" { // in a form, the numbers under a name or under its "member"
			if inner, ok := list["member"].(map[string]any); ok {
				list = inner
			}
			v = list
		}
		tell(l.scalar(v))
		return
	}
	switch step := steps[0]; step {
	case "[]", "#", "{}":
		switch all := v.(type) {
		case []any:
			for _, x := range all {
				l.along(x, steps[1:], tell)
			}
		case map[string]any:
			for _, x := range all {
				l.along(x, steps[1:], tell)
			}
		}
	case "{key}":
		if all, ok := v.(map[string]any); ok {
			for k := range all {
				l.along(k, steps[1:], tell)
			}
		}
	default:
		all, ok := v.(map[string]any)
		switch member := all[step]; {
		case !ok:
		case member != nil:
			l.along(member, steps[1:], tell)
		case len(steps) == 1:
			tell(found{absent: true})
		}
	}
}
