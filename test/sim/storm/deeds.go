package storm

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"autospotting/pkg/cloudsim"
)

// actors are the deeds of owners, policies and AWS, disasters those of the machinery that the coordinator runs on. Some are named
// twice, to be drawn more often.
var (
	actors = []string{"interrupt", "interrupt", "outage", "desired", "max", "kill", "unhealthy", "no-spot", "keep", "opt", "no-on-demand",
		"protect", "policy", "schedule", "refresh", "detach", "stranger", "forge"}
	disasters = []string{"crash", "crash", "crash", "again", "again", "stall"}
)

// player plays the deeds of a script.
type player struct {
	*World
	crash     int // calls until the next crash; 0 is none
	before    bool
	stall     int // writes of the ledger until the next stall
	stallFor  time.Duration
	named     map[string]time.Time // when desired was last named: twice in a breath may cancel out
	protected map[string]bool      // by the owner
	work      map[string]string    // the last work message of each group
	repeats   int
	track     float64
	shifted   map[string]bool // zones are shifted away from, by group
}

// hook crashes or stalls the coordinator when the countdown ends.
func (p *player) hook(before bool) func(cloudsim.Call) cloudsim.Verdict {
	return func(c cloudsim.Call) cloudsim.Verdict {
		if !coordinators(c.Session) {
			return cloudsim.GoOn
		}
		if in, ok := c.Input.(*sqs.SendMessageInput); ok && before && aws.ToString(in.QueueUrl) == p.Stage.WorkURL {
			p.work[aws.ToString(in.MessageGroupId)] = aws.ToString(in.MessageBody)
		}
		if c.Service == "DynamoDB" && c.Mutating && !before && p.stall > 0 {
			if p.stall--; p.stall == 0 {
				p.Say("storm", "%s is not scheduled for %s", c.Session, p.stallFor)
				return cloudsim.Stall(p.stallFor)
			}
		}
		if p.crash == 0 || before != p.before {
			return cloudsim.GoOn
		}
		if p.crash--; p.crash == 0 {
			return cloudsim.Crash
		}
		return cloudsim.GoOn
	}
}

// do plays one deed. What is refused is as good as not tried.
func (p *player) do(d Deed) {
	name := p.Groups[d.Group]
	g, ok := p.Cloud.Group(name)
	rng := rand.New(rand.NewPCG(d.Dice, 11))
	if !ok || len(g.Members) == 0 {
		return
	}
	p.Say("storm", "%s on %s", d.Kind, name)
	m := g.Members[rng.IntN(len(g.Members))]
	switch d.Kind {
	case "crash":
		p.crash, p.before = 1+rng.IntN(60), rng.IntN(2) == 0
	case "stall":
		p.stall, p.stallFor = 1+rng.IntN(8), time.Duration(21+rng.IntN(8))*time.Second
	case "again":
		p.again(name, 1+rng.IntN(3), rng)
	case "cold":
		p.Stage.Cold()
	case "forge":
		p.forge(name)
	case "stranger":
		p.stranger(name, m.Zone)
	case "fleet":
		p.fleet(name, m.Zone, rng)
	case "no-template":
		p.noTemplate()
	case "task", "endless":
		p.task(d.Kind, rng)
	case "update", "unasked":
		p.environment(d.Kind, g, rng)
	default:
		p.owner(d.Kind, g, m, rng)
		p.aws(d.Kind, g, m, rng)
		p.sized(d.Kind, g, m, rng)
	}
}

// aws is what AWS does.
func (p *player) aws(kind string, g cloudsim.GroupView, m cloudsim.MemberView, rng *rand.Rand) {
	until := p.Cloud.Now().Add(time.Duration(rng.IntN(30)) * time.Minute)
	switch kind {
	case "interrupt":
		_ = p.Cloud.Interrupt(p.spotMember(g, m), []string{"terminate", "terminate", "stop", "hibernate"}[rng.IntN(4)])
	case "notice":
		_ = p.Cloud.Interrupt(p.spotMember(g, m), "terminate")
	case "outage": // most of one zone go together
		for _, one := range g.Members {
			if one.Zone == m.Zone {
				_ = p.Cloud.Interrupt(one.ID, "terminate")
			}
		}
	case "unhealthy":
		_ = p.Cloud.FailHealth(m.ID)
	case "checks":
		_ = p.Cloud.FailChecks(m.ID)
	case "no-spot":
		p.Cloud.NoCapacity("", m.Zone, true, until)
	case "no-on-demand":
		p.Cloud.NoCapacity("", m.Zone, false, until)
	case "famine of spot":
		p.Cloud.NoCapacity("", "", true, p.Cloud.Now().Add(5*time.Minute))
	case "famine":
		p.Cloud.NoCapacity("", "", true, p.Cloud.Now().Add(20*time.Minute))
		p.Cloud.NoCapacity("", "", false, p.Cloud.Now().Add(20*time.Minute))
	case "shortage of on-demand":
		p.Cloud.NoCapacity("", "", false, p.Cloud.Now().Add(40*time.Minute))
	case "drought of on-demand":
		p.Cloud.NoCapacity("", "", false, p.Cloud.Now().Add(6*time.Hour))
	case "drought":
		p.Cloud.NoCapacity("", "", true, p.Cloud.Now().Add(6*time.Hour))
	}
}

// spotMember is m, or the first member after it that runs on spot and has no notice.
func (p *player) spotMember(g cloudsim.GroupView, m cloudsim.MemberView) string {
	for _, one := range g.Members {
		if !m.Instance.Spot && one.Instance.Spot && one.State == "InService" && one.Instance.NoticeAt.IsZero() {
			return one.ID
		}
	}
	return m.ID
}

// again gives the group's last work message to so many more sandboxes, as a queue does when its visibility timeout ends too early.
func (p *player) again(group string, times int, rng *rand.Rand) {
	body := p.work[group]
	if body == "" {
		body = fmt.Sprintf(`{"group":%q}`, group)
	}
	for range times {
		p.repeats++
		record := events.SQSMessage{MessageId: fmt.Sprintf("again-%d", p.repeats), Body: body, EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:us-east-1:123456789012:autospotting-work.fifo"}
		p.Cloud.After(time.Duration(rng.IntN(1500))*time.Millisecond, "again", func() {
			p.Stage.Reconcile.Invoke(events.SQSEvent{Records: []events.SQSMessage{record}}, func(events.SQSEventResponse, error) {})
		})
	}
}

// refresh begins an instance refresh, or ends it.
func (p *player) refresh(group string, begins bool) {
	status := astypes.InstanceRefreshStatusSuccessful
	if begins {
		status = astypes.InstanceRefreshStatusInProgress
	}
	_ = p.Cloud.SetRefresh(group, status)
}

// calm ends everything that was bad.
func (p *player) calm(small bool) {
	p.crash, p.stall, p.well = 0, 0, true
	p.Cloud.SetFaults(cloudsim.Faults{})
	p.Cloud.EndOutages()
	for _, id := range slices.Sorted(maps.Keys(p.protected)) {
		_ = p.Cloud.Protect(id, false)
	}
	for _, name := range p.Groups {
		p.awaken(name)
		p.refresh(name, false)
		p.settleSizes(name)
		if g, _ := p.Cloud.Group(name); g.Desired < 3 && !small { // one zone each, so that no zone is out of balance for good
			_ = p.Cloud.SetDesired(name, min(3, g.Max))
		}
	}
}
