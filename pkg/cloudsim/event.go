package cloudsim

import "time"

// Kind names what happened.
type Kind string

// The kinds of Event.
const (
	Launched      Kind = "launched"       // EC2 accepted an instance (pending)
	Running       Kind = "running"        // pending to running
	AppUp         Kind = "app-up"         // the application on it answers
	AppDown       Kind = "app-down"       // it does not, since a new version is deployed to it
	Notice        Kind = "notice"         // spot interruption notice
	Recommended   Kind = "rebalance"      // rebalance recommendation
	Stopping      Kind = "shutting-down"  // the instance leaves running
	Terminated    Kind = "terminated"     // gone
	Pending       Kind = "pending-member" // became a member, Pending
	InService     Kind = "in-service"     // member InService
	ChecksFail    Kind = "checks-fail"    // the load balancers' checks of an instance fail; Text is unhealthy once they have failed often enough
	Unhealthy     Kind = "unhealthy"      // the group knows that the member is bad
	Terminating   Kind = "terminating"    // member leaves service
	Rested        Kind = "standby"        // its owner put the member in Standby
	Removed       Kind = "removed"        // no member any more
	SizeChanged   Kind = "size"           // min, max or desired changed; Text has old and new
	LaunchFailed  Kind = "launch-failed"  // a group's or fleet's launch failed
	Protected     Kind = "protection"     // scale-in protection changed
	Tagged        Kind = "tags"           // tags changed
	Invoked       Kind = "invoked"        // a function was called
	Returned      Kind = "returned"       // a function returned; Text has the error
	Crashed       Kind = "crashed"        // a session died
	DeadLettered  Kind = "dead-letter"    // a message went to a dead-letter queue
	TableWritten  Kind = "table-write"    // an item was put or deleted
	MessageLost   Kind = "event-lost"     // EventBridge dropped an event (fault)
	TemplateMade  Kind = "template"       // a launch template or version was created or deleted
	GroupAltered  Kind = "group"          // a group was created, deleted, suspended or resumed
	HookWaits     Kind = "hook"           // a member waits in a lifecycle hook
	PriceMoved    Kind = "price"          // a spot price changed
	CapacityMoved Kind = "capacity"       // a pool was closed or opened
	HostChanged   Kind = "host"           // an instance registered with an ECS cluster, or was set DRAINING or ACTIVE
	StatusMoved   Kind = "environment"    // the status of an Elastic Beanstalk environment changed; Text is the new one
	TasksCut      Kind = "tasks-cut"      // tasks ran on an instance when it left running
)

// Event is one change of state. Actor is who did it: a session's name, or owner, autoscaling, ec2, aws.
type Event struct {
	At       time.Time
	Kind     Kind
	Actor    string
	Group    string
	Instance string
	Text     string
	Item     string // of TableWritten: the item's hash key, where that is text
	Call     int    // the Call.N that set it going, directly or through what followed from it; 0 when none did
}

// cause is who is acting while the lock is held; scheduled steps inherit it.
type cause struct {
	actor string
	call  int
	owner bool // acts for the owner: a wish, not a debt
}

// OnEvent adds an observer. It is called in order of what happened, without the lock held, so it may read the cloud;
// the state it reads already holds everything that happened in the same step.
func (c *Cloud) OnEvent(fn func(Event)) {
	c.mu.Lock()
	c.observers = append(c.observers, fn)
	c.mu.Unlock()
}

// emit queues an event for the observers. An empty actor means whoever is acting.
func (c *Cloud) emit(ev Event) {
	ev.At, ev.Call = c.clock(), c.cause.call
	if ev.Actor == "" {
		ev.Actor = c.cause.actor
	}
	if ev.Actor == "" {
		ev.Actor = "aws"
	}
	for _, fn := range c.observers {
		c.notes = append(c.notes, func() { fn(ev) })
	}
}

// unlock releases the lock and then tells what happened meanwhile. Only one goroutine tells at a time, so the order
// is kept; an observer's own calls only add to the queue.
func (c *Cloud) unlock() {
	if c.delivering {
		c.mu.Unlock()
		return
	}
	c.delivering = true
	for len(c.notes) > 0 {
		batch := c.notes
		c.notes = nil
		c.mu.Unlock()
		for _, fn := range batch {
			fn()
		}
		c.mu.Lock()
	}
	c.delivering = false
	c.mu.Unlock()
}
