package emulator

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/test/rig"
)

// shown is what spotctl status says of a region.
type shown struct {
	Status   string   `json:"status"`
	InFlight []string `json:"in_flight"`
	Leased   []string `json:"leased"`
}

func (i *installation) status() shown {
	i.t.Helper()
	var docs []shown
	if i.document(&docs, "status"); len(docs) != 1 {
		i.t.Fatalf("status of one region: %+v", docs)
	}
	return docs[0]
}

// The whole way of a message through what spotctl up made: the Scheduler's tick, spotd's reports and EventBridge's notice go through
// the stack's topics, rules, subscriptions and queues to a coordinator that knows only what the stack told its function.
func TestTheInstalledStackSwapsReplacesAndLeavesNothing(t *testing.T) {
	t.Parallel()
	want := size{2, 2, 2}
	i := installs(t, "web", want)
	told := i.environment()
	i.release = told["AUTOSPOTTING_RELEASE_URL"]
	i.checksum, _, _ = strings.Cut(strings.TrimPrefix(told["AUTOSPOTTING_SPOTD_SHA256"], "amd64="), ",")
	boot := i.heldHosts("web")
	c := i.servesInstead()
	i.schedulerTicks()

	i.until("web", func(l look) string {
		if len(l.loose) == 0 {
			return "nothing was launched"
		}
		return ""
	})
	i.refusesToGo()
	boot()
	before := i.settles("web", want)
	if err := i.launchedWell(t.Context(), "web", before); err != nil {
		t.Error(err)
	}

	i.happens("aws.ec2", "EC2 Spot Instance Interruption Warning", map[string]string{"instance-id": before.spot[0], "instance-action": "terminate"})
	after := i.replaced("web", before.spot[0], want)
	if slices.Contains(after.spot, before.spot[0]) {
		t.Errorf("%s is still there", before.spot[0])
	}
	if s := i.status(); len(s.InFlight)+len(s.Leased) > 0 || !strings.HasSuffix(s.Status, "_COMPLETE") {
		t.Errorf("when all was settled, status shows %+v", s)
	}
	if err := c.faultless(); err != nil {
		t.Error(err)
	}
	c.stop(t)
	i.goes(after)
}

// heldHosts are hosts whose machines start when it is called.
func (i *installation) heldHosts(group string) (boot func()) {
	h := &hosts{a: i.account, byID: map[string]*metadata{}}
	held := make(chan struct{})
	i.guests(func(ctx context.Context, one instance) error {
		select {
		case <-held:
			return h.boot(one, group)
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return func() { close(held) }
}

// refusesToGo: while a replacement is under way, status shows it, and down leaves everything as it is.
func (i *installation) refusesToGo() {
	i.t.Helper()
	if s := i.status(); len(s.InFlight) != 1 || !strings.HasPrefix(s.InFlight[0], i.group+": ") {
		i.t.Errorf("while a replacement boots, status shows %+v", s)
	}
	_, said, err := i.deploy("down", "--yes")
	if err == nil || !strings.Contains(said, i.group+": ") || !strings.Contains(said, "--force") {
		i.t.Fatalf("while a replacement boots, down says (%v) %s", err, said)
	}
	if s := i.status(); s.Status != "CREATE_COMPLETE" {
		i.t.Fatalf("after down was refused: %+v", s)
	}
}

// goes takes everything away: what is left is the owner's, with instances that carry no tag of ours.
func (i *installation) goes(l look) {
	i.t.Helper()
	i.must("down", "--yes")
	left, err := rig.Resources(i.t.Context(), i.cfg)
	if err != nil {
		i.t.Fatal(err)
	}
	if want := []string{"launch template owners", "profile web", "role web"}; !slices.Equal(left, want) {
		i.t.Errorf("left are %v, want %v", left, want)
	}
	out := do(i.t, "look at the instances", func(ctx context.Context) (*ec2.DescribeInstancesOutput, error) {
		return ec2.NewFromConfig(i.cfg).DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: l.spot})
	})
	for _, r := range out.Reservations {
		for _, one := range r.Instances {
			for _, tag := range one.Tags {
				if strings.HasPrefix(aws.ToString(tag.Key), "autospotting") {
					i.t.Errorf("instance %s still has the tag %s", aws.ToString(one.InstanceId), aws.ToString(tag.Key))
				}
			}
		}
	}
}
