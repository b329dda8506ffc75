package sim_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"
)

// poisoned is a world whose calls take 100 ms, with a second group, all on spot.
type poisoned struct {
	*world
	guests map[string]*cloudsim.Guest
	fleets []fleet
}

type fleet struct {
	at    time.Time
	group string
}

func newPoisoned(t *testing.T) *poisoned {
	t.Helper()
	w := newWorld(t, stage.Config{Cloud: cloudsim.Config{Seed: 16, Latency: 100 * time.Millisecond},
		More: []cloudsim.GroupSpec{{Name: "other", Min: 1, Max: 4, Desired: 3, Tags: map[string]string{"spot-enabled": "true"}}}})
	p := &poisoned{world: w, guests: map[string]*cloudsim.Guest{}}
	w.cloud.OnBoot(func(g *cloudsim.Guest) { p.guests[g.Instance()] = g })
	w.cloud.OnCall(func(c cloudsim.Call) cloudsim.Verdict {
		if in, ok := c.Input.(*ec2.CreateFleetInput); ok {
			p.fleets = append(p.fleets, fleet{w.cloud.Now(), fleetGroup(in)})
		}
		return cloudsim.GoOn
	}, nil)
	settled := func() bool { return w.settled() && w.stage.ServingOf("other", true) == 3 }
	if !w.until(90*time.Minute, settled) {
		w.fail("not all instances became spot")
	}
	w.cloud.RunUntil(w.cloud.Now().Add(3*time.Minute + 7*time.Second))
	if !settled() {
		w.fail("what was settled did not stay so")
	}
	return p
}

func fleetGroup(in *ec2.CreateFleetInput) string {
	for _, s := range in.TagSpecifications {
		for _, tag := range s.Tags {
			if aws.ToString(tag.Key) == decide.TagGroup {
				return aws.ToString(tag.Value)
			}
		}
	}
	return ""
}

func (p *poisoned) members(group string) (ids []string) {
	g, _ := p.cloud.Group(group)
	for _, m := range g.Members {
		ids = append(ids, m.ID)
	}
	return ids
}

// launched is how long after the moment the group's first launch was called; it runs until then.
func (p *poisoned) launched(group string, since time.Time) time.Duration {
	p.t.Helper()
	took := time.Duration(-1)
	p.until(5*time.Minute, func() bool {
		for _, f := range p.fleets {
			if f.group == group && f.at.After(since) && took < 0 {
				took = f.at.Sub(since)
			}
		}
		return took >= 0
	})
	if took < 0 {
		p.fail("nothing was launched for %s", group)
	}
	return took
}

// say publishes a body on reports, as anybody in the account may. What SNS does not carry is not heard.
func (p *poisoned) say(body string) {
	_, _ = p.cloud.NewSession("attacker").SNS().Publish(context.Background(), &sns.PublishInput{TopicArn: &p.stage.ReportsARN, Message: &body})
}

// proof is what a captured identity document lets its holder sign for.
func (p *poisoned) proof(id string) (message.Source, message.Identity) {
	p.t.Helper()
	on, ok := stage.Board(p.guests[id])
	if !ok {
		p.t.Fatalf("no spotd on %s", id)
	}
	return on.From, on.Proof
}

// report is one report; who is nobody's leaves it unsigned.
func (p *poisoned) report(rng *rand.Rand, kind message.Kind, id string, signed bool) string {
	from, proof := message.Source{Account: "123456789012", Region: "us-east-1", Zone: "us-east-1a", Instance: id}, message.Identity{}
	if signed {
		from, proof = p.proof(id)
	}
	now := p.cloud.Now().UTC()
	deadline := time.Time{}
	if kind == message.Terminating || kind == message.Drained {
		deadline = now.Add(time.Duration(rng.IntN(7200)-3600) * time.Second)
	}
	r := message.New(kind, from, now.Add(time.Duration(rng.IntN(1e6))), deadline)
	r.Identity, r.Detail = proof, strings.Repeat("<", rng.IntN(2*message.MaxDetail))
	if kind == message.Terminating {
		r.Action = []string{"terminate", "stop", "hibernate"}[rng.IntN(3)]
	}
	b, err := r.Encode()
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// hostile spoils a report: a field at its bound or over it, another alphabet, or something that is no report.
func hostile(rng *rand.Rand, body string) string {
	fill := []string{"<", "x", `\u0000`, `\"`, "ü", "‹"}[rng.IntN(6)]
	long := strings.Repeat(fill, []int{64, 65, 255, 256, 16 * 1024, 16*1024 + 1, 80 * 1024}[rng.IntN(7)])
	field := []string{"action", "kind", "id", "at", "group", "zone", "type", "document", "signature", "detail", "instance"}[rng.IntN(11)]
	switch rng.IntN(5) {
	case 0:
		return long
	case 1:
		return `{"detail-type":"EC2 Spot Instance Interruption Warning","detail":{"instance-id":"` + long + `"}}`
	case 2:
		return `{"recheck":{"group":"web","hints":[{"kind":"terminating","instance":"` + long + `","trusted":true}]}}`
	}
	return strings.TrimSuffix(body, "}") + `,"` + field + `":"` + long + `","from":{"instance":"i-0123456789abcdef01","` + field + `":"` + long + `"}}`
}

// poison publishes so many reports at once: unsigned ones about everybody, signed ones of the same group that say again what was
// said, and signed ones of all kinds of another group.
func (p *poisoned) poison(n int, seed uint64) {
	rng := rand.New(rand.NewPCG(16, seed))
	same, other := p.members(group), p.members("other")
	words := []message.Kind{message.Hello, message.Started, message.Ready, message.Rebalance, message.Maintenance}
	one := func(ids []string) string { return ids[rng.IntN(len(ids))] }
	for i := range n {
		kind := message.Kinds()[rng.IntN(6)]
		stranger := fmt.Sprintf("i-%017x", rng.Uint64())
		switch rng.IntN(5) {
		case 0:
			p.say(p.report(rng, kind, one(append([]string{stranger}, same...)), false))
		case 1:
			p.say(p.report(rng, words[i%len(words)], one(same), true))
		case 2:
			p.say(p.report(rng, kind, one(other), true))
		case 3:
			p.say(p.report(rng, message.Terminating, one(append([]string{stranger}, same...)), false))
		default:
			p.say(hostile(rng, p.report(rng, kind, one(same), false)))
		}
	}
}

// Two thousand reports in one burst, at the very moment of a genuine notice, with every call taking 100 ms.
func TestPoisonDoesNotDelayAGenuineNotice(t *testing.T) {
	t.Parallel()
	calm := newPoisoned(t)
	since := calm.cloud.Now()
	calm.interruptOne()
	usual := calm.launched(group, since)
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("burst ", seed), func(t *testing.T) {
			t.Parallel()
			p := newPoisoned(t)
			since := p.cloud.Now()
			p.poison(2000, seed)
			p.interruptOne()
			took := p.launched(group, since)
			t.Logf("the launch was called %s after the notice, %s where nobody poisons", took, usual)
			if took > usual+time.Second {
				p.fail("the launch was called %s after the notice, and %s where nobody poisons", took, usual)
			}
			if !p.until(2*time.Hour, func() bool { return p.settled() && p.stage.ServingOf("other", true) == 3 }) {
				p.fail("the groups are not whole again")
			}
			p.end(6, 6)
		})
	}
}

// A captured identity document lets its holder say anything of that one instance. It has it replaced early, and never retired before
// its replacement serves.
func TestASignedLieReachesNoMoreThanAnEarlyReplacement(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"terminate", "stop", "hibernate"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			p := newPoisoned(t)
			victim := p.members(group)[0]
			from, proof := p.proof(victim)
			r := message.New(message.Terminating, from, p.cloud.Now().UTC(), p.cloud.Now().UTC().Add(-time.Hour))
			r.Action, r.Identity = action, proof
			body, err := r.Encode()
			if err != nil {
				t.Fatal(err)
			}
			lowest := 6
			p.cloud.OnEvent(func(cloudsim.Event) { lowest = min(lowest, p.stage.Serving(true)) })
			p.say(string(body))
			if !p.until(time.Hour, func() bool { i, _ := p.cloud.Instance(victim); return i.State == "terminated" && p.settled() }) {
				p.fail("it was not replaced, or the group is not whole")
			}
			if lowest < 6 {
				p.fail("at the least %d served", lowest)
			}
			p.end(6, 6)
		})
	}
}
