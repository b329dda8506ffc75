package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"autospotting/test/rig"
)

// setTag is the owner's hand on a group.
func (a *account) setTag(name, key, value string) {
	a.t.Helper()
	do(a.t, "tag group "+name, func(ctx context.Context) (*autoscaling.CreateOrUpdateTagsOutput, error) {
		return a.scaling.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []astypes.Tag{{
			ResourceId: &name, ResourceType: aws.String("auto-scaling-group"), Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(false)}}})
	})
}

// mixed tells what is missing to a quiet group of so many on spot and on-demand.
func (l look) mixed(want size, onDemand int) string {
	spot := l.spot
	l.spot = append(append([]string(nil), spot...), l.onDemand...) // counted by market here, the rest as in every story
	kept := len(l.onDemand)
	l.onDemand = nil
	if wrong := l.unlike(want); wrong != "" {
		return wrong
	}
	if kept != onDemand {
		return fmt.Sprintf("%d on-demand, %d on spot; %d on-demand are wanted", kept, len(spot), onDemand)
	}
	return ""
}

func TestWhatTheOwnerSetsIsKept(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	want := size{1, 2, 3}
	a.newGroup("web", want, "a")
	a.setTag("web", "autospotting:keep-on-demand", "1")
	a.setTag("web", "autospotting_disallowed_instance_types", "m5a.* c5.*")
	a.guests(a.ready)

	// The plan asks what serve will ask, and changes nothing.
	program, err := spotctl()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "plan", "--table", table, "--format", "json")
	cmd.Env = rig.Environment(a.front.URL)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("spotctl plan: %v", err)
	}
	var doc struct {
		Groups []struct {
			Name, Status string
			Actions      []struct {
				Kind  string
				Types []string
			}
		}
	}
	if err := json.Unmarshal(out, &doc); err != nil || len(doc.Groups) != 1 || doc.Groups[0].Status != "managed" || len(doc.Groups[0].Actions) != 1 || doc.Groups[0].Actions[0].Kind != "launch" {
		t.Fatalf("the plan is %s (%v)", out, err)
	}
	for _, typ := range doc.Groups[0].Actions[0].Types {
		if strings.HasPrefix(typ, "m5a.") || strings.HasPrefix(typ, "c5.") {
			t.Errorf("the plan offers %s, which the owner denies", typ)
		}
	}

	a.serve(lab.coordinator)
	a.tick()
	l := a.until("web", func(l look) string { return l.mixed(want, 1) })
	all, err := a.instances(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range l.spot {
		if kind := all[id].kind; strings.HasPrefix(kind, "m5a.") || strings.HasPrefix(kind, "c5.") {
			t.Errorf("%s is a %s, which the owner denies", id, kind)
		}
	}
	a.setTag("web", "autospotting:keep-on-demand", "2")
	a.tick()
	a.until("web", func(l look) string { return l.mixed(want, 2) })
}
