package cloudsim

import (
	"fmt"
	"math"
	"time"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// The alarms that target tracking makes for itself: above the target for three minutes, or below nine tenths of it for fifteen (Auto Scaling
// user guide, "Target tracking scaling policies": it scales out at once, and in gradually).
const (
	alarmEvery = time.Minute
	alarmHigh  = 3
	alarmLow   = 15
	lowPart    = 0.9
)

// tracking is a group's target tracking policy.
type tracking struct {
	target, load float64 // load in instances that are fully used
	above, below int     // for so many minutes
}

// TrackTarget puts a target tracking policy on a group: its average utilisation, as long as the load lasts, is to be so much of one. The load,
// in instances that it would use up, is carried by the members in service whose application is up. The others in service are cold: they dilute
// the average.
func (c *Cloud) TrackTarget(name string, target, load float64) error {
	return c.as("owner", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		if g.tracked == nil {
			c.at(alarmEvery, "alarms of "+name, func() { c.track(g) })
		}
		g.tracked = &tracking{target: target, load: load}
		return nil
	})
}

// SetLoad changes what a group with target tracking has to carry.
func (c *Cloud) SetLoad(name string, load float64) error {
	return c.as("users", func() error {
		g, err := c.ownersGroup(name)
		if err == nil && g.tracked != nil {
			g.tracked.load = load
		}
		return err
	})
}

// track looks at the metric once a minute. What the policy then names is a total, reckoned from the load: what sessions added to desired is not
// in it any more.
func (c *Cloud) track(g *group) {
	if g.deleted {
		return
	}
	c.cause = cause{actor: "policy", owner: true}
	defer func() { c.cause = cause{} }()
	c.at(alarmEvery, "alarms of "+g.name, func() { c.track(g) })
	t, serving, ready := g.tracked, 0, 0
	for _, m := range g.members {
		if m.state == astypes.LifecycleStateInService {
			serving++
			if m.i.appReady {
				ready++
			}
		}
	}
	if serving == 0 || !g.has("AlarmNotification") {
		return
	}
	carried := min(t.load, float64(ready))
	average := carried / float64(serving)
	t.above, t.below = counted(average > t.target, t.above), counted(average < lowPart*t.target, t.below)
	alarm := "AlarmHigh"
	switch {
	case t.above >= alarmHigh:
	case t.below >= alarmLow:
		alarm = "AlarmLow"
	default:
		return
	}
	t.above, t.below = 0, 0
	total := min(max(int(math.Ceil(carried/t.target)), g.min), g.max)
	if total == g.desired || (alarm == "AlarmHigh") != (total > g.desired) || g.shifted != "" && total < g.desired {
		return
	}
	g.why += fmt.Sprintf("At %s a monitor alarm TargetTracking-%s-%s in state ALARM triggered policy track changing the desired capacity from %d to %d.  ",
		stamp(c.clock()), g.name, alarm, g.desired, total)
	c.wish(g, g.min, g.max, total, true)
}

func counted(is bool, n int) int {
	if is {
		return n + 1
	}
	return 0
}

// PredictiveScaling is a policy in the mode ForecastAndScale at the beginning of an hour: desired is at least the forecast, and is never lowered
// for it. With raise (MaxCapacityBreachBehavior IncreaseMaxCapacity) a forecast above MaxSize, and buffer percent more, becomes the group's
// MaxSize for good (aws-facts 9 #9). How its activities are worded is not documented: the words are ours.
func (c *Cloud) PredictiveScaling(name string, forecast, buffer int, raise bool) error {
	return c.as("prediction", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		most := g.max
		if raise && forecast > most {
			most = (forecast*(100+buffer) + 99) / 100
		}
		to := max(g.desired, min(forecast, most))
		if to != g.desired {
			g.why += fmt.Sprintf("At %s predictive scaling policy forecast changing the desired capacity from %d to %d.  ", stamp(c.clock()), g.desired, to)
		}
		c.wish(g, g.min, most, to, to != g.desired)
		return nil
	})
}

// ScheduledSizes is a scheduled action that sets MinSize, MaxSize and desired together; a negative number is not set (aws-facts 9 #9).
func (c *Cloud) ScheduledSizes(name string, lo, hi, desired int) error {
	return c.as("schedule", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		return c.applySizesBy("scheduled action", g, given(lo), given(hi), given(desired))
	})
}

func given(n int) *int32 {
	if n < 0 {
		return nil
	}
	v := int32(n)
	return &v
}
