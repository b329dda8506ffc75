package cloudsim

import (
	"context"
	"iter"
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
	s.co = co
	c.mu.Lock()
	c.coroutines[co] = true
	c.mu.Unlock()
	co.resume()
}

// resume gives the control to the coroutine until it parks or ends.
func (co *coroutine) resume() {
	if co.over {
		return
	}
	co.running = true
	_, parked := co.next()
	co.running = false
	if !parked {
		co.finish()
	}
}

func (co *coroutine) finish() {
	if co.over {
		return
	}
	co.over = true
	co.session.co = nil
	co.cloud.mu.Lock()
	delete(co.cloud.coroutines, co)
	co.cloud.mu.Unlock()
	co.done(co.crash || co.session.dead.Load())
}

// park gives the control back and asks for it again after d.
func (co *coroutine) park(d time.Duration) {
	co.cloud.mu.Lock()
	co.wakeup = co.cloud.schedule(d, "resume "+co.session.name, co.resume)
	co.wakeup.open = true
	co.cloud.mu.Unlock()
	if !co.yield(struct{}{}) {
		panic(crashed{co.session.name})
	}
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
	if co := s.co; co != nil {
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
