package stack

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files and the table of docs/iam.md")

// summary is what somebody who reviews a change of the template wants to see.
func summary(t testing.TB, name string) string {
	d := deploy(t, name, nil)
	if name == Autospotting {
		d = everything(t)
	}
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	line("# %s: parameters", name)
	for _, p := range slices.Sorted(maps.Keys(d.parameters)) {
		if v, optional := d.parameters[p]["Default"]; optional {
			line("%s = %v", p, v)
		} else {
			line("%s, required", p)
		}
	}
	line("\n# resources, what they refer to, and who may do what")
	for _, id := range d.of("") {
		r := d.resources[id]
		line("%s", strings.TrimRight(fmt.Sprintf("%s %s %s", id, r.Type, r.Condition), " "))
		if refs := d.refs(r.Properties); len(refs) > 0 {
			line("  -> %s", strings.Join(refs, " "))
		}
		each(d.policies(id), func(s map[string]any) {
			line("  %s %v: %s", s["Effect"], s["Sid"], strings.Join(words(s["Action"]), " "))
		})
	}
	line("\n# outputs\n%s", strings.Join(slices.Sorted(maps.Keys(d.outputs)), "\n"))
	return b.String()
}

// refs names the other resources that a value refers to.
func (t template) refs(v any) []string {
	found := map[string]bool{}
	note := func(name string) {
		id, _, _ := strings.Cut(name, ".")
		if t.resources[id].Type != "" {
			found[id] = true
		}
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			for _, m := range placeholder.FindAllStringSubmatch(v, -1) {
				note(m[1])
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for k, one := range v {
				switch k {
				case "Ref":
					note(one.(string))
				case "Fn::GetAtt":
					note(at(one, 0).(string))
				}
				walk(one)
			}
		}
	}
	walk(v)
	return slices.Sorted(maps.Keys(found))
}

func TestTheTemplatesAreAsReviewed(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		file, got := "testdata/"+name+".golden", summary(t, name)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from the template (go test ./deploy/stack -update rewrites it):\n%s", file, got)
		}
	}
}

// The seam to the command that installs.
func TestTheOutputsAreThose(t *testing.T) {
	t.Parallel()
	want := strings.Fields("ChangesURL DashboardName EventsTopicArn FunctionArn FunctionName InboxDeadLettersURL InboxURL InstanceProfileArn LogGroupName ReportsTopicArn TableName WorkDeadLettersURL WorkURL")
	if got := slices.Sorted(maps.Keys(read(t, Autospotting).outputs)); !slices.Equal(got, want) {
		t.Errorf("outputs %v, want %v", got, want)
	}
	if got := slices.Sorted(maps.Keys(read(t, Artifacts).outputs)); !slices.Equal(got, []string{"BucketName"}) {
		t.Errorf("outputs %v", got)
	}
}
