package cloudsim

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Config describes a cloud. The zero value is valid: one region with three zones, the built-in sample of types.
type Config struct {
	Seed    int64
	Start   time.Time // simulated time at the beginning; zero is 2026-11-02 09:00 UTC
	Region  string    // us-east-1 by default
	Account string    // 123456789012 by default
	Zones   []string  // Region a, b and c by default
	Types   []TypeSpec
	Timing  Timing
	// Latency is what one API call takes. Zero is 30 ms, negative is none.
	Latency time.Duration
	// FleetLatency is what CreateFleet takes, which waits for EC2 to have accepted the instances. Zero is Latency.
	FleetLatency time.Duration
	Faults       Faults
	Readings     Readings
	// GuestsTell leaves it to Guest.Serve whether the application on an instance answers. By default it answers Timing.AppStart after the
	// instance runs, and EC2's status checks pass at that moment; with GuestsTell only they do.
	GuestsTell bool
}

// Timing holds how long AWS takes for what. A zero field takes a realistic default, a negative one means at once.
type Timing struct {
	BootMin, BootMax time.Duration // pending to running; 40 s to 90 s
	AppStart         time.Duration // running to application up; 20 s
	Notice           time.Duration // interruption notice to the end; 120 s
	Drain            time.Duration // Terminating to EC2 termination in a group; 15 s
	ShutDown         time.Duration // shutting-down to terminated; 20 s
	AttachTime       time.Duration // attached (Pending) to InService; 5 s
	HealthDetect     time.Duration // an instance stops running to the group knowing it; 30 s
	ASGReact         time.Duration // a difference in a group to its reaction; 10 s
	TargetHealthy    time.Duration // a registered target's application answers to its being healthy; 10 s
	TargetUnhealthy  time.Duration // a registered target's application does not answer to its being unhealthy; 20 s
	StatusDetect     time.Duration // EC2's status checks fail to the group finding the member unhealthy; 3 min
	AZRebalance      time.Duration // an imbalance between zones to the rebalancing launch; 60 s
	LaunchRetry      time.Duration // a failed launch of a group to the next try, doubling to 15 min; 60 s
	BusDelay         time.Duration // EventBridge or SNS to the queue; 200 ms
	Poll             time.Duration // message visible to the function being called; 20 ms
}

// Faults are what goes wrong, as probabilities (0 to 1) per occasion. The zero value is a kind day.
type Faults struct {
	Throttle    float64       // a call is refused with the service's throttling code, without effect
	Buckets     Buckets       // request tokens, shared by all callers
	AnswerLost  float64       // a mutating call takes effect and its caller sees a time-out
	NoCapacity  float64       // a spot pool refuses a launch
	Partial     float64       // a fleet launches fewer than asked
	DiePending  float64       // an instance dies between pending and running
	Duplicate   float64       // a message is delivered twice
	Reorder     float64       // a message is delivered up to 30 s late
	LoseEvent   float64       // EventBridge drops an event ("best effort")
	ReadLag     time.Duration // reads may be stale by up to this long (eventual consistency)
	Interrupted float64       // interruptions per spot instance and hour
	AttachFails float64       // an attach is answered, and its activity fails minutes later
}

// Readings selects between the possible meanings of what AWS's documents leave open.
type Readings struct {
	// LaunchAfterDrain: after TerminateInstanceInAutoScalingGroup without decrement the group launches the
	// replacement only when the old member is gone, instead of at once.
	LaunchAfterDrain bool
	// SecondDecrement: terminating a member that is already Terminating, with decrement, lowers desired once more,
	// instead of being refused with ScalingActivityInProgress.
	SecondDecrement bool
	// AttachIgnoredByRebalance: an imbalance that only an attach made does not wake AZ rebalancing.
	AttachIgnoredByRebalance bool
	// SizeCountsTerminating: "current size" in UpdateAutoScalingGroup's MaxSize rule counts terminating members.
	SizeCountsTerminating bool
	// RaisedLate: an attach whose activity fails later (Faults.AttachFails) never raised desired, instead of raising it until it fails.
	// AWS documents that an attach raises desired (aws-facts 1.1 #2), so that no scenario draws this.
	RaisedLate bool
	// AttachedStateHidden: the metadata of an attached instance never shows autoscaling/target-lifecycle-state, instead of from its attach
	// on. AWS documents the item only for what the group launches itself (aws-facts 9 #5).
	AttachedStateHidden bool
	// StackTakesAttached is how long after its attach CloudFormation takes an instance for a member of the group that its stack has made
	// (aws-facts 9 #3). Zero is at once, negative never: AWS does not say.
	StackTakesAttached time.Duration
	// PolicyCountsAttached: a group with a mixed instances policy of 100 % on-demand counts spot that was attached, launches on-demand in its
	// place, and lets spot go first, instead of leaving it alone.
	PolicyCountsAttached bool
}

// Cloud is one account in one region. Its methods and clients may be used from any goroutine in real-time mode; in
// virtual mode one goroutine drives it.
type Cloud struct {
	cfg Config

	mu         sync.Mutex
	now        time.Time
	heap       eventHeap
	seq        uint64
	calls      int
	rng        *rand.Rand
	real       *realtime
	realtimeOn bool
	wake       chan struct{}
	cause      cause
	coroutines map[*coroutine]bool

	before, after []func(Call) Verdict
	observers     []func(Event)
	boots         []func(*Guest)
	notes         []func() // to be called once the lock is free, in order
	delivering    bool

	types     map[string]*TypeSpec
	typeNames []string
	pools     map[poolKey]*pool
	images    []*image
	subnets   []*subnet
	templates []*template
	instances []*instance
	byID      map[string]*instance
	carriers  map[[2]string][]*instance // by tag, those that ever carried it
	tokens    map[string]*tokenResult
	groups    []*group
	targets   map[string]TargetGroup // by ARN, those that were set
	clusters  []*cluster             // of ECS
	topics    map[string]*topic
	queues    []*queue
	tables    map[string]*table
	busRules  []busRule
	rules     []BusRule // those of PutRule
	mappings  []*mapping

	strategies map[string]ec2types.PlacementStrategy // of the placement groups, by name
	poisons    []*Poison
	environs   []*environment   // of Elastic Beanstalk
	quotas     map[quotaKey]int // vCPUs, those that were set

	levels  map[string]level // of the token buckets, by API
	outages []Outage

	fate func(n int, queueURL, body string) Fate
	sent int

	translate func(instance string, body []byte) []byte
}

// New builds a cloud. It makes no images, subnets or groups: see the setup helpers.
func New(cfg Config) *Cloud {
	cfg = cfg.withDefaults()
	c := &Cloud{
		cfg: cfg, now: cfg.Start,
		rng:        rand.New(rand.NewPCG(uint64(cfg.Seed), 0x9e3779b97f4a7c15)),
		wake:       make(chan struct{}, 1),
		coroutines: map[*coroutine]bool{},
		byID:       map[string]*instance{},
		carriers:   map[[2]string][]*instance{},
		tokens:     map[string]*tokenResult{},
		topics:     map[string]*topic{},
		tables:     map[string]*table{},
	}
	c.buildCatalog()
	return c
}

func (cfg Config) withDefaults() Config {
	if cfg.Start.IsZero() {
		cfg.Start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	}
	cfg.Start = cfg.Start.UTC()
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if cfg.Account == "" {
		cfg.Account = "123456789012"
	}
	if len(cfg.Zones) == 0 {
		cfg.Zones = []string{cfg.Region + "a", cfg.Region + "b", cfg.Region + "c"}
	}
	if len(cfg.Types) == 0 {
		cfg.Types = SampleTypes()
	}
	orDefault(&cfg.Latency, 30*time.Millisecond)
	cfg.Timing = cfg.Timing.withDefaults()
	return cfg
}

func (t Timing) withDefaults() Timing {
	orDefault(&t.BootMin, 40*time.Second)
	orDefault(&t.BootMax, 90*time.Second)
	orDefault(&t.AppStart, 20*time.Second)
	orDefault(&t.Notice, 120*time.Second)
	orDefault(&t.Drain, 15*time.Second)
	orDefault(&t.ShutDown, 20*time.Second)
	orDefault(&t.AttachTime, 5*time.Second)
	orDefault(&t.HealthDetect, 30*time.Second)
	orDefault(&t.TargetHealthy, 10*time.Second)
	orDefault(&t.TargetUnhealthy, 20*time.Second)
	orDefault(&t.StatusDetect, 3*time.Minute)
	orDefault(&t.ASGReact, 10*time.Second)
	orDefault(&t.AZRebalance, 60*time.Second)
	orDefault(&t.LaunchRetry, 60*time.Second)
	orDefault(&t.BusDelay, 200*time.Millisecond)
	orDefault(&t.Poll, 20*time.Millisecond)
	return t
}

func orDefault(d *time.Duration, def time.Duration) {
	switch {
	case *d == 0:
		*d = def
	case *d < 0:
		*d = 0
	}
}

// Region is the cloud's region, Account its account id, Zones its availability zones in order.
func (c *Cloud) Region() string  { return c.cfg.Region }
func (c *Cloud) Account() string { return c.cfg.Account }
func (c *Cloud) Zones() []string { return append([]string(nil), c.cfg.Zones...) }

// chance draws only when p is set, so that a fault that is off leaves the random sequence alone.
func (c *Cloud) chance(p float64) bool { return p > 0 && c.rng.Float64() < p }

func (c *Cloud) between(lo, hi time.Duration) time.Duration {
	if hi <= lo {
		return lo
	}
	return lo + time.Duration(c.rng.Int64N(int64(hi-lo)))
}

// id makes a resource id like i-0123456789abcdef0, always from the seeded source.
func (c *Cloud) id(prefix string) string {
	return fmt.Sprintf("%s-0%016x", prefix, c.rng.Uint64())
}

func (c *Cloud) uuid() string {
	a, b := c.rng.Uint64(), c.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", a>>32, (a>>16)&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

func (c *Cloud) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + c.cfg.Region + ":" + c.cfg.Account + ":" + resource
}

// Close ends every invocation and process that is still parked. A cloud that is thrown away in the middle of an
// invocation would otherwise keep its coroutine.
func (c *Cloud) Close() {
	c.mu.Lock()
	var all []*coroutine
	for co := range c.coroutines {
		all = append(all, co)
	}
	c.mu.Unlock()
	for _, co := range all {
		co.kill()
	}
}
