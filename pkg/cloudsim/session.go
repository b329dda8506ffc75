package cloudsim

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/smithy-go"
)

// Call is one API call of a session, as hooks see it.
type Call struct {
	N        int // counts per Cloud, from 1
	Session  string
	Service  string // "EC2", "Auto Scaling", "SNS", "SQS", "DynamoDB"
	Op       string
	Mutating bool
	Input    any // the SDK's input pointer; not to be changed
}

// Verdict is a hook's answer: GoOn, Crash, Stall(d) or Fail(err).
type Verdict struct {
	crash bool
	err   error
	stall time.Duration
}

// GoOn lets the call be. Crash kills the session: given before, the call has no effect; given after, it had its
// effect and the answer is lost; either way the caller's goroutine unwinds and the session never acts again.
var (
	GoOn  = Verdict{}
	Crash = Verdict{crash: true}
)

// Stall lets so much time pass before the call goes on, as a process that is not scheduled would.
func Stall(d time.Duration) Verdict { return Verdict{stall: d} }

// Fail makes the call return err; given after, the call has had its effect.
func Fail(err error) Verdict { return Verdict{err: err} }

// OnCall adds hooks around every call of every session; either may be nil. They run without the lock held. The first
// hook that does not say GoOn decides.
func (c *Cloud) OnCall(before, after func(Call) Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if before != nil {
		c.before = append(c.before, before)
	}
	if after != nil {
		c.after = append(c.after, after)
	}
}

// Session is one principal or process: its clients die with it.
type Session struct {
	cloud *Cloud
	name  string
	dead  atomic.Bool
	root  *coroutine   // the invocation that runs on it, in virtual mode
	sides []*coroutine // what it has under way side by side
	co    *coroutine   // that of them which has the control
	slow  bool         // in real-time mode its calls take their latency
}

// NewSession makes a session. Calls from outside of an invocation take effect at once in virtual mode.
func (c *Cloud) NewSession(name string) *Session { return &Session{cloud: c, name: name} }

// Name is the session's name, Alive whether it has not crashed.
func (s *Session) Name() string { return s.name }
func (s *Session) Alive() bool  { return !s.dead.Load() }

// EC2 and its siblings are the session's clients.
func (s *Session) EC2() *EC2                 { return &EC2{s} }
func (s *Session) AutoScaling() *AutoScaling { return &AutoScaling{s} }
func (s *Session) SNS() *SNS                 { return &SNS{s} }
func (s *Session) SQS() *SQS                 { return &SQS{s} }
func (s *Session) DynamoDB() *DynamoDB       { return &DynamoDB{s} }

// crashed is the sentinel that unwinds a dead session's goroutine.
type crashed struct{ session string }

func (e crashed) Error() string { return "cloudsim: session " + e.session + " has crashed" }

// Guard runs fn and reports whether the session it used crashed in it; any other panic goes on. Code that uses
// sessions outside of Function and Process needs it to survive a Crash verdict.
func Guard(fn func()) (crash bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(crashed); !ok {
				panic(r)
			}
			crash = true
		}
	}()
	fn()
	return false
}

func (s *Session) die(why string) {
	if s.dead.Swap(true) {
		return
	}
	s.cloud.mu.Lock()
	s.cloud.emit(Event{Kind: Crashed, Actor: s.name, Text: why})
	s.cloud.unlock()
}

// pause lets d pass for this session: a coroutine parks, a real-time invocation sleeps, anybody else goes on.
func (s *Session) pause(d time.Duration) {
	switch {
	case s.co != nil:
		s.co.park(d)
	case s.slow:
		time.Sleep(s.cloud.wallDuration(d))
	}
	if s.dead.Load() {
		panic(crashed{s.name})
	}
}

// request is what every client method hands to call.
type request struct {
	service, op string
	mutating    bool
}

// call is the way of every API call: it takes its time, asks the hooks, and has its effect under the lock.
func call[I, O any](ctx context.Context, s *Session, r request, in *I, effect func(*I) (*O, error)) (*O, error) {
	if in == nil {
		in = new(I)
	}
	rec := s.begin(r, in)
	if err := s.admit(ctx, rec); err != nil {
		return nil, r.wrap(err)
	}
	c := s.cloud
	c.mu.Lock()
	c.cause = cause{actor: s.name, call: rec.N}
	out, err := effect(in)
	lost := err == nil && r.mutating && c.chance(c.cfg.Faults.AnswerLost)
	c.cause = cause{}
	c.unlock()
	if lost {
		err = errors.New("net/http: request canceled (Client.Timeout exceeded while awaiting headers)")
	}
	if aerr := s.verdict(c.hooks(false), rec); aerr != nil {
		err = aerr
	}
	if err != nil {
		return nil, r.wrap(err)
	}
	return out, nil
}

func (s *Session) begin(r request, in any) Call {
	if s.dead.Load() {
		panic(crashed{s.name})
	}
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	s.cloud.calls++
	return Call{N: s.cloud.calls, Session: s.name, Service: r.service, Op: r.op, Mutating: r.mutating, Input: in}
}

// admit lets the call's time pass and says whether it may have its effect.
func (s *Session) admit(ctx context.Context, rec Call) error {
	if err := ctx.Err(); err != nil {
		return &smithy.CanceledError{Err: err}
	}
	s.pause(s.cloud.takes(rec))
	if err := ctx.Err(); err != nil {
		return &smithy.CanceledError{Err: err}
	}
	if err := s.verdict(s.cloud.hooks(true), rec); err != nil {
		return err
	}
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	if err := s.cloud.outage(rec); err != nil {
		return err
	}
	if !s.cloud.takeToken(rec) || s.cloud.chance(s.cloud.cfg.Faults.Throttle) {
		return throttled(rec.Service)
	}
	return fits(rec)
}

// takes is how long a call takes.
func (c *Cloud) takes(r Call) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cfg.FleetLatency > 0 && r.Service == svcEC2 && r.Op == "CreateFleet" {
		return c.cfg.FleetLatency
	}
	return c.cfg.Latency
}

// SetLatency changes what calls take from now on; see Config.
func (c *Cloud) SetLatency(call, fleet time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cfg.Latency, c.cfg.FleetLatency = call, fleet
}

func (c *Cloud) hooks(before bool) []func(Call) Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	if before {
		return c.before
	}
	return c.after
}

func (s *Session) verdict(hooks []func(Call) Verdict, rec Call) error {
	for _, fn := range hooks {
		v := fn(rec)
		if v.crash {
			s.die(fmt.Sprintf("at call %d, %s", rec.N, rec.Op))
			panic(crashed{s.name})
		}
		if v.stall > 0 {
			s.pause(v.stall)
		}
		if v.err != nil {
			return v.err
		}
	}
	return nil
}

func (r request) wrap(err error) error {
	return &smithy.OperationError{ServiceID: r.service, OperationName: r.op, Err: err}
}

// throttled is the refusal of each service (aws-facts 1.8, 2.7).
func throttled(service string) error {
	switch service {
	case svcEC2:
		return apiError("RequestLimitExceeded", "Request limit exceeded.")
	case svcDynamoDB:
		return apiError("ThrottlingException", "Rate of requests exceeds the allowed throughput.")
	default:
		return apiError("Throttling", "Rate exceeded")
	}
}

func apiError(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

// validation is Auto Scaling's catch-all (aws-facts 1.1 #1).
func validation(format string, args ...any) error {
	return apiError("ValidationError", format, args...)
}

const (
	svcEC2         = "EC2"
	svcAutoScaling = "Auto Scaling"
	svcSNS         = "SNS"
	svcSQS         = "SQS"
	svcDynamoDB    = "DynamoDB"
)
