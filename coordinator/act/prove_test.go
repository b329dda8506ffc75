package act

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// Tags are anybody's to copy, and any fleet's instance has the reserved one of fleets. What is ours was launched from a template of ours.
func TestAnInstanceIsOursByItsTemplate(t *testing.T) {
	t.Parallel()
	from := func(template string) ledger.Record {
		return ledger.Record{Group: "web", Intents: []ledger.Intent{{Victim: "i-1", Launch: ledger.Launch{Template: template}}}}
	}
	named := func(id string) func(*cloud) {
		return func(c *cloud) {
			c.versions[decide.TemplateName("web")] = []types.LaunchTemplateVersion{{LaunchTemplateId: &id, VersionNumber: aws.Int64(9)}}
		}
	}
	failing := func(code string) func(*cloud) {
		return func(c *cloud) {
			named("lt-ours")(c)
			c.failing("ec2.DescribeLaunchTemplateVersions", refusedBy(code, "said"))
		}
	}
	none := ledger.Record{Group: "web"}
	for _, c := range []struct {
		name   string
		rec    ledger.Record
		change func(*cloud)
		ours   bool
		asks   int  // for the template's name
		told   bool // whether it was answered
	}{
		{"the record names it", ledger.Record{Templates: []string{"lt-ours"}}, func(*cloud) {}, true, 0, true},
		{"the record names it as one of before", ledger.Record{Templates: []string{"lt-ours", "lt-new"}}, named("lt-new"), true, 0, true},
		{"a launch of an older version names it", from("lt-ours"), func(*cloud) {}, true, 0, true},
		{"it has the name of ours", none, named("lt-ours"), true, 1, true},
		{"another has the name of ours", from("lt-other"), named("lt-new"), false, 1, true},
		{"none has the name of ours", none, func(*cloud) {}, false, 1, true},
		{"templates may not be read", none, failing("UnauthorizedOperation"), false, 1, false},
		{"templates cannot be read now", none, failing("Unavailable"), false, 1, false},
		{"one that has ended costs no call", none, func(c *cloud) {
			named("lt-ours")(c)
			c.instances[2].State.Name = types.InstanceStateNameTerminated
		}, false, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			c.change(acc)
			byID := map[string]decide.Instance{"i-9": ToInstance(acc.instances[2]), "i-1": ToInstance(acc.instances[0])}
			acc.stranger().prove(t.Context(), "web", byID, c.rec)
			if i := byID["i-9"]; i.Ours != c.ours || i.Unproven == c.ours || i.Unasked == c.told {
				t.Errorf("ours: %t, unproven: %t, unasked: %t, want ours: %t", i.Ours, i.Unproven, i.Unasked, c.ours)
			}
			if i := byID["i-1"]; i.Ours || i.Unproven {
				t.Errorf("what carries no mark is %+v", i)
			}
			if n := len(inputs[ec2.DescribeLaunchTemplateVersionsInput](acc)); n != c.asks {
				t.Errorf("asked %d times for a template's name, want %d", n, c.asks)
			}
		})
	}
}

func TestWhichTemplateHasTheNameOfOursIsRememberedForAWhile(t *testing.T) {
	t.Parallel()
	acc := web()
	actor := acc.stranger()
	ask := func() string {
		id, _ := actor.named(t.Context(), "web")
		return id
	}
	name := decide.TemplateName("web")
	acc.failing("ec2.DescribeLaunchTemplateVersions", refusedBy("Unavailable", "said"))
	if id := ask(); id != "" {
		t.Errorf("unread it is %q", id)
	}
	acc.failing("ec2.DescribeLaunchTemplateVersions", nil)
	acc.versions[name] = []types.LaunchTemplateVersion{{LaunchTemplateId: aws.String("lt-ours")}}
	if id := ask(); id != "lt-ours" {
		t.Errorf("it is %q: what could not be read was remembered", id)
	}
	acc.versions[name][0].LaunchTemplateId = aws.String("lt-new")
	if id := ask(); id != "lt-ours" {
		t.Errorf("at once it is %q", id)
	}
	acc.now = acc.now.Add(namedFor + time.Second)
	if id := ask(); id != "lt-new" {
		t.Errorf("later it is %q", id)
	}
}
