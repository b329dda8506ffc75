package invariant

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/pkg/cloudsim"
)

// emptyLaunches is the most launches in an hour that may bring nothing: what could not succeed is tried ever more seldom.
const emptyLaunches = 60

// The bounds of a calm day.
const (
	answerWithin = 10 * time.Second // from a notice to the launch of a replacement
	payWithin    = 4 * time.Minute  // from an attach to the retirement that pays for it
)

// call notes the launches that are asked for.
func (c *Checker) call(call cloudsim.Call) cloudsim.Verdict {
	if c.out != nil && c.ours(call.Session) {
		c.out.call(c, call)
	}
	if c.ours(call.Session) {
		c.deploying(call)
	}
	in, ok := call.Input.(*ec2.CreateFleetInput)
	if !ok || !c.ours(call.Session) || c.cloud.Down(call.API()) { // what is refused for a while is not a launch that brought nothing
		return cloudsim.GoOn
	}
	for _, s := range in.TagSpecifications {
		for _, t := range s.Tags {
			if *t.Key == tagGroup && *t.Value == c.group {
				c.tries[call.N] = c.cloud.Now()
				c.asked[aws.ToString(in.ClientToken)] = int(aws.ToInt32(in.TargetCapacitySpecification.TotalTargetCapacity))
			}
		}
	}
	return cloudsim.GoOn
}

// launched counts the launches of the last hour that brought nothing.
func (c *Checker) launched(e cloudsim.Event, mine bool) {
	if mine && e.Kind == cloudsim.Launched {
		delete(c.tries, e.Call)
	}
	if !mine || e.Kind != cloudsim.Returned {
		return
	}
	for n, at := range c.tries {
		if e.At.Sub(at) > time.Hour {
			delete(c.tries, n)
		}
	}
	if len(c.tries) > emptyLaunches {
		c.report(Loops, "%d launches in an hour brought nothing", len(c.tries))
		clear(c.tries)
	}
}

// Calm says that nothing is wrong in the cloud: from now on, what can be done must be done at once.
func (c *Checker) Calm() {
	c.Kind()
	c.prompt = &prompt{notices: map[string]time.Time{}}
}

type prompt struct {
	notices map[string]time.Time // not answered yet
	owedAt  time.Time
}

func (p *prompt) event(c *Checker, e cloudsim.Event, g cloudsim.GroupView) {
	switch {
	case e.Kind == cloudsim.Notice && c.wish.enabled:
		if i, _ := c.cloud.Instance(e.Instance); i.Group == c.group && i.Tags[tagGroup] == c.group {
			p.notices[e.Instance] = e.At
		}
	case e.Kind == cloudsim.Launched && c.ours(e.Actor):
		for id := range p.notices {
			delete(p.notices, id) // one launch each: the oldest first would say no more
			break
		}
	}
	for id, at := range p.notices {
		if e.At.Sub(at) > answerWithin {
			c.report(Prompt, "AWS takes %s since %s, and no replacement was launched", id, e.At.Sub(at).Round(time.Second))
			delete(p.notices, id)
		}
	}
	switch {
	case g.Net <= 0:
		p.owedAt = time.Time{}
	case p.owedAt.IsZero():
		p.owedAt = e.At
	case e.At.Sub(p.owedAt) > payWithin:
		c.report(Prompt, "desired is raised for %s on a calm day", e.At.Sub(p.owedAt).Round(time.Second))
		p.owedAt = e.At
	}
}
