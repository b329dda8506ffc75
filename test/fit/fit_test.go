package fit

import (
	"strings"
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/pkg/cloudsim"
)

func read(t *testing.T) (map[string]Template, map[string]ec2types.InstanceTypeInfo) {
	t.Helper()
	list, err := Templates()
	if err != nil {
		t.Fatal(err)
	}
	types, err := Types()
	if err != nil {
		t.Fatal(err)
	}
	templates := map[string]Template{}
	for _, tpl := range list {
		templates[tpl.Name] = tpl
	}
	return templates, types
}

func TestThereAreFortyTemplatesAndEachSaysWhyItIsThere(t *testing.T) {
	t.Parallel()
	templates, types := read(t)
	if len(templates) < 40 {
		t.Errorf("%d templates", len(templates))
	}
	whys := map[string]string{}
	for name, tpl := range templates {
		if other := whys[tpl.Why]; other != "" || strings.Contains(tpl.Why, "\n") {
			t.Errorf("%s: its why is that of %q, or more than a line", name, other)
		}
		whys[tpl.Why] = name
		if _, known := types[tpl.Original]; !known {
			t.Errorf("%s: no type %s in types.json", name, tpl.Original)
		}
	}
}

// A template is in use, so that its own type launches it. Two shapes are mistakes, kept for the refusal that every type gives them.
func TestATemplateLaunchesOnItsOwnType(t *testing.T) {
	t.Parallel()
	templates, types := read(t)
	broken := map[string]string{"hibernate-open-root": "hibernation-encryption", "hvm-kernel": "kernel", "instance-store-image": "shutdown-behavior", "ebs-optimized-t2": "ebs-optimized"}
	for name, tpl := range templates {
		if got := cloudsim.Judge(tpl.Launch(types[tpl.Original], false)); got.Reason != broken[name] {
			t.Errorf("%s on %s: %s %s %s %s", name, tpl.Original, got.Reason, got.Code, got.Text, got.Impaired)
		}
	}
}

func TestAMisspeltTemplateIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, raw string }{
		{"a field that the SDK does not know", `{"why":"x","original":"m5.large","data":{"EbsOptimised":true}}`},
		{"a header that is none", `{"why":"x","orignal":"m5.large","data":{}}`},
		{"no why", `{"original":"m5.large","data":{}}`},
		{"no data", `{"why":"x","original":"m5.large"}`},
		{"no document", `[]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := parse([]byte(c.raw)); err == nil {
				t.Errorf("%+v", got)
			}
		})
	}
}
