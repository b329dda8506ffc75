package storm

import (
	"math/rand/v2"
	"time"

	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// owner is what the owner, a policy or a schedule does.
func (p *player) owner(kind string, g cloudsim.GroupView, m cloudsim.MemberView, rng *rand.Rand) {
	switch kind {
	case "desired", "schedule":
		p.name(kind, g, g.Min+rng.IntN(g.Max-g.Min+1))
	case "policy":
		_ = p.Cloud.ScaleByPolicy(g.Name, []int{1, 2, -1, -2}[rng.IntN(4)])
	case "max":
		// Naming a number that is ours would say nothing that anybody could hear.
		if n, l := g.Desired+rng.IntN(4), p.Record(g.Name).Books.Lease(); !l.Ours(n) {
			_ = p.Cloud.SetMax(g.Name, n)
		}
	case "resize":
		p.resize(g, rng)
	case "kill":
		_ = p.Cloud.TerminateByOwner(m.ID)
	case "detach":
		_ = p.Cloud.DetachByOwner(m.ID)
	case "protect":
		if !m.Instance.Spot && p.Cloud.Protect(m.ID, true) == nil {
			p.protected[m.ID] = true
		}
	case "refresh":
		p.refresh(g.Name, rng.IntN(2) == 0)
	case "keep":
		_ = p.Cloud.SetGroupTag(g.Name, "autospotting:keep-on-demand", []string{"0", "1", "2", "40%"}[rng.IntN(4)])
	case "attach":
		_ = p.Cloud.SetGroupTag(g.Name, "autospotting:attach", attachTags[rng.IntN(len(attachTags))])
	case "rule":
		p.rule(g, rng)
	case "typo":
		_ = p.Cloud.SetGroupTag(g.Name, "autospotting:margin", "ten percent")
	case "mended":
		_ = p.Cloud.DeleteGroupTag(g.Name, "autospotting:margin")
	case "opt":
		if g.Tags["spot-enabled"] == "true" {
			_ = p.Cloud.DeleteGroupTag(g.Name, "spot-enabled")
		} else {
			_ = p.Cloud.SetGroupTag(g.Name, "spot-enabled", "true")
		}
	}
}

// name sets desired to a number. Naming the very one that it has now would say nothing that anybody could hear.
func (p *player) name(kind string, g cloudsim.GroupView, n int) {
	if n == g.Desired || p.Cloud.Now().Sub(p.named[g.Name]) <= time.Minute {
		return
	}
	p.named[g.Name] = p.Cloud.Now()
	if kind == "schedule" {
		_ = p.Cloud.ScheduledAction(g.Name, n)
		return
	}
	_ = p.Cloud.SetDesired(g.Name, n)
}

// resize names all sizes at once, as stacks do, often the very numbers that they have by our hand; or gives the group room again.
func (p *player) resize(g cloudsim.GroupView, rng *rand.Rand) {
	l := p.Record(g.Name).Books.Lease()
	n := max(2, []int{g.Max, g.Desired, g.Desired + 1, 2 + rng.IntN(5)}[rng.IntN(4)]) // of one at the most nothing may be made
	if room := n + 1 + rng.IntN(3); rng.IntN(3) == 0 && !l.Ours(room) {
		_ = p.Cloud.SetSizes(g.Name, 1, room, -1)
		return
	}
	if n != g.Min || n != g.Max || n != g.Desired { // else it says nothing that anybody could hear
		p.named[g.Name] = p.Cloud.Now()
		_ = p.Cloud.SetSizes(g.Name, n, n, n)
	}
}

// stranger launches an instance that carries our tags but is none of ours.
func (p *player) stranger(group, zone string) {
	_, _ = p.Cloud.LaunchByOwner(group, zone, map[string]string{"autospotting-group": group, "autospotting-launch": "copied"})
}

// forge publishes, for every instance of the group's, that it is ready, with a document that nobody signed.
func (p *player) forge(group string) {
	for _, i := range p.Cloud.Instances() {
		if i.Tags["autospotting-group"] != group || i.State != "pending" && i.State != "running" {
			continue
		}
		r := message.New(message.Ready, message.Source{Account: p.Cloud.Account(), Region: p.Cloud.Region(), Zone: i.Zone, Instance: i.ID,
			Type: i.Type, Lifecycle: "spot", Group: group}, p.Cloud.Now().UTC().Truncate(time.Millisecond), time.Time{})
		r.Identity = message.Identity{Document: `{"instanceId":"` + i.ID + `"}`, Signature: "Zm9yZ2Vk"}
		body, err := r.Encode()
		if err != nil {
			p.report("storm", "a forged report cannot be encoded: %v", err)
			return
		}
		_, _ = p.Cloud.NewSession("intruder").SNS().Publish(p.ctx(), &sns.PublishInput{TopicArn: &p.Stage.ReportsARN, Message: aws.String(string(body))})
	}
}
