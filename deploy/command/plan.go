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

	"autospotting/coordinator/act"
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
	for _, f := range []struct {
		name, what string
		to         *[]string
	}{
		{"groups", "aws autoscaling describe-auto-scaling-groups prints", &p.files.Groups},
		{"instances", "aws ec2 describe-instances prints", &p.files.Instances},
		{"images", "aws ec2 describe-images prints", &p.files.Images},
		{"hooks", "aws autoscaling describe-lifecycle-hooks prints of a group", &p.files.Hooks},
		{"template-versions", "aws ec2 describe-launch-template-versions prints", &p.files.TemplateVersions},
		{"launch-configurations", "aws autoscaling describe-launch-configurations prints", &p.files.Configurations},
		{"types", "aws ec2 describe-instance-types prints, or one JSON object a line", &p.files.Types},
		{"prices", "aws ec2 describe-spot-price-history prints, or a CSV of spot or on-demand prices", &p.files.Prices},
	} {
		fs.Func(f.name, "`FILE`, offline: what "+f.what+"; may be given several times", func(v string) error { *f.to = append(*f.to, v); return nil })
	}
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
	f := p.files
	others := slices.Concat(f.Instances, f.Images, f.Hooks, f.TemplateVersions, f.Configurations, f.Types, f.Prices)
	switch {
	case !f.Given() && len(others) > 0:
		return fmt.Errorf("%w: --groups is needed with the other files: give the output of aws autoscaling describe-auto-scaling-groups", cli.ErrUsage)
	case len(f.Groups) > 0 && len(f.Instances)+len(f.Any) == 0:
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
	return cli.Command{Name: "plan", Args: "[FILE…]", Help: "what would be done now and why, with read-only rights, or from files", Flags: p.define, More: planMore,
		Run: func(ctx context.Context, files []string, st cli.Streams) error {
			p.files.Any = files
			return p.run(ctx, st)
		}}
}

const planMore = `From files: what the AWS CLI prints, as JSON or YAML, with or without --query, UTF-8 or UTF-16 (Windows PowerShell). Groups and instances
are needed. Each FILE, and each file of a flag, is known by its content. Beside what the flags name are read: what aws autoscaling prints
of describe-instance-refreshes, describe-scaling-activities and describe-auto-scaling-instances; aws ec2 of describe-subnets,
describe-placement-groups, describe-instance-type-offerings, describe-spot-instance-requests, describe-instance-status and
describe-instance-attribute --attribute disableApiTermination; aws cloudformation of describe-stacks; aws events of list-rules; aws service-quotas of list-service-quotas --service-code ec2.
A group that cannot be planned has the status failed and the reason; the others are shown. The exit code then is 1.`

func (p *planFlags) run(ctx context.Context, st cli.Streams) (err error) {
	if err := p.check(); err != nil {
		return err
	}
	var groups []plan.Group
	if p.files.Given() {
		groups, err = p.offline()
	} else {
		groups, err = p.live(ctx)
	}
	if err != nil {
		return err
	}
	if p.format == "json" {
		err = cli.Document(st.Out, map[string]any{"groups": groups})
	} else {
		err = plan.Text(st.Out, groups)
	}
	if err != nil {
		return err
	}
	return failures(groups)
}

// failures is an error where a group could not be planned; the plan has said why.
func failures(groups []plan.Group) error {
	var names []string
	for _, g := range groups {
		if g.Status == plan.Failed {
			names = append(names, g.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d groups could not be planned: %s: the plan says why of each", len(names), len(groups), strings.Join(names, ", "))
}

func (p *planFlags) offline() ([]plan.Group, error) {
	c, err := p.Actor(func() time.Time { return p.now })
	if err != nil {
		return nil, err
	}
	worlds, err := offline.Worlds(p.files, c, p.wants)
	if err != nil {
		return nil, err
	}
	out := make([]plan.Group, len(worlds))
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(worlds)); i = next.Add(1) - 1 {
				if w := worlds[i]; w.Err != nil {
					out[i] = plan.NotPlanned(w.Group.Name, w.Err)
				} else {
					out[i] = plan.Of(w.World, w.Assumed)
				}
			}
		})
	}
	all.Wait()
	return out, p.missing(out)
}

func (p *planFlags) missing(have []plan.Group) error {
	for _, name := range p.names {
		if !slices.ContainsFunc(have, func(g plan.Group) bool { return g.Name == name }) {
			return fmt.Errorf("--group %s: %s has no such group", name, strings.Join(slices.Concat(p.files.Groups, p.files.Any), ", "))
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
	if a, ok := h.Actor.(*act.Actor); ok { // what a group with nothing to do could have is seen in a plan from files too
		a.Thorough = true
	}
	names := p.names
	if len(names) == 0 {
		if names, err = h.Groups.Enabled(ctx); err != nil {
			return nil, err
		}
	}
	out := []plan.Group{}
	var failed []error
	for _, name := range names {
		g, err := planGroup(ctx, h, name)
		if err != nil {
			g, failed = plan.NotPlanned(name, err), append(failed, err)
		}
		out = append(out, g)
	}
	if len(failed) > 0 && len(failed) == len(names) { // what keeps all of them from being read is no matter of a group
		return nil, failed[0]
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
