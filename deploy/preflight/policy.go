package preflight

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// verdict is what a key's policy says of somebody.
type verdict int

// A policy says no, or yes, or it hangs on a condition that is not decided here.
const (
	no verdict = iota
	perhaps
	yes
)

// policy is a key's; what an installer's question does not need of it is left out.
type policy struct {
	Statement statements
}

type statements []statement

type statement struct {
	Sid, Effect string
	Principal   principals
	Action      words
	NotAction   words
	Condition   map[string]map[string]words
	// What turns the meaning round: the statement is then not decided.
	NotPrincipal json.RawMessage
}

// words are one string or several; conditions also have truth values and numbers there.
type words []string

// UnmarshalJSON takes all of them.
func (w *words) UnmarshalJSON(b []byte) error {
	var value any
	if err := json.Unmarshal(b, &value); err != nil {
		return err
	}
	all, several := value.([]any)
	if !several {
		all = []any{value}
	}
	*w = nil
	for _, one := range all {
		*w = append(*w, fmt.Sprint(one))
	}
	return nil
}

// principals are the AWS principals of a statement; services are of no interest.
type principals []string

// UnmarshalJSON takes "*" and {"AWS": …}.
func (p *principals) UnmarshalJSON(b []byte) error {
	var all string
	if json.Unmarshal(b, &all) == nil {
		*p = principals{all}
		return nil
	}
	var of struct{ AWS words }
	err := json.Unmarshal(b, &of)
	*p = principals(of.AWS)
	return err
}

// UnmarshalJSON takes one statement or several.
func (s *statements) UnmarshalJSON(b []byte) error {
	var one statement
	if json.Unmarshal(b, &one) == nil {
		*s = statements{one}
		return nil
	}
	return json.Unmarshal(b, (*[]statement)(s))
}

// who is a principal that would use a key through EC2.
type who struct {
	arn, account, region string
	// own tells that its own policies allow it too, so that it suffices if the key's policy lets the account's policies count.
	own bool
}

// lets tells whether the policy lets somebody do all the actions, and which statement it hangs on where that is not decided.
func (p policy) lets(w who, actions []string) (verdict, string) {
	out, hangs := yes, ""
	for _, a := range actions {
		v, sid := p.one(w, a)
		if v < out {
			out, hangs = v, sid
		}
	}
	return out, hangs
}

func (p policy) one(w who, action string) (out verdict, hangs string) {
	for _, s := range p.Statement {
		v := s.covers(w, action)
		if s.Effect == "Deny" && v != no {
			if v == yes {
				return no, ""
			}
			return perhaps, s.Sid
		}
		if v > out {
			out, hangs = v, s.Sid
		}
	}
	return out, hangs
}

// covers tells whether the statement is about this action of this principal, in EC2's hands.
func (s statement) covers(w who, action string) verdict {
	if s.NotPrincipal != nil || len(s.NotAction) > 0 {
		return perhaps
	}
	if !slices.ContainsFunc(s.Action, func(pattern string) bool { return matches(pattern, action) }) {
		return no
	}
	if !slices.ContainsFunc(s.Principal, func(name string) bool { return w.is(name, s.Effect) }) {
		return no
	}
	for operator, of := range s.Condition {
		for key, values := range of {
			if !w.meets(operator, key, values) {
				return perhaps
			}
		}
	}
	return yes
}

// is tells whether a principal of a policy is this one. The account itself stands for its policies in an Allow, and for
// everybody in it in a Deny.
func (w who) is(name, effect string) bool {
	account := name == w.account || strings.HasSuffix(name, ":iam::"+w.account+":root")
	return name == "*" || name == w.arn || account && (w.own || effect == "Deny")
}

// meets tells of the conditions that are usual in keys' policies whether a call through EC2 meets them for certain.
func (w who) meets(operator, key string, values words) bool {
	switch operator + " " + key {
	case "StringEquals kms:CallerAccount", "StringEquals aws:PrincipalAccount":
		return slices.Contains(values, w.account)
	case "StringEquals kms:ViaService", "StringLike kms:ViaService":
		return slices.ContainsFunc(values, func(v string) bool {
			return matches(v, "ec2."+w.region+".amazonaws.com") || matches(v, "ec2."+w.region+".amazonaws.com.cn")
		})
	case "Bool kms:GrantIsForAWSResource":
		return slices.Contains(values, "true")
	}
	return false
}

// matches tells whether text is what a pattern with * means, in any case of letters.
func matches(pattern, text string) bool {
	parts := strings.Split(strings.ToLower(pattern), "*")
	text = strings.ToLower(text)
	if len(parts) == 1 {
		return parts[0] == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
