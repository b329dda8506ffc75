package cloudsim

import (
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// coroutine is one invocation or process in virtual mode: it runs only while the driver is inside resume, and gives
// the control back at every client call.
type coroutine struct {
	cloud   *Cloud
	session *Session
	next    func() (struct{}, bool)
	stop    func()
	yield   func(struct{}) bool
	wakeup  *event
	running bool // the control is inside
	over    bool
	crash   bool
	done    func(crash bool)
}

// spawn starts body on the session: a coroutine in virtual mode, a goroutine in real time. done is called without
// the lock held when body has returned or been unwound. spawn itself is called without the lock held.
func (c *Cloud) spawn(s *Session, body func(), done func(crash bool)) {
	c.mu.Lock()
	realtime := c.realtimeOn
	c.mu.Unlock()
	if realtime {
		s.slow = true
		go func() { done(Guard(body)) }()
		return
	}
	co := &coroutine{cloud: c, session: s, done: done}
	co.next, co.stop = iter.Pull(func(yield func(struct{}) bool) {
		co.yield = yield
		roomy(0)
		co.crash = Guard(body)
	})
	s.root = co
	co.start()
}

func (co *coroutine) start() {
	co.cloud.mu.Lock()
	co.cloud.coroutines[co] = true
	co.cloud.mu.Unlock()
	co.resume()
}

// resume gives the control to the coroutine until it parks or ends. The session's calls are its own so long.
func (co *coroutine) resume() {
	if co.over {
		return
	}
	before := co.session.co
	co.running, co.session.co = true, co
	_, parked := co.next()
	co.running, co.session.co = false, before
	if !parked {
		co.finish()
	}
}

// Side runs functions side by side on the session, as goroutines of one process are, and returns when all have: in virtual mode each parks at its
// own calls, in an order that the seed decides. A crash in one of them is the session's.
func (s *Session) Side(fns ...func()) {
	parent := s.co
	if parent == nil {
		s.beside(fns)
		return
	}
	left := len(fns)
	for _, fn := range fns {
		co := &coroutine{cloud: s.cloud, session: s}
		co.done = func(bool) {
			s.sides = slices.DeleteFunc(s.sides, func(x *coroutine) bool { return x == co })
			if left--; left == 0 && !parent.running {
				parent.wake(0)
			}
		}
		co.next, co.stop = iter.Pull(func(yield func(struct{}) bool) {
			co.yield = yield
			roomy(0)
			co.crash = Guard(fn)
		})
		s.sides = append(s.sides, co)
		co.start()
	}
	if left > 0 && !parent.yield(struct{}{}) || s.dead.Load() {
		panic(crashed{s.name})
	}
}

// beside is Side in real time, where nobody but the processor orders them, and outside of an invocation, where calls take no time.
func (s *Session) beside(fns []func()) {
	if !s.slow {
		for _, fn := range fns {
			fn()
		}
		return
	}
	var wait sync.WaitGroup
	var crash atomic.Bool
	for _, fn := range fns {
		wait.Go(func() {
			if Guard(fn) {
				crash.Store(true)
			}
		})
	}
	if wait.Wait(); crash.Load() {
		panic(crashed{s.name})
	}
}

func (co *coroutine) finish() {
	if co.over {
		return
	}
	co.over = true
	if co.session.root == co {
		co.session.root = nil
	}
	co.cloud.mu.Lock()
	delete(co.cloud.coroutines, co)
	co.cloud.mu.Unlock()
	co.done(co.crash || co.session.dead.Load())
}

// park gives the control back and asks for it again after d.
func (co *coroutine) park(d time.Duration) {
	co.wake(d)
	if !co.yield(struct{}{}) {
		panic(crashed{co.session.name})
	}
}

// wake has the control given back after d.
func (co *coroutine) wake(d time.Duration) {
	co.cloud.mu.Lock()
	co.wakeup = co.cloud.schedule(d, "resume "+co.session.name, co.resume)
	co.wakeup.open = true
	co.cloud.mu.Unlock()
}

// kill unwinds a parked coroutine; one that kills itself unwinds at its next call.
func (co *coroutine) kill() {
	if co.over {
		return
	}
	co.session.dead.Store(true)
	if co.running {
		return
	}
	if co.wakeup != nil {
		co.wakeup.cancelled = true
	}
	co.stop()
	co.finish()
}

// Process starts fn as a process of its own on a fresh session, for programs that poll instead of being called: a
// coroutine in virtual mode, a goroutine in real time. done, if given, hears whether it crashed. ctx ends with Kill.
func (c *Cloud) Process(name string, fn func(ctx context.Context, s *Session), done func(crash bool)) *Session {
	s := c.NewSession(name)
	ctx, cancel := context.WithCancel(context.Background())
	c.After(0, "start "+name, func() {
		c.spawn(s, func() { fn(ctx, s) }, func(crash bool) {
			cancel()
			if done != nil {
				done(crash)
			}
		})
	})
	return s
}

// Kill ends the session as a power cut would: nothing after its last effect happens.
func (s *Session) Kill() {
	s.die("killed")
	for _, co := range slices.Clone(s.sides) {
		co.kill()
	}
	if co := s.root; co != nil {
		co.kill()
	}
}

// Sleep lets d of simulated time pass for a process or invocation; outside of one it returns at once.
func (s *Session) Sleep(d time.Duration) { s.pause(d) }

// roomy makes room on a coroutine's stack, which is small at first, in one step while there is nothing on it: what an invocation needs would be
// come by in five, and each copies all that is there.
//
//go:noinline
func roomy(at int) byte {
	var room [24 << 10]byte
	return room[at]
}
