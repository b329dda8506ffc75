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
	// Instances is the bucket of instances that RunInstances may launch ("Resource token bucket": 1,000, and 2 a second). AWS does not say whether
	// fleets draw on it; if its Burst is zero they do not.
	Instances Bucket
}

// Published are the numbers that AWS publishes for an account that is not limited further (EC2 API reference, "Request throttling": reads that are
// not filtered 100 and 20 a second, CreateFleet 50 and 5 a second); Auto Scaling is taken for like EC2.
func Published() Buckets {
	reads, writes := Bucket{Burst: 100, PerSecond: 20}, Bucket{Burst: 50, PerSecond: 5}
	return Buckets{EC2Reads: reads, EC2Writes: writes, AutoScalingReads: reads, AutoScalingWrites: writes}
}

// ResourceBucket is RunInstances' bucket of instances.
func ResourceBucket() Bucket { return Bucket{Burst: 1000, PerSecond: 2} }

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
	return c.drawOn(r.Service+"."+r.Op, c.cfg.Faults.Buckets.of(r), 1)
}

// takeInstances tells whether so many instances may be launched now, and takes their tokens; else none.
func (c *Cloud) takeInstances(n int) bool {
	return c.drawOn("instances", c.cfg.Faults.Buckets.Instances, float64(n))
}

func (c *Cloud) drawOn(key string, limit Bucket, n float64) bool {
	if limit.Burst <= 0 {
		return true
	}
	now := c.clock()
	l, used := c.levels[key]
	if !used {
		l = level{limit.Burst, now}
	}
	l.tokens = min(limit.Burst, l.tokens+limit.PerSecond*now.Sub(l.at).Seconds())
	l.at = now
	enough := l.tokens >= n
	if enough {
		l.tokens -= n
	}
	if c.levels == nil {
		c.levels = map[string]level{}
	}
	c.levels[key] = l
	return enough
}
