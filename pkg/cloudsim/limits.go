package cloudsim

import "time"

// Bucket holds the request tokens of one API: every call takes one, and PerSecond come back up to Burst. A call that finds none is
// refused with the service's throttling code and has no effect. The zero value sets no limit.
//
// AWS keeps such a bucket per account, region and API, so that all groups of an account share it (EC2 API reference, "Request
// throttling"). For Auto Scaling AWS publishes no numbers.
type Bucket struct {
	Burst     float64
	PerSecond float64
}

// Buckets are the limits of the two services that are known to refuse, for their reads and their writes; each API has a bucket of its own.
type Buckets struct {
	EC2Reads, EC2Writes, AutoScalingReads, AutoScalingWrites Bucket
}

func (b Buckets) of(r Call) Bucket {
	switch {
	case r.Service == svcEC2 && r.Mutating:
		return b.EC2Writes
	case r.Service == svcEC2:
		return b.EC2Reads
	case r.Service == svcAutoScaling && r.Mutating:
		return b.AutoScalingWrites
	case r.Service == svcAutoScaling:
		return b.AutoScalingReads
	}
	return Bucket{}
}

// level is what one bucket held at a time.
type level struct {
	tokens float64
	at     time.Time
}

// takeToken tells whether the API's bucket had a token for the call, and takes it.
func (c *Cloud) takeToken(r Call) bool {
	limit := c.cfg.Faults.Buckets.of(r)
	if limit.Burst <= 0 {
		return true
	}
	key, now := r.Service+"."+r.Op, c.clock()
	l, used := c.levels[key]
	if !used {
		l = level{limit.Burst, now}
	}
	l.tokens = min(limit.Burst, l.tokens+limit.PerSecond*now.Sub(l.at).Seconds())
	l.at = now
	enough := l.tokens >= 1
	if enough {
		l.tokens--
	}
	if c.levels == nil {
		c.levels = map[string]level{}
	}
	c.levels[key] = l
	return enough
}
