package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/offline"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/plan"
)

// planFlags are the command's own.
type planFlags struct {
	names  []string
	files  offline.Files
	now    time.Time
	format string
}

func (p *planFlags) define(fs *flag.FlagSet) {
	fs.Func("group", "only this group; may be given several times", func(v string) error { p.names = append(p.names, v); return nil })
	fs.StringVar(&p.files.Groups, "groups", "", "offline: what aws autoscaling describe-auto-scaling-groups prints")
	fs.StringVar(&p.files.Instances, "instances", "", "offline: what aws ec2 describe-instances prints")
	fs.StringVar(&p.files.Images, "images", "", "offline: what aws ec2 describe-images prints")
	fs.StringVar(&p.files.Types, "types", "", "offline: what aws ec2 describe-instance-types prints, or one JSON object a line")
	fs.Func("prices", "offline: what aws ec2 describe-spot-price-history prints, or a CSV of spot or on-demand prices; may be given several times",
		func(v string) error { p.files.Prices = append(p.files.Prices, v); return nil })
	fs.Func("now", "offline: the time to plan for, such as 2026-11-25T12:00:00Z (default: now)", func(v string) (err error) {
		if p.now, err = time.Parse(time.RFC3339, v); err != nil {
			return fmt.Errorf("%q is no time: write 2026-11-25T12:00:00Z", v)
		}
		return nil
	})
	fs.StringVar(&p.format, "format", "text", "text or json")
}

func (p *planFlags) check() error {
	offlineFile := p.files.Instances != "" || p.files.Images != "" || p.files.Types != "" || len(p.files.Prices) > 0
	switch {
	case p.format != "text" && p.format != "json":
		return fmt.Errorf("%w: --format %q: write text or json", errUsage, p.format)
	case p.files.Groups == "" && offlineFile:
		return fmt.Errorf("%w: --groups is needed with the other files: give the output of aws autoscaling describe-auto-scaling-groups", errUsage)
	case p.files.Groups != "" && p.files.Instances == "":
		return fmt.Errorf("%w: --instances is needed with --groups: give the output of aws ec2 describe-instances", errUsage)
	}
	if p.now.IsZero() {
		p.now = time.Now()
	}
	return nil
}

// wants tells whether the group is among those asked for.
func (p *planFlags) wants(name string) bool {
	return len(p.names) == 0 || slices.Contains(p.names, name)
}

func runPlan(ctx context.Context, args []string, st streams) error {
	var p planFlags
	s, err := readSettings("plan", args, st, p.define)
	if err != nil {
		return err
	}
	if err := p.check(); err != nil {
		return err
	}
	var groups []plan.Group
	if p.files.Groups != "" {
		groups, err = s.planOffline(p)
	} else {
		groups, err = s.planLive(ctx, p)
	}
	if err != nil {
		return err
	}
	if p.format == "json" {
		return printJSON(st.out, map[string]any{"groups": groups})
	}
	return plan.Text(st.out, groups)
}

func (s options) planOffline(p planFlags) ([]plan.Group, error) {
	scope, err := s.scopeOf()
	if err != nil {
		return nil, err
	}
	worlds, err := offline.Worlds(p.files, scope, s.defaults, p.now)
	if err != nil {
		return nil, err
	}
	worlds = slices.DeleteFunc(worlds, func(w offline.World) bool { return !p.wants(w.Group.Name) })
	out := make([]plan.Group, len(worlds))
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(worlds)); i = next.Add(1) - 1 {
				out[i] = plan.Of(worlds[i].World, worlds[i].Assumed)
			}
		})
	}
	all.Wait()
	return out, missing(p, out)
}

func missing(p planFlags, have []plan.Group) error {
	for _, name := range p.names {
		if !slices.ContainsFunc(have, func(g plan.Group) bool { return g.Name == name }) {
			return fmt.Errorf("--group %s: %s has no such group", name, p.files.Groups)
		}
	}
	return nil
}

// planLive only reads: what it observes is what a run would observe, but for the rehearsal of a launch, which read-only rights
// would be refused for.
func (s *options) planLive(ctx context.Context, p planFlags) ([]plan.Group, error) {
	c, _, err := s.realClients(ctx)
	if err != nil {
		return nil, err
	}
	c.Inspector = nil
	h, err := s.handler(c, time.Now, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	names := p.names
	if len(names) == 0 {
		if names, err = h.Groups.Enabled(ctx); err != nil {
			return nil, err
		}
	}
	out := []plan.Group{}
	for _, name := range names {
		g, err := planGroup(ctx, h, name)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

func planGroup(ctx context.Context, h *handle.Handler, name string) (plan.Group, error) {
	var assumed []string
	rec, err := h.Ledger.Get(ctx, name)
	if err != nil { // not installed yet, or not allowed to read it
		rec = ledger.Record{Group: name}
		assumed = append(assumed, "nothing is under way, since the ledger cannot be read: "+innermost(err))
	}
	w, err := h.Actor.Observe(ctx, name, rec, nil)
	if err != nil {
		return plan.Group{}, err
	}
	return plan.Of(w, assumed), nil
}

// innermost is the last part of an error's text, which says why.
func innermost(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return strings.TrimSpace(err.Error())
}
