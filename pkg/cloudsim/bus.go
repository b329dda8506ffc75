package cloudsim

import (
	"encoding/json"
	"slices"
	"time"
)

// busRule is a rule that delivers.
type busRule struct {
	target string
	kinds  []string // detail-types; all if there are none
}

// Rule makes a topic or a standard queue, by its ARN, a target of EventBridge: what there is of spot interruption warnings, rebalance recommendations,
// state changes, and Auto Scaling's launch, terminate and lifecycle events is delivered to it as EventBridge writes it, or only what is of some detail-types.
func (c *Cloud) Rule(target string, detailTypes ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busRules = append(c.busRules, busRule{target, detailTypes})
}

// Tick publishes a scheduled event to the topic every so often, the first after one interval.
func (c *Cloud) Tick(every time.Duration, topicARN string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var tick func()
	tick = func() {
		body := c.busEvent("aws.events", "Scheduled Event", []string{"arn:aws:events:" + c.cfg.Region + ":" + c.cfg.Account + ":rule/tick"}, struct{}{})
		c.deliver(topicARN, body)
		c.at(every, "tick", tick)
	}
	c.at(every, "tick", tick)
}

// busEvent is EventBridge's envelope (aws-facts 4).
func (c *Cloud) busEvent(source, detailType string, resources []string, detail any) string {
	raw, err := json.Marshal(struct {
		Version    string   `json:"version"`
		ID         string   `json:"id"`
		DetailType string   `json:"detail-type"`
		Source     string   `json:"source"`
		Account    string   `json:"account"`
		Time       string   `json:"time"`
		Region     string   `json:"region"`
		Resources  []string `json:"resources"`
		Detail     any      `json:"detail"`
	}{"0", c.uuid(), detailType, source, c.cfg.Account, stamp(c.clock()), c.cfg.Region, resources, detail})
	if err != nil {
		panic("cloudsim: EventBridge event: " + err.Error())
	}
	return string(raw)
}

// emitBus sends an event to every rule's topic, best effort.
func (c *Cloud) emitBus(source, detailType string, resources []string, detail any) {
	rules := slices.DeleteFunc(slices.Clone(c.busRules), func(r busRule) bool { return len(r.kinds) > 0 && !slices.Contains(r.kinds, detailType) })
	if len(rules) == 0 {
		return
	}
	body := c.busEvent(source, detailType, resources, detail)
	if c.chance(c.cfg.Faults.LoseEvent) {
		c.emit(Event{Kind: MessageLost, Actor: "aws", Text: detailType})
		return
	}
	for _, r := range rules {
		c.deliver(r.target, body)
	}
}

func (c *Cloud) deliver(arn, body string) {
	c.at(c.cfg.Timing.BusDelay, "event to "+arn, func() {
		if q := c.queueByURL(arn); q != nil {
			c.enqueue(q, body, "", "", q.delay, nil)
			return
		}
		// A rule whose topic is gone drops its events, as EventBridge does without a dead-letter queue.
		_, _ = c.publish(arn, body, "", nil)
	})
}

func (c *Cloud) instanceARN(i *instance) string { return c.arn("ec2", "instance/"+i.id) }

func (c *Cloud) stateEvent(i *instance) {
	c.emitBus("aws.ec2", "EC2 Instance State-change Notification", []string{c.instanceARN(i)},
		map[string]string{"instance-id": i.id, "state": string(i.state)})
}

func (c *Cloud) interruptionEvent(i *instance) {
	c.emitBus("aws.ec2", "EC2 Spot Instance Interruption Warning", []string{c.instanceARN(i)},
		map[string]string{"instance-id": i.id, "instance-action": i.action})
}

func (c *Cloud) rebalanceEvent(i *instance) {
	c.emitBus("aws.ec2", "EC2 Instance Rebalance Recommendation", []string{c.instanceARN(i)}, map[string]string{"instance-id": i.id})
}

func (c *Cloud) hookEvent(g *group, i *instance, h *Hook) {
	kind := "EC2 Instance-launch Lifecycle Action"
	detail := map[string]string{"LifecycleActionToken": c.uuid(), "AutoScalingGroupName": g.name, "LifecycleHookName": h.Name,
		"EC2InstanceId": i.id, "LifecycleTransition": h.Transition, "NotificationMetadata": ""}
	if h.Transition == HookTerminating {
		kind = "EC2 Instance-terminate Lifecycle Action"
	} else {
		detail["Origin"], detail["Destination"] = "EC2", "AutoScalingGroup"
	}
	c.emitBus("aws.autoscaling", kind, []string{g.arn(c)}, detail)
}

// launchEvent tells the end of a launch or termination in a group; i is nil when nothing was launched.
func (c *Cloud) launchEvent(g *group, a *activity, i *instance, kind string) {
	if a == nil {
		return
	}
	detail := map[string]any{"StatusCode": "InProgress", "Description": a.description, "AutoScalingGroupName": g.name, "ActivityId": a.id,
		"Details":   map[string]string{"Availability Zone": a.zone, "Subnet ID": a.subnet},
		"RequestId": a.id, "StatusMessage": a.message, "EndTime": stamp(c.clock()), "StartTime": stamp(a.start), "Cause": a.cause, "EC2InstanceId": ""}
	resources := []string{g.arn(c)}
	if i != nil {
		detail["EC2InstanceId"] = i.id
		resources = append(resources, c.instanceARN(i))
	} else {
		detail["StatusCode"] = "Failed"
	}
	c.emitBus("aws.autoscaling", kind, resources, detail)
}
