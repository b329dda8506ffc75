package invariant

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// Outage is one API that answers nobody for a while, and what may then be expected of the coordinator.
type Outage struct {
	API         string // as cloudsim.Outage names it
	From, Until time.Time
	// Holds says that no launch can be asked for without it: then the request goes out soon after its return. Without it, it goes out at once.
	Holds bool
	// Gradual says that a run that could not read it begins nothing gradual; Retires that such a run retires nobody whom nothing forces out.
	Gradual, Retires bool
}

// Out says that an API is out for a while.
func (c *Checker) Out(o Outage) {
	c.out = &outage{Outage: o, notices: map[string]time.Time{}, blind: map[string]bool{}}
}

type outage struct {
	Outage
	notices map[string]time.Time // not answered yet
	blind   map[string]bool      // the sessions whose run could not read it
}

// due is until when a notice of that time has to be answered.
func (o *outage) due(at time.Time) time.Time {
	due := at.Add(answerWithin)
	if o.Holds && at.Before(o.Until) && due.After(o.From) {
		return o.Until.Add(answerWithin)
	}
	return due
}

// event holds the answers to notices against their time.
func (o *outage) event(c *Checker, e cloudsim.Event) {
	if e.Kind == cloudsim.Notice && c.wish.enabled {
		if i, _ := c.cloud.Instance(e.Instance); i.Group == c.group && i.Tags[tagGroup] == c.group {
			o.notices[e.Instance] = e.At
		}
	}
	if len(o.notices) == 0 {
		return
	}
	rec, err := c.record()
	if err != nil {
		return // the books tell
	}
	launched := ""
	if e.Kind == cloudsim.Launched && c.ours(e.Actor) {
		i, _ := c.cloud.Instance(e.Instance)
		launched = i.Tags[tagLaunch]
	}
	for _, id := range slices.Sorted(maps.Keys(o.notices)) {
		at := o.notices[id]
		switch {
		case !c.waits(id) || answers(rec, id, launched):
			delete(o.notices, id)
		case e.At.After(o.due(at)):
			c.report(Answered, "AWS takes %s since %s, and no replacement was asked for (%s out from %s to %s)", id, e.At.Sub(at).Round(time.Second), o.API,
				o.From.UTC().Format(time.TimeOnly), o.Until.UTC().Format(time.TimeOnly))
			delete(o.notices, id)
		}
	}
}

// waits tells whether an instance with a notice is still a member that lives and that nobody has let go.
func (c *Checker) waits(id string) bool {
	if i, _ := c.cloud.Instance(id); i.State != "running" {
		return false // AWS has taken it, which the group may not know for half a minute
	}
	g, _ := c.cloud.Group(c.group)
	for _, m := range g.Members {
		if m.ID == id {
			return m.State == "InService"
		}
	}
	return false
}

// answers tells whether the record has something launched in the instance's place, or by which it is gone anyway.
func answers(rec ledger.Record, id, launched string) bool {
	for _, it := range rec.Intents {
		if it.Victim == id && (it.Instance != "" || launched != "" && it.Launch.Nonce == launched) {
			return true
		}
	}
	for _, d := range rec.Books.Debts() {
		if d.Victim == id || d.Replacement.Instance == id {
			return true
		}
	}
	return false
}

// call holds what is gradual against what its run could read.
func (o *outage) call(c *Checker, call cloudsim.Call) {
	now := c.cloud.Now()
	if call.API() == o.API {
		if o.blind[call.Session] = !now.Before(o.From) && now.Before(o.Until); !o.blind[call.Session] { // a run may read it anew
			delete(o.blind, call.Session)
		}
	}
	if !o.blind[call.Session] {
		return
	}
	switch in := call.Input.(type) {
	case *ec2.CreateFleetInput:
		if p := c.purpose(in); o.Gradual && p.Gradual() && p != "" {
			c.report(Blind, "a %s is launched by a run that could not read %s", p, o.API)
		}
	case *autoscaling.TerminateInstanceInAutoScalingGroupInput:
		id := aws.ToString(in.InstanceId)
		if i, _ := c.cloud.Instance(id); o.Retires && aws.ToBool(in.ShouldDecrementDesiredCapacity) && i.Group == c.group && i.NoticeAt.IsZero() && !c.undone(id) {
			c.report(Blind, "%s is retired by a run that could not read %s", id, o.API)
		}
	}
}

// purpose is why the record has it launched; empty where it is none of this group's.
func (c *Checker) purpose(in *ec2.CreateFleetInput) ledger.Purpose {
	it, _ := c.intent(in)
	return it.Purpose
}

// undone tells whether the instance is a replacement whose attach is taken back.
func (c *Checker) undone(id string) bool {
	rec, err := c.record()
	if err != nil {
		return false
	}
	for _, d := range rec.Books.Debts() {
		if d.Phase == books.Undoing && d.Replacement.Instance == id {
			return true
		}
	}
	return false
}
