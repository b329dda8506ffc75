// Package command holds those commands of spotctl that need no installation of ours: what would be done, what it would
// save, what it looks like, and user data by hand.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/rs/zerolog"

	"autospotting/coordinator/config"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/offline"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/ledger/dynamo"
	"autospotting/coordinator/plan"
	"autospotting/pkg/cli"
)

// planFlags are those of what a run goes by, and the command's own.
type planFlags struct {
	config.Options
	names  []string
	files  offline.Files
	now    time.Time
	format string
}

func (p *planFlags) define(fs *flag.FlagSet) error {
	fs.Func("group", "`NAME`: only this group; may be given several times", func(v string) error { p.names = append(p.names, v); return nil })
	fs.StringVar(&p.files.Groups, "groups", "", "offline: what aws autoscaling describe-auto-scaling-groups prints")
	fs.StringVar(&p.files.Instances, "instances", "", "offline: what aws ec2 describe-instances prints")
	fs.StringVar(&p.files.Images, "images", "", "offline: what aws ec2 describe-images prints")
	fs.StringVar(&p.files.Types, "types", "", "offline: what aws ec2 describe-instance-types prints, or one JSON object a line")
	fs.Func("prices", "`FILE`, offline: what aws ec2 describe-spot-price-history prints, or a CSV of spot or on-demand prices; may be given several times",
		func(v string) error { p.files.Prices = append(p.files.Prices, v); return nil })
	fs.Func("now", "`TIME`, offline: the one to plan for, such as 2026-11-25T12:00:00Z (default: now)", func(v string) (err error) {
		if p.now, err = time.Parse(time.RFC3339, v); err != nil {
			return fmt.Errorf("%q is no time: write 2026-11-25T12:00:00Z", v)
		}
		return nil
	})
	fs.StringVar(&p.format, "format", "text", "text or json")
	return p.Flags(fs, os.Getenv)
}

func (p *planFlags) check() error {
	if err := cli.Format(p.format); err != nil {
		return err
	}
	offlineFile := p.files.Instances != "" || p.files.Images != "" || p.files.Types != "" || len(p.files.Prices) > 0
	switch {
	case p.files.Groups == "" && offlineFile:
		return fmt.Errorf("%w: --groups is needed with the other files: give the output of aws autoscaling describe-auto-scaling-groups", cli.ErrUsage)
	case p.files.Groups != "" && p.files.Instances == "":
		return fmt.Errorf("%w: --instances is needed with --groups: give the output of aws ec2 describe-instances", cli.ErrUsage)
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

// Plan tells what would be done now and why, with read-only rights, or from files. Version is of the program.
func Plan(version string) cli.Command {
	p := planFlags{Options: config.Options{Version: version}}
	return cli.Command{Name: "plan", Help: "what would be done now and why, with read-only rights, or from files", Flags: p.define,
		Run: func(ctx context.Context, _ []string, st cli.Streams) error { return p.run(ctx, st) }}
}

func (p *planFlags) run(ctx context.Context, st cli.Streams) (err error) {
	if err := p.check(); err != nil {
		return err
	}
	var groups []plan.Group
	if p.files.Groups != "" {
		groups, err = p.offline()
	} else {
		groups, err = p.live(ctx)
	}
	if err != nil {
		return err
	}
	if p.format == "json" {
		return cli.Document(st.Out, map[string]any{"groups": groups})
	}
	return plan.Text(st.Out, groups)
}

func (p *planFlags) offline() ([]plan.Group, error) {
	scope, err := p.Scope()
	if err != nil {
		return nil, err
	}
	worlds, err := offline.Worlds(p.files, scope, p.Defaults, p.now)
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
	return out, p.missing(out)
}

func (p *planFlags) missing(have []plan.Group) error {
	for _, name := range p.names {
		if !slices.ContainsFunc(have, func(g plan.Group) bool { return g.Name == name }) {
			return fmt.Errorf("--group %s: %s has no such group", name, p.files.Groups)
		}
	}
	return nil
}

// live only reads: what it observes is what a run would observe, but for the rehearsal of a launch, which read-only rights
// would be refused for.
func (p *planFlags) live(ctx context.Context) ([]plan.Group, error) {
	c, _, err := p.Clients(ctx)
	if err != nil {
		return nil, err
	}
	c.Inspector = nil
	c.DynamoDB = reading{c.DynamoDB}
	h, err := p.Handler(c, time.Now, zerolog.Nop())
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

// reading is the ledger's table for who writes nothing: what a run would keep for later is not kept.
type reading struct{ dynamo.API }

func (reading) PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return nil, errors.New("a plan writes nothing")
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
