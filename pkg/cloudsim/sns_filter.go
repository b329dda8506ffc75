package cloudsim

import (
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// bodyFilter is a subscription's filter policy: of each key one of the conditions has to hold (SNS developer guide, "Filter policy constraints"). None lets
// everything pass.
type bodyFilter map[string][]filterTerm

// filterTerm holds for a text that it names, or for all but those that it excludes.
type filterTerm struct {
	equal string
	but   []string
}

func (c *filterTerm) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &c.equal) == nil {
		return nil
	}
	var but struct {
		But *texts `json:"anything-but"`
	}
	if err := json.Unmarshal(b, &but); err != nil {
		return err
	}
	if but.But == nil {
		return &json.UnsupportedValueError{Str: "cloudsim knows texts and anything-but"}
	}
	c.but = *but.But
	return nil
}

// texts is one text or a list of them.
type texts []string

func (t *texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(t))
}

func newBodyFilter(attributes map[string]string) (bodyFilter, error) {
	policy, ok := attributes["FilterPolicy"]
	if !ok {
		return nil, nil
	}
	var f bodyFilter
	if err := json.Unmarshal([]byte(policy), &f); err != nil || attributes["FilterPolicyScope"] != "MessageBody" {
		return nil, &snstypes.InvalidParameterException{Message: aws.String("Invalid parameter: FilterPolicy (cloudsim has texts and anything-but, in the scope MessageBody)")}
	}
	return f, nil
}

// passes tells whether a body reaches the subscriber: one that is no JSON object, or lacks a key, does not.
func (f bodyFilter) passes(body string) bool {
	if f == nil {
		return true
	}
	var fields map[string]any
	if json.Unmarshal([]byte(body), &fields) != nil {
		return false
	}
	for key, conditions := range f {
		value, ok := fields[key].(string)
		if !ok || !slices.ContainsFunc(conditions, func(c filterTerm) bool { return c.holds(value) }) {
			return false
		}
	}
	return true
}

func (c filterTerm) holds(value string) bool {
	if c.but != nil {
		return !slices.Contains(c.but, value)
	}
	return c.equal == value
}
