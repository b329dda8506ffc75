package stack

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	account   = "123456789012"
	region    = "eu-west-1"
	stackName = "autospotting"
)

// novalue is what AWS::NoValue stands for: the property, or the element of the list, is not there.
type novalue struct{}

// deployed is a template with parameters given and functions carried out, as CloudFormation would.
type deployed struct {
	template
	values    map[string]any
	partition string
}

func deploy(t testing.TB, name string, parameters map[string]any) deployed {
	t.Helper()
	d := deployed{read(t, name), map[string]any{}, "aws"}
	for p, of := range d.parameters {
		d.values[p] = of["Default"]
		if of["Type"] == "CommaDelimitedList" {
			d.values[p] = split(fmt.Sprint(of["Default"]))
		}
	}
	for p, v := range parameters {
		if d.parameters[p] == nil {
			t.Fatalf("%s has no parameter %s", name, p)
		}
		d.values[p] = v
	}
	return d
}

func split(text string) []any {
	var out []any
	for _, s := range strings.Split(text, ",") {
		out = append(out, s)
	}
	return out
}

func (d deployed) properties(id string) map[string]any {
	m, _ := d.resolve(d.resources[id].Properties).(map[string]any)
	return m
}

// resolve carries out the functions in v. It knows those that the templates use, and panics at any other.
func (d deployed) resolve(v any) any {
	switch v := v.(type) {
	case []any:
		out := []any{}
		for _, one := range v {
			if r := d.resolve(one); r != (novalue{}) {
				out = append(out, r)
			}
		}
		return out
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if f := functions[name]; f != nil {
					return f(d, argument)
				}
				if strings.HasPrefix(name, "Fn::") {
					panic("no such function is known: " + name)
				}
			}
		}
		out := map[string]any{}
		for k, one := range v {
			if r := d.resolve(one); r != (novalue{}) {
				out[k] = r
			}
		}
		return out
	}
	return v
}

var functions map[string]func(deployed, any) any

func init() {
	functions = map[string]func(deployed, any) any{
		"Ref":       func(d deployed, a any) any { return d.ref(a.(string)) },
		"Condition": func(d deployed, a any) any { return d.resolve(d.conditions[a.(string)]) },
		"Fn::GetAtt": func(d deployed, a any) any {
			return d.attribute(at(a, 0).(string), at(a, 1).(string))
		},
		"Fn::If": func(d deployed, a any) any {
			if d.resolve(d.conditions[at(a, 0).(string)]).(bool) {
				return d.resolve(at(a, 1))
			}
			return d.resolve(at(a, 2))
		},
		"Fn::Equals": func(d deployed, a any) any { return fmt.Sprint(d.resolve(at(a, 0))) == fmt.Sprint(d.resolve(at(a, 1))) },
		"Fn::Not":    func(d deployed, a any) any { return !d.resolve(at(a, 0)).(bool) },
		"Fn::And": func(d deployed, a any) any {
			return !slices.ContainsFunc(list(a), func(one any) bool { return !d.resolve(one).(bool) })
		},
		"Fn::Join": func(d deployed, a any) any {
			var parts []string
			for _, p := range d.resolve(at(a, 1)).([]any) {
				parts = append(parts, p.(string))
			}
			return strings.Join(parts, at(a, 0).(string))
		},
		"Fn::Split": func(d deployed, a any) any {
			var out []any
			for _, p := range strings.Split(d.resolve(at(a, 1)).(string), at(a, 0).(string)) {
				out = append(out, p)
			}
			return out
		},
		"Fn::Select": func(d deployed, a any) any { return d.resolve(at(a, 1)).([]any)[at(a, 0).(int)] },
		"Fn::Sub":    func(d deployed, a any) any { return d.substitute(a) },
	}
}

var placeholder = regexp.MustCompile(`\$\{([^}]+)\}`)

func (d deployed) substitute(a any) any {
	text, isText := a.(string)
	var own map[string]any
	if !isText {
		text, own = at(a, 0).(string), at(a, 1).(map[string]any)
	}
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		name := m[2 : len(m)-1]
		if v, ok := own[name]; ok {
			return d.resolve(v).(string)
		}
		if id, attribute, ok := strings.Cut(name, "."); ok {
			return d.attribute(id, attribute)
		}
		return fmt.Sprint(d.ref(name))
	})
}

func (d deployed) ref(name string) any {
	switch name {
	case "AWS::NoValue":
		return novalue{}
	case "AWS::AccountId":
		return account
	case "AWS::Region":
		return region
	case "AWS::Partition":
		return d.partition
	case "AWS::StackName":
		return stackName
	case "AWS::URLSuffix":
		return "suffix.invalid"
	}
	if v, ok := d.values[name]; ok {
		return v
	}
	switch d.resources[name].Type {
	case "":
		panic("Ref of " + name + ", which is neither a parameter nor a resource")
	case "AWS::SNS::Topic":
		return d.arn("sns", name)
	case "AWS::DynamoDB::Table":
		return d.resources[name].Properties["TableName"]
	}
	return name
}

// attribute gives ARNs like AWS's, of names that are the resources' own ids.
func (d deployed) attribute(id, attribute string) string {
	kind := d.resources[id].Type
	if kind == "" {
		panic("attribute " + attribute + " of " + id + ", which is no resource")
	}
	if attribute != "Arn" {
		return id + "." + attribute
	}
	switch kind {
	case "AWS::IAM::Role":
		return "arn:" + d.partition + ":iam::" + account + ":role/" + id
	case "AWS::DynamoDB::Table":
		return d.arn("dynamodb", "table/"+fmt.Sprint(d.ref(id)))
	case "AWS::KMS::Key":
		return d.arn("kms", "key/"+id)
	case "AWS::S3::Bucket":
		return "arn:" + d.partition + ":s3:::" + id
	}
	return d.arn(strings.ToLower(strings.Split(kind, "::")[1]), id)
}

func (d deployed) arn(service, rest string) string {
	return "arn:" + d.partition + ":" + service + ":" + region + ":" + account + ":" + rest
}

// document reads a policy, which may be given as text.
func (d deployed) document(v any) map[string]any {
	v = d.resolve(v)
	if text, ok := v.(string); ok {
		var m map[string]any
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			panic(fmt.Sprintf("a policy that is no JSON: %v\n%s", err, text))
		}
		return m
	}
	return v.(map[string]any)
}

// statements gives all statements of a role's policies, its own and those attached.
func (d deployed) statements(role string) []map[string]any {
	documents := []map[string]any{}
	for _, p := range list(d.resources[role].Properties["Policies"]) {
		documents = append(documents, d.document(at(p, "PolicyDocument")))
	}
	for _, arn := range list(d.resources[role].Properties["ManagedPolicyArns"]) {
		documents = append(documents, d.document(d.resources[at(arn, "Ref").(string)].Properties["PolicyDocument"]))
	}
	var out []map[string]any
	each(documents, func(s map[string]any) { out = append(out, s) })
	return out
}
