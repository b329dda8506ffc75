package cloudsim

import (
	"context"
	"errors"
	"time"
)

// realtime maps the wall clock to simulated time.
type realtime struct {
	wall0, sim0 time.Time
	scale       float64
}

func (r *realtime) sim(wall time.Time) time.Time {
	return r.sim0.Add(time.Duration(float64(wall.Sub(r.wall0)) * r.scale))
}

func (r *realtime) wall(sim time.Time) time.Time {
	return r.wall0.Add(time.Duration(float64(sim.Sub(r.sim0)) / r.scale))
}

// RunRealtime drives the cloud by the wall clock until ctx ends: one real second is scale simulated seconds. Clients
// may be called from any goroutine meanwhile. It returns ctx's error, or why it could not start.
func (c *Cloud) RunRealtime(ctx context.Context, scale float64) error {
	if scale <= 0 {
		return errors.New("cloudsim: real time needs a positive scale, simulated seconds per second")
	}
	c.mu.Lock()
	if c.realtimeOn {
		c.mu.Unlock()
		return errors.New("cloudsim: the cloud already runs in real time")
	}
	c.real = &realtime{wall0: time.Now(), sim0: c.now, scale: scale}
	c.realtimeOn = true
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.clock()
		c.realtimeOn = false
		c.mu.Unlock()
	}()
	return c.drive(ctx)
}

func (c *Cloud) drive(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		c.mu.Lock()
		wait := time.Hour
		if ev := c.peek(); ev != nil {
			if !ev.at.After(c.clock()) {
				c.runNext()
				continue
			}
			wait = time.Until(c.real.wall(ev.at))
		}
		c.mu.Unlock()
		timer.Reset(max(wait, 50*time.Microsecond))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-c.wake:
		}
	}
	return ctx.Err()
}

// Wall is the wall-clock time of a simulated one, Sim the reverse: what guests see, since real processes live by the
// wall clock. Both are the identity unless the cloud has run in real time.
func (c *Cloud) Wall(sim time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wallTime(sim)
}

// Sim is the simulated time of a wall-clock one.
func (c *Cloud) Sim(wall time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real == nil {
		return wall
	}
	return c.real.sim(wall).UTC()
}

func (c *Cloud) wallTime(sim time.Time) time.Time {
	if c.real == nil {
		return sim
	}
	return c.real.wall(sim).UTC()
}

func (c *Cloud) wallDuration(d time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real == nil {
		return 0
	}
	return time.Duration(float64(d) / c.real.scale)
}
