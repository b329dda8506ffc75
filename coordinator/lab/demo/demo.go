// Package demo shows the product's main job on the simulated cloud: a group of on-demand instances becomes spot, one of
// them is interrupted and replaced, and the bill is compared.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/invariant"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
	"autospotting/pkg/cloudsim"
)

// Options of a demo.
type Options struct {
	Seed    int64
	Virtual bool   // in virtual time, with a model of spotd instead of the real process
	Spotd   string // path of the spotd binary, for real time
	// NoProbe: nobody asks the application whether it is up, and its owner has set no grace either: it is five minutes, longer than a notice.
	NoProbe bool
	// LoadBalancer puts the group behind one that checks its members.
	LoadBalancer bool
	// Timeline is where the story goes while it happens.
	Timeline io.Writer
}

const (
	group       = "web"
	targetGroup = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"
	denied      = "r5" // the family that the owner does not want
	// scale is seconds for minutes.
	scale = 60
	// limit bounds each act of the demo, in simulated time, beside the graces of those that are swapped.
	limit = 45 * time.Minute
	grace = 45 * time.Second
)

// grace is what the application is given to come up.
func (o Options) grace() time.Duration {
	if o.NoProbe {
		return settings.Defaults().Grace
	}
	return grace
}

func (o Options) limit() time.Duration { return limit + size*o.grace() }

// where is the owner's group, in words.
func (o Options) where() string {
	text := "behind a target group"
	if !o.LoadBalancer {
		text = "behind no load balancer"
	}
	if o.NoProbe {
		text += ", which nobody probes"
	}
	return text
}

// size is that of the group, and its MaxSize.
const size = 6

// show is one demo under way.
type show struct {
	opt     Options
	stage   *stage.Stage
	line    *timeline
	check   *invariant.Checker
	guests  guests
	result  Result
	noticed time.Time
	over    bool // the group is whole again
	minutes *minutes
	mu      sync.Mutex // of what told counts: several invocations may speak at once
}

// guests runs spotd for the instances that carry it.
type guests interface {
	boot(*cloudsim.Guest)
	stop()
}

// Run plays the demo to its end. It returns an error where it could not be played, or where a promise was broken.
func Run(ctx context.Context, opt Options) (Result, error) {
	s := &show{opt: opt, line: &timeline{out: opt.Timeline}}
	if err := s.open(); err != nil {
		return Result{}, err
	}
	defer s.stage.Cloud.Close()
	defer s.guests.stop()
	if err := s.play(ctx); err != nil {
		return s.result, err
	}
	return s.close()
}

func (s *show) open() error {
	release, err := s.releaseSums()
	if err != nil {
		return err
	}
	var balanced []string
	if s.opt.LoadBalancer {
		balanced = []string{targetGroup}
	}
	s.stage, err = stage.New(stage.Config{
		Cloud: cloudsim.Config{Seed: s.opt.Seed, Timing: cloudsim.Timing{BootMin: 20 * time.Second, BootMax: 30 * time.Second, AppStart: 10 * time.Second}},
		Group: cloudsim.GroupSpec{Name: group, Min: 2, Max: size, Desired: size, TargetGroups: balanced,
			Tags: map[string]string{"spot-enabled": "true", settings.Prefix + "disallowed-instance-types": denied + ".*"}},
		UserData:   []byte("#!/bin/sh\nsystemctl start web\n"),
		Defaults:   settings.Settings{Grace: s.opt.grace()},
		ReleaseURL: "https://releases.example.com/spotd",
		SHA256:     release,
		Tell:       s.told,
	})
	if err != nil {
		return err
	}
	s.line.cloud = s.stage.Cloud
	s.minutes = watchMinutes(s.stage.Cloud)
	s.check = invariant.Watch(s.stage.Cloud, group, func(name string) bool { return strings.HasPrefix(name, "coordinator") },
		func() (ledger.Record, error) { return s.stage.Record(group) }, 0)
	if s.opt.Virtual {
		s.guests = &models{stage: s.stage}
	} else if s.guests, err = newProcesses(s.stage, s.opt.Spotd); err != nil {
		return err
	}
	s.stage.Cloud.OnBoot(s.guests.boot)
	s.stage.Cloud.OnEvent(s.happened)
	s.result = Result{Desired: size, LowestReadyAfterNotice: size, Probed: !s.opt.NoProbe, LoadBalanced: s.opt.LoadBalancer, Seed: s.opt.Seed, Virtual: s.opt.Virtual}
	return nil
}

// play runs the acts: on-demand, swapped, interrupted, whole again.
func (s *show) play(ctx context.Context) error {
	run, stop := s.driver(ctx)
	defer stop()
	s.line.title("the owner's group: 6 × m5.large on demand " + s.opt.where() + ", tagged spot-enabled=true, no " + denied + ", MaxSize 6")
	if !run(func() bool { return s.stage.Cloud.Ready(group) == 6 }) {
		return errors.New("the group's own instances did not come up")
	}
	s.result.OnDemandBefore = s.stage.Serving(false)
	if !run(func() bool { return s.settled() && s.stage.Serving(true) == 6 }) {
		return s.stuck("not all instances became spot")
	}
	s.rest(run, 30*time.Second)
	s.line.title("all are spot; AWS takes one of them: two minutes")
	if err := s.interrupt(); err != nil {
		return err
	}
	if !run(func() bool {
		return s.interruptedGone() && s.settled() && s.stage.Cloud.Ready(group) == 6 && s.stage.Serving(true) == 6
	}) {
		return s.stuck("the group is not whole again")
	}
	s.rest(run, time.Minute)
	s.count()
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.line.title("the owner wants one on-demand: autospotting:keep-on-demand=1")
	if err := s.stage.Cloud.SetGroupTag(group, settings.Prefix+"keep-on-demand", "1"); err != nil {
		return err
	}
	if !run(func() bool { return s.settled() && s.stage.Serving(false) == 1 && s.stage.Serving(true) == 5 }) {
		return s.stuck("none went back to on-demand")
	}
	return nil
}

// rest lets simulated time pass.
func (s *show) rest(run func(func() bool) bool, d time.Duration) {
	end := s.stage.Cloud.Now().Add(d)
	s.stage.Cloud.After(d, "rest", func() {})
	run(func() bool { return !s.stage.Cloud.Now().Before(end) })
}

// driver returns what lets time pass until a condition holds, false if it does not within the limit.
func (s *show) driver(ctx context.Context) (run func(func() bool) bool, stop func()) {
	cloud := s.stage.Cloud
	if s.opt.Virtual {
		return func(done func() bool) bool {
			return cloud.RunWhile(func() bool { return ctx.Err() == nil && !done() }, cloud.Now().Add(s.opt.limit())) && ctx.Err() == nil
		}, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	finished := make(chan struct{})
	go func() { defer close(finished); cloud.RunRealtime(ctx, scale) }()
	return func(done func() bool) bool {
			until := cloud.Now().Add(s.opt.limit())
			for ctx.Err() == nil && cloud.Now().Before(until) {
				if done() {
					return true
				}
				time.Sleep(5 * time.Millisecond)
			}
			return false
		}, func() {
			cancel()
			<-finished
		}
}

func (s *show) stuck(what string) error {
	rec, _ := s.stage.Record(group)
	b, _ := rec.Encode()
	return fmt.Errorf("%s within %s (seed %d); the ledger says %s", what, s.opt.limit(), s.opt.Seed, b)
}

// settled tells whether nothing is under way.
func (s *show) settled() bool {
	rec, err := s.stage.Record(group)
	g, _ := s.stage.Cloud.Group(group)
	return err == nil && !rec.Open() && len(g.Members) == g.Desired
}

func (s *show) interrupt() error {
	g, _ := s.stage.Cloud.Group(group)
	m := g.Members[rand.New(rand.NewPCG(uint64(s.opt.Seed), 1)).IntN(len(g.Members))]
	s.mu.Lock()
	s.noticed = s.stage.Cloud.Now()
	s.result.Interruptions++
	s.mu.Unlock()
	return s.stage.Cloud.Interrupt(m.ID, "terminate")
}

func (s *show) interruptedGone() bool {
	return !slices.ContainsFunc(s.stage.Cloud.Instances(), func(i cloudsim.InstanceView) bool {
		return !i.NoticeAt.IsZero() && i.State != "terminated"
	})
}

// told hears what the coordinator says of itself.
func (s *show) told(n handle.Note) {
	s.line.note(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.Kind == "why" && n.Text == "spotd says ready" {
		s.result.SpotdReady++
	}
	if n.Kind == string(decide.LaunchOne) && n.Result != nil && !s.noticed.IsZero() && s.result.NoticeToRequestMS == 0 {
		s.result.NoticeToRequestMS = max(n.At.Sub(s.noticed).Milliseconds(), 1)
	}
}

func (s *show) happened(e cloudsim.Event) {
	s.line.event(e)
	ready := s.stage.Cloud.Ready(group)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.noticed.IsZero() && !s.over {
		s.result.LowestReadyAfterNotice = min(s.result.LowestReadyAfterNotice, ready)
	}
}
