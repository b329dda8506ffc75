package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

const moduleDir = "../terraform"

// leftOut is what the module has not, and why.
var leftOut = map[string]string{
	"Live":               "an alias is for the updater",
	"Updater":            "a function that changes itself would be changed back by the next apply: with Terraform a new release is a new function_key",
	"UpdaterOnce":        "the updater's",
	"UpdaterTick":        "the updater's",
	"UpdaterRole":        "the updater's",
	"UpdaterErrorsAlarm": "the updater's",
	"UpdateWatch":        "the updater's parameter",
}

var wordEnd = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// snake is the name in Terraform's spelling.
func snake(name string) string {
	name = strings.NewReplacer("SHA256", "Sha256", "KMS", "Kms", "URL", "Url").Replace(name)
	return strings.ToLower(wordEnd.ReplaceAllString(name, "${1}_${2}"))
}

// without deploys the template as if the updater had never been written.
func without(t testing.TB, parameters map[string]any) deployed {
	d := deploy(t, Autospotting, parameters)
	d.conditions = maps.Clone(d.conditions)
	d.conditions["HasUpdates"] = false
	return d
}

func (d deployed) isThere(id string) bool {
	c := d.resources[id].Condition
	return c == "" || d.resolve(d.conditions[c]).(bool)
}

// planned gives the module with the same parameters; what refers to a resource gets what CloudFormation would.
func (d deployed) planned(t testing.TB, m module) planned {
	t.Helper()
	text := func(format string, a ...any) cty.Value { return cty.StringVal(fmt.Sprintf(format, a...)) }
	variables := map[string]cty.Value{"name": text(stackName)}
	for name, v := range d.values {
		if leftOut[name] == "" {
			variables[snake(name)] = d.variable(name, v)
		}
	}
	known := map[string]cty.Value{"var": cty.ObjectVal(variables), "data": cty.ObjectVal(map[string]cty.Value{
		"aws_caller_identity": current(map[string]cty.Value{"account_id": text(account)}),
		"aws_region":          current(map[string]cty.Value{"region": text(region)}),
		"aws_partition":       current(map[string]cty.Value{"partition": text("%s", d.partition), "dns_suffix": text("suffix.invalid")}),
	})}
	byType := map[string]map[string]cty.Value{}
	for _, id := range d.of("") {
		tr, ok := translations[d.resources[id].Type]
		if !ok || leftOut[id] != "" {
			continue
		}
		if byType[tr.to] == nil {
			byType[tr.to] = map[string]cty.Value{}
		}
		ref := text("%v", d.ref(id))
		arn := text("%s", d.attribute(id, "Arn"))
		if d.resources[id].Type == "AWS::IAM::ManagedPolicy" {
			arn = ref // it has no attribute Arn
		}
		v := cty.ObjectVal(map[string]cty.Value{"arn": arn, "url": ref, "id": ref, "function_name": ref, "dashboard_name": ref, "name": text("%v", d.nameOf(id))})
		if d.resources[id].Condition != "" {
			v = cty.TupleVal(slices.Repeat([]cty.Value{v}, map[bool]int{true: 1}[d.isThere(id)]))
		}
		byType[tr.to][snake(id)] = v
	}
	for to, all := range byType {
		known[to] = cty.ObjectVal(all)
	}
	return m.plan(t, known)
}

func current(attributes map[string]cty.Value) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{"current": cty.ObjectVal(attributes)})
}

// nameOf is what Terraform calls name, and what CloudFormation's Ref or QueueName says.
func (d deployed) nameOf(id string) any {
	switch d.resources[id].Type {
	case "AWS::SQS::Queue":
		return d.attribute(id, "QueueName")
	}
	return d.ref(id)
}

func (d deployed) variable(name string, v any) cty.Value {
	switch d.parameters[name]["Type"] {
	case "Number":
		return cty.NumberIntVal(int64(v.(int)))
	case "CommaDelimitedList":
		var all []cty.Value
		for _, one := range v.([]any) {
			if one != "" {
				all = append(all, cty.StringVal(one.(string)))
			}
		}
		if len(all) == 0 {
			return cty.ListValEmpty(cty.String)
		}
		return cty.ListVal(all)
	}
	if v == nil {
		v = name + "-given"
	}
	return cty.StringVal(fmt.Sprint(v))
}

// scenarios are parameters that together switch every condition on and off.
func scenarios() map[string]map[string]any {
	given := map[string]any{"ArtifactBucket": "artifacts", "FunctionKey": "function/v1/coordinator-arm64.zip"}
	with := func(more map[string]any) map[string]any {
		all := maps.Clone(given)
		maps.Copy(all, more)
		return all
	}
	return map[string]map[string]any{
		"defaults": given,
		"a key of their own and a hub": with(map[string]any{"KMSKeyArn": "arn:aws:kms:" + region + ":" + account + ":key/1", "TickTopicArn": tickTopic, "Scope": "opt-out", "Grace": "90s", "LogRetentionDays": 7,
			"UpdateChannel": "s3://releases/channel/stable.json", "UpdateKeys": strings.Repeat("A", 43) + "=", "SpotdUpdates": "true"}),
		"everything": with(map[string]any{"KMSKeyArn": "create", "OrganizationId": organization, "AlarmTopicArn": "arn:aws:sns:" + region + ":" + account + ":oncall", "Tag": "spot=yes", "Metrics": "none",
			"PermissionsBoundaryArn": "arn:aws:iam::" + account + ":policy/bounds", "RolePath": "/team/spot/", "RoleNamePrefix": "team-", "ResourceTags": "CostCenter=42,owner=Team A",
			"InstanceRoleArns": split("arn:aws:iam::" + account + ":role/web,arn:aws:iam::" + account + ":role/db"), "ImageParameterArns": split("arn:aws:ssm:" + region + ":" + account + ":parameter/images/web")}),
	}
}

func TestTheTerraformModuleIsTheTemplate(t *testing.T) {
	t.Parallel()
	m := readModule(t, moduleDir)
	for name, parameters := range scenarios() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := without(t, parameters)
			p := d.planned(t, m)
			used := map[string]bool{}
			for _, id := range d.of("") {
				if leftOut[id] == "" {
					d.sameResource(t, p, id, used)
				}
			}
			for address := range m.resources {
				if !used[address] {
					t.Errorf("%s has no counterpart in the template", address)
				}
			}
			for id, o := range d.outputs {
				body := m.outputs[snake(id)]
				if body == nil {
					t.Errorf("no output %s", snake(id))
				} else if got, want := p.plainly(p.value(body.Attributes["value"].Expr)), asJSON(t, d.resolve(o["Value"])); !reflect.DeepEqual(got, want) {
					t.Errorf("output %s is %v, want %v", snake(id), got, want)
				}
			}
		})
	}
}

// sameResource compares one resource, and what Terraform has for parts of it as resources of their own.
func (d deployed) sameResource(t testing.TB, p planned, id string, used map[string]bool) {
	t.Helper()
	tr, ok := translations[d.resources[id].Type]
	if !ok {
		t.Errorf("%s: how is a %s called in Terraform?", id, d.resources[id].Type)
		return
	}
	address := tr.to + "." + snake(id)
	if p.resources[address] == nil {
		t.Errorf("the module has no %s: write it, or say in leftOut why not", address)
		return
	}
	used[address] = true
	got := p.body(p.resources[address])
	if (got != nil) != d.isThere(id) {
		t.Errorf("%s is there: %t, %s: %t", address, got != nil, id, d.isThere(id))
		return
	}
	p.parts(snake(id), got, used)
	if got == nil {
		return
	}
	p.organized(address, got, d.resources[id].Type)
	want := map[string]any{}
	flat(want, "", asJSON(t, d.rearranged(id)), tr)
	have := map[string]any{}
	flat(have, "", got, translation{whole: slices.Collect(maps.Values(tr.paths))})
	for path, v := range want {
		to := tr.paths[path]
		switch {
		case to == "":
			t.Errorf("%s: nothing is said of %s", id, path)
		case !reflect.DeepEqual(parsed(have[to]), parsed(v)):
			t.Errorf("%s: %s is\n%v, want, as %s of %s,\n%v", address, to, have[to], path, id, v)
		}
		delete(have, to)
	}
	for path, v := range have {
		if !slices.Contains(tr.own, path) {
			t.Errorf("%s: %s is %v, of which the template says nothing", address, path, v)
		}
	}
}

// organized holds what the template's resources get from the stack, and in the names of roles, against what the variables say.
func (p planned) organized(address string, got map[string]any, kind string) {
	p.t.Helper()
	variables := p.context.Variables["var"]
	tags := map[string]any{}
	for pair := range strings.SplitSeq(variables.GetAttr("resource_tags").AsString(), ",") {
		if k, v, ok := strings.Cut(pair, "="); ok {
			tags[k] = v
		}
	}
	if have, taken := got["tags"]; taken && !reflect.DeepEqual(have, tags) {
		p.t.Errorf("%s is tagged %v, want %v", address, have, tags)
	}
	delete(got, "tags")
	if prefix := variables.GetAttr("role_name_prefix").AsString() + variables.GetAttr("name").AsString() + "-"; strings.HasPrefix(kind, "AWS::IAM::") && got["name_prefix"] != prefix {
		p.t.Errorf("the name of %s begins with %v, want %s", address, got["name_prefix"], prefix)
	}
}

// flat lists the leaves by their paths; what a translation has a whole path for stays together.
func flat(into map[string]any, at string, v any, tr translation) {
	_, mapped := tr.paths[at]
	m, isMap := v.(map[string]any)
	switch {
	case v == nil:
	case mapped, slices.Contains(tr.whole, at), !isMap:
		into[at] = v
	default:
		for k, one := range m {
			flat(into, strings.TrimPrefix(at+"."+k, "."), one, tr)
		}
	}
}

// parsed reads JSON that is given as text.
func parsed(v any) any {
	text, isText := v.(string)
	var out any
	if isText && strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &out) == nil {
		return out
	}
	return v
}

func asJSON(t testing.TB, v any) (out any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}
