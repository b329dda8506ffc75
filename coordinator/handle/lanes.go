package handle

import "autospotting/pkg/message"

// What only tells how something stands has a queue of its own, where it is collected for some seconds: a storm brings thousands of such messages, and
// none of them may stand before a notice. Either queue takes any message, so it is no matter when a filter begins to hold. SlowEvents are the detail-types
// and SlowReports the kinds that go there.
var (
	SlowEvents = []string{
		"EC2 Instance State-change Notification", "EC2 Instance Launch Successful", "EC2 Instance Launch Unsuccessful",
		"EC2 Instance Terminate Successful", "EC2 Instance Terminate Unsuccessful",
	}
	SlowReports = []string{string(message.Hello), string(message.Started), string(message.Ready), string(message.CanDrain)}
)

// UrgentEvents are the detail-types that reach the inbox without a topic between: each takes time that an instance may not have.
var UrgentEvents = []string{"EC2 Spot Instance Interruption Warning", "EC2 Instance Rebalance Recommendation"}
