package cloudsim

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// Guest is what runs inside an instance: it sees its user data and metadata and may publish with the instance's role.
type Guest struct {
	cloud    *Cloud
	session  *Session
	i        *instance
	userData []byte
	stops    []func()
	watchers []func()
	stopped  bool
	boot     Boot
}

// Boot is how far the boot of a guest is, as the machine itself tells it (cloud-init's result, for instance).
type Boot int

// The zero value is BootUntold.
const (
	BootUntold Boot = iota // nobody models it
	BootRuns               // user data runs
	BootDone               // it is over without errors
	BootFailed             // it is over, and a script failed
)

// OnBoot is called for every instance that reaches running, without the lock held.
func (c *Cloud) OnBoot(fn func(*Guest)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.boots = append(c.boots, fn)
}

func (c *Cloud) bootGuest(i *instance) {
	raw, _ := base64.StdEncoding.DecodeString(aws.ToString(i.data.UserData)) // checked when the template was made
	i.guest = &Guest{cloud: c, session: c.NewSession(i.id), i: i, userData: raw}
	for _, fn := range c.boots {
		c.notes = append(c.notes, func() { fn(i.guest) })
	}
}

// stopGuest ends everything that runs on the instance, in the order it was registered.
func (c *Cloud) stopGuest(i *instance) {
	g := i.guest
	if g == nil || g.stopped {
		return
	}
	g.stopped = true
	c.notes = append(c.notes, func() {
		c.mu.Lock()
		stops := g.stops
		c.mu.Unlock()
		for _, fn := range stops {
			fn()
		}
		g.session.dead.Store(true)
	})
}

// nudgeGuest tells the guest's watchers that the metadata has changed.
func (c *Cloud) nudgeGuest(i *instance) {
	if i.guest == nil || i.guest.stopped {
		return
	}
	c.notes = append(c.notes, i.guest.watchers...)
}

// Instance is the guest's instance id, UserData its user data, decoded.
func (g *Guest) Instance() string { return g.i.id }
func (g *Guest) UserData() []byte { return append([]byte(nil), g.userData...) }

// Role is the name of the instance profile, "" when there is none.
func (g *Guest) Role() string { return profileOf(g.i.data) }

// Publish sends to a topic with the instance's own role. An instance without a profile has no credentials at all
// (aws-facts 5).
func (g *Guest) Publish(topicARN string, body []byte) error {
	if g.Role() == "" {
		return apiError("NoCredentials", "instance %s has no instance profile: give the launch template one", g.i.id)
	}
	if g.session.dead.Load() {
		return apiError("Stopped", "instance %s does not run any more", g.i.id)
	}
	_, err := g.session.SNS().Publish(context.Background(), &sns.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String(string(body))})
	return err
}

// After calls fn after d unless the instance has stopped by then.
func (g *Guest) After(d time.Duration, fn func()) {
	g.cloud.After(d, "guest "+g.i.id, func() {
		g.cloud.mu.Lock()
		stopped := g.stopped
		g.cloud.mu.Unlock()
		if !stopped {
			fn()
		}
	})
}

// OnStop calls fn when the instance leaves running.
func (g *Guest) OnStop(fn func()) {
	g.cloud.mu.Lock()
	defer g.cloud.mu.Unlock()
	g.stops = append(g.stops, fn)
}

// OnChange calls fn when the instance's metadata may have changed (a notice, a lifecycle state), and when SetBoot is called.
func (g *Guest) OnChange(fn func()) {
	g.cloud.mu.Lock()
	defer g.cloud.mu.Unlock()
	g.watchers = append(g.watchers, fn)
}

// Serve says whether the application on the instance answers from now on. It is for clouds whose guests tell (Config.GuestsTell).
func (g *Guest) Serve(up bool) {
	g.cloud.mu.Lock()
	defer g.cloud.unlock()
	if up {
		g.cloud.answers(g.i)
	} else {
		g.i.appReady = false
	}
}

// Works says how many jobs run on the instance from now on. They are cut off where it ends before.
func (g *Guest) Works(jobs int) {
	g.cloud.mu.Lock()
	defer g.cloud.unlock()
	g.i.jobs = jobs
}

// SetBoot says how far the boot is, and nudges whoever watches the machine.
func (g *Guest) SetBoot(b Boot) {
	g.cloud.mu.Lock()
	defer g.cloud.unlock()
	g.boot = b
	g.cloud.nudgeGuest(g.i)
}

// Boot is what SetBoot said last.
func (g *Guest) Boot() Boot {
	g.cloud.mu.Lock()
	defer g.cloud.mu.Unlock()
	return g.boot
}

// CompleteHook is the instance completing its lifecycle action by itself (complete-lifecycle-action); result is CONTINUE or ABANDON. Where none waits for it,
// since it is no member, was attached, or the hook has ended, it fails as AWS does (Auto Scaling API, CompleteLifecycleAction: ValidationError).
func (g *Guest) CompleteHook(result string) error { return g.cloud.CompleteHook(g.i.id, result) }

// Member is the group whose member the instance is at this moment, as the Auto Scaling API and the tag aws:autoscaling:groupName tell it;
// false while it is in none.
func (g *Guest) Member() (group string, ok bool) {
	g.cloud.mu.Lock()
	defer g.cloud.mu.Unlock()
	return g.i.groupName(), g.i.group != nil
}

// StackMember tells whether CloudFormation takes the instance for a member of its stack's group, and so lets cfn-init and cfn-signal in that
// name no role (aws-facts 9 #3). What the group launched itself is one from the start; of what was attached Readings.StackTakesAttached tells.
func (g *Guest) StackMember() bool {
	g.cloud.mu.Lock()
	defer g.cloud.mu.Unlock()
	if g.i.group == nil {
		return false
	}
	m, after := g.i.group.member(g.i.id), g.cloud.cfg.Readings.StackTakesAttached
	return !m.attached || after >= 0 && !g.cloud.clock().Before(m.joined.Add(after))
}
