package stack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// request is one call as IAM sees it: an action on one resource, with what AWS knows of both. Keys are compared without case,
// as IAM does; keys that are absent are absent.
type request struct {
	action, resource string
	context          map[string][]string
	principal        string // for resource policies: an ARN, or a service
}

// allowed tells whether the statements allow the request and none denies it.
func allowed(statements []map[string]any, r request) bool {
	allow := false
	for _, s := range statements {
		if !applies(s, r) {
			continue
		}
		if s["Effect"] == "Deny" {
			return false
		}
		allow = true
	}
	return allow
}

func applies(s map[string]any, r request) bool {
	for key := range s {
		if !slices.Contains([]string{"Sid", "Effect", "Action", "Resource", "Condition", "Principal"}, key) {
			panic("the evaluation knows no " + key) // such as NotAction: it would be ignored
		}
	}
	if !matchesAny(words(s["Action"]), r.action, true) || !matchesAny(words(s["Resource"]), r.resource, false) {
		return false
	}
	if p, ok := s["Principal"]; ok && !isPrincipal(p, r.principal) {
		return false
	}
	conditions, _ := s["Condition"].(map[string]any)
	for operator, of := range conditions {
		for key, values := range of.(map[string]any) {
			if !holds(operator, r.values(key), words(values)) {
				return false
			}
		}
	}
	return true
}

func isPrincipal(p any, who string) bool {
	if p == "*" {
		return true
	}
	for kind, names := range p.(map[string]any) {
		for _, n := range words(names) {
			switch {
			case kind == "Service" && n == who, kind == "AWS" && n == who, kind == "AWS" && n == "*" && strings.HasPrefix(who, "arn:"):
				return true
			}
		}
	}
	return false
}

func (r request) values(key string) []string {
	for k, v := range r.context {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return nil
}

// holds evaluates one operator for one key (IAM user guide, "IAM JSON policy elements: Condition operators"): an absent key
// fails, but for the negated operators; ForAllValues holds of no values.
func holds(operator string, have, want []string) bool {
	if operator == "Null" {
		return (len(have) == 0) == (want[0] == "true")
	}
	if plain, ok := strings.CutPrefix(operator, "ForAllValues:"); ok {
		return !slices.ContainsFunc(have, func(v string) bool { return !one(plain, v, want) })
	}
	if len(have) == 0 {
		return strings.Contains(operator, "Not")
	}
	if len(have) > 1 {
		panic(fmt.Sprintf("%s of a key with several values %q", operator, have))
	}
	return one(operator, have[0], want)
}

func one(operator, have string, want []string) bool {
	switch operator {
	case "StringEquals":
		return slices.Contains(want, have)
	case "StringNotEquals":
		return !slices.Contains(want, have)
	case "StringLike":
		return matchesAny(want, have, false)
	case "ArnLike", "ArnEquals":
		return slices.ContainsFunc(want, func(w string) bool { return arnMatches(w, have) })
	case "ArnNotEquals":
		return !slices.ContainsFunc(want, func(w string) bool { return arnMatches(w, have) })
	case "Bool":
		return strings.EqualFold(want[0], have)
	}
	panic("the evaluation knows no " + operator)
}

// arnMatches compares the six parts one by one: a wildcard does not reach over a colon, but in the last.
func arnMatches(pattern, arn string) bool {
	p, a := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(p) != 6 || len(a) != 6 {
		return false
	}
	for i := range p {
		if !like(p[i], a[i], false) {
			return false
		}
	}
	return true
}

func matchesAny(patterns []string, text string, fold bool) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return like(p, text, fold) })
}

// like knows the two wildcards of IAM.
func like(pattern, text string, fold bool) bool {
	e := regexp.QuoteMeta(pattern)
	e = strings.ReplaceAll(strings.ReplaceAll(e, `\*`, `.*`), `\?`, `.`)
	if fold {
		e = "(?i)" + e
	}
	return regexp.MustCompile(`^(?s:` + e + `)$`).MatchString(text)
}

// The evaluation proves nothing if it is wrong itself: each line is an example of the IAM user guide's rules.
func TestTheEvaluationIsIAMs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		operator   string
		have, want []string
		holds      bool
	}{
		{"StringEquals", []string{"a"}, []string{"b", "a"}, true},
		{"StringEquals", []string{"A"}, []string{"a"}, false},
		{"StringEquals", nil, []string{"a"}, false},
		{"StringEquals", []string{"abc"}, []string{"a*"}, false},
		{"StringNotEquals", nil, []string{"a"}, true},
		{"StringNotEquals", []string{"a"}, []string{"a", "b"}, false},
		{"StringLike", []string{"abc"}, []string{"a*"}, true},
		{"StringLike", []string{""}, []string{"?*"}, false},
		{"StringLike", nil, []string{"*"}, false},
		{"Null", nil, []string{"true"}, true},
		{"Null", nil, []string{"false"}, false},
		{"Null", []string{"x"}, []string{"false"}, true},
		{"ForAllValues:StringEquals", nil, []string{"a"}, true},
		{"ForAllValues:StringEquals", []string{"a", "b"}, []string{"a"}, false},
		{"ForAllValues:StringEquals", []string{"a"}, []string{"a", "b"}, true},
		{"Bool", nil, []string{"false"}, false},
		{"Bool", []string{"false"}, []string{"false"}, true},
		{"ArnEquals", []string{"arn:aws:sns:r:1:a"}, []string{"arn:aws:sns:r:1:a"}, true},
		{"ArnLike", []string{"arn:aws:events:r:1:rule/x:y"}, []string{"arn:aws:events:*:rule/x"}, false},
		{"ArnLike", []string{"arn:aws:events:r:1:rule/x-1"}, []string{"arn:aws:events:r:*:rule/x-*"}, true},
		{"ArnNotEquals", nil, []string{"arn:aws:sns:r:1:a"}, true},
	} {
		if got := holds(c.operator, c.have, c.want); got != c.holds {
			t.Errorf("%s %q %q: %t", c.operator, c.have, c.want, got)
		}
	}
	deny := []map[string]any{{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:put*", "Resource": "arn:aws:s3:::b/*"}}
	if allowed(deny, request{action: "s3:PutObject", resource: "arn:aws:s3:::b/k"}) || !allowed(deny, request{action: "s3:GetObject", resource: "arn:aws:s3:::b/k"}) ||
		allowed(nil, request{action: "s3:GetObject", resource: "x"}) {
		t.Error("an explicit deny wins, and what nobody allows is denied")
	}
}
