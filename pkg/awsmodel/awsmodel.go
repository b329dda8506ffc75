// Package awsmodel knows what AWS accepts as the input of the operations that the product calls: lengths, counts, values and
// patterns, by AWS's own models (limits.json, see generate.py) and by its documents where the models are silent. The simulated
// cloud and the emulator's proxy refuse by it what AWS would refuse, so that an input that was never thought of shows in a test.
package awsmodel

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"
)

//go:embed limits.json
var limits []byte

// Limit is what one value of an input must fit.
type Limit struct {
	// Path leads to the value by the model's names: a.b is a member, a[] every item, a{} every value of a map, a{key} every key.
	Path string `json:"path"`
	// Wire leads to it in a form; # is a number. Of the services that take JSON it is not used.
	Wire string `json:"wire"`
	// Type is the model's: string, blob, list, map, structure, or a number's. "count" bounds how many values the path has in all.
	Type     string   `json:"type"`
	Min      *float64 `json:"min"`
	Max      *float64 `json:"max"`
	Pattern  string   `json:"pattern"`
	Required bool     `json:"required"`
	// Code is the service's error code where it is not its usual one.
	Code string `json:"-"`
	// Bytes measures a text in bytes instead of characters.
	Bytes bool `json:"-"`

	pattern *regexp.Regexp
	path    []string
	wire    []string
	fields  []fields // by the path's steps
}

// Fault is a refusal, in the service's words.
type Fault struct{ Code, Message string }

func (f *Fault) Error() string { return f.Code + ": " + f.Message }

// table holds the limits by service, as the SDK's package is called, and operation.
type table map[string]map[string][]Limit

var loaded = sync.OnceValue(func() table {
	var t table
	if err := json.Unmarshal(limits, &t); err != nil {
		panic("awsmodel: limits.json: " + err.Error()) // it is built in, and tested
	}
	for service, ops := range documented {
		for op, more := range ops {
			if _, known := t[service][op]; known {
				t[service][op] = append(t[service][op], more...)
			}
		}
	}
	for _, ops := range t {
		for op, list := range ops {
			for i := range list {
				l := &list[i]
				l.path, l.wire = steps(l.Path), steps(l.Wire)
				l.fields = make([]fields, len(l.path))
				if l.Pattern != "" {
					l.pattern = regexp.MustCompile(`\A(?:` + l.Pattern + `)\z`)
				}
			}
			ops[op] = list
		}
	}
	return t
})

// Known tells whether the operation has a row, be it an empty one.
func Known(service, operation string) bool {
	_, ok := loaded()[service][operation]
	return ok
}

// Services lists the services that have rows, and Operations those of a service, in order.
func Services() []string                 { return slices.Sorted(maps.Keys(loaded())) }
func Operations(service string) []string { return slices.Sorted(maps.Keys(loaded()[service])) }
func Limits(service, op string) []Limit  { return slices.Clone(loaded()[service][op]) }
func unknown(service, operation string) error {
	return fmt.Errorf("awsmodel: no row for %s.%s: run pkg/awsmodel/generate.py", service, operation)
}

// usual is each service's code for an input that does not fit.
var usual = map[string]string{"autoscaling": "ValidationError", "ec2": "InvalidParameterValue", "sqs": "InvalidParameterValue", "sns": "InvalidParameter",
	"dynamodb": "ValidationException", "elasticloadbalancing": "ValidationError", "elasticloadbalancingv2": "ValidationError", "cloudformation": "ValidationError", "ecs": "InvalidParameterException"}

func fault(service string, l Limit, format string, args ...any) error {
	code := l.Code
	if code == "" {
		code = usual[service]
	}
	if code == "" {
		code = "ValidationException"
	}
	return &Fault{code, fmt.Sprintf("1 validation error detected: Value at '%s' failed to satisfy constraint: ", l.Path) + fmt.Sprintf(format, args...)}
}
