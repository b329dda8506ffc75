package stack

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// broken lists what the template's rules say against the parameters.
func (d deployed) broken() (says []string) {
	for _, rule := range d.rules {
		if when, is := rule["RuleCondition"]; is && !d.resolve(when).(bool) {
			continue
		}
		for _, one := range rule["Assertions"].([]any) {
			if a := one.(map[string]any); !d.resolve(a["Assert"]).(bool) {
				says = append(says, a["AssertDescription"].(string))
			}
		}
	}
	slices.Sort(says)
	return says
}

// broken lists what the module's preconditions say against the variables.
func (p planned) broken() (says []string) {
	for _, body := range p.resources {
		for _, one := range preconditions(body) {
			if p.value(one.Attributes["condition"].Expr).False() {
				says = append(says, p.value(one.Attributes["error_message"].Expr).AsString())
			}
		}
	}
	slices.Sort(says)
	return says
}

func preconditions(body *hclsyntax.Body) (out []*hclsyntax.Body) {
	for _, b := range body.Blocks {
		for _, inner := range b.Body.Blocks {
			if b.Type == "lifecycle" && inner.Type == "precondition" {
				out = append(out, inner.Body)
			}
		}
	}
	return out
}

func TestWhatTheTemplatesRulesRefuseTheModuleRefusesToo(t *testing.T) {
	t.Parallel()
	m := readModule(t, moduleDir)
	channel, keys := "s3://releases/channel/stable.json", strings.Repeat("A", 43)+"="
	for _, c := range []struct {
		name       string
		parameters map[string]any
		refused    int
	}{
		{"neither channel nor keys", map[string]any{}, 0},
		{"a channel with keys", map[string]any{"UpdateChannel": channel, "UpdateKeys": keys}, 0},
		{"keys without a channel", map[string]any{"UpdateKeys": keys}, 0},
		{"a channel that nothing makes believable", map[string]any{"UpdateChannel": channel}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := without(t, c.parameters)
			var want []string
			for _, says := range d.broken() {
				var words []string
				for _, word := range strings.Fields(says) {
					words = append(words, snake(word))
				}
				want = append(want, strings.Join(words, " ")+".")
			}
			if got := d.planned(t, m).broken(); fmt.Sprint(got) != fmt.Sprint(want) || len(got) != c.refused {
				t.Errorf("the module says %q, the template %q, want %d", got, want, c.refused)
			}
		})
	}
}
