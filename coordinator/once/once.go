// Package once handles one event from files, as the original agent took its event and context: for real, or on a simulated cloud.
package once

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"autospotting/coordinator/config"
	"autospotting/coordinator/handle"
	"autospotting/pkg/cli"
)

// Handler makes what handles the event; it is called only for what needs one.
type Handler func(context.Context, *config.Options) (*handle.Handler, error)

// line is the command line.
type line struct {
	config.Options
	event, context, format string
	handler                Handler
}

// Command is the verb. Version is of the program.
func Command(version string, h Handler) cli.Command {
	s := line{Options: config.Options{Version: version}, handler: h}
	return cli.Command{Name: "once", Help: "handle one event from a file (- is stdin) and print what was done", Flags: s.flags,
		Run: func(ctx context.Context, _ []string, st cli.Streams) error { return s.run(ctx, st) }}
}

func (s *line) flags(fs *flag.FlagSet) error {
	fs.StringVar(&s.event, "event", "", "file with the event; - or nothing is standard input")
	fs.StringVar(&s.context, "context", "", "file with the Lambda context, for its request id")
	fs.StringVar(&s.format, "format", "text", "text or json")
	return s.Flags(fs, os.Getenv)
}

func (s *line) run(ctx context.Context, st cli.Streams) error {
	if err := cli.Format(s.format); err != nil {
		return err
	}
	name, payload, err := readEvent(s.event, st.In)
	if err != nil {
		return err
	}
	if ctx, err = withLambdaContext(ctx, s.context); err != nil {
		return err
	}
	outcomes, err := s.handle(ctx, name, payload)
	if err != nil {
		return err
	}
	return printOutcomes(outcomes, s.format, st)
}

func readEvent(file string, in io.Reader) (name string, payload []byte, err error) {
	if file == "" || file == "-" {
		payload, err = io.ReadAll(in)
		return "standard input", payload, err
	}
	payload, err = os.ReadFile(file)
	return file, payload, err
}

func withLambdaContext(ctx context.Context, file string) (context.Context, error) {
	if file == "" {
		return ctx, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var lc lambdacontext.LambdaContext
	if err := json.Unmarshal(b, &lc); err != nil {
		return nil, fmt.Errorf("context file %s: %w", file, err)
	}
	return lambdacontext.NewContext(ctx, &lc), nil
}

// handle decodes everything before it asks AWS for anything, so that what is malformed or of no interest needs no credentials.
func (s *line) handle(ctx context.Context, name string, payload []byte) ([]handle.Outcome, error) {
	b, err := handle.Split(payload)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	needed := b.Work
	for i, m := range b.Messages {
		if b.Work {
			continue
		}
		e, err := handle.Decode(m.Body, handle.Topics{})
		if err != nil {
			return nil, fmt.Errorf("%s: message %d (%s): %w", name, i+1, m.ID, err)
		}
		needed = needed || e.Kind != handle.Unrelated
	}
	h := &handle.Handler{Now: time.Now}
	if needed {
		if h, err = s.handler(ctx, &s.Options); err != nil {
			return nil, err
		}
	}
	q := &direct{h: h}
	h.Queues, h.Topics = q, handle.Topics{} // whoever hands us a file may say anything: no topic stands between
	return q.handle(ctx, b)
}

// direct stands for both queues: work is done at once, and a later look is only told.
type direct struct {
	h       *handle.Handler
	pending [][]byte
}

func (d *direct) Later(_ context.Context, _ []byte, _ time.Duration) error { return nil }

func (d *direct) Work(_ context.Context, _, _ string, body []byte) error {
	d.pending = append(d.pending, body)
	return nil
}

func (d *direct) handle(ctx context.Context, b handle.Batch) ([]handle.Outcome, error) {
	var outcomes []handle.Outcome
	if b.Work {
		for _, m := range b.Messages {
			d.pending = append(d.pending, m.Body)
		}
	} else {
		routed, errs := d.h.Route(ctx, b.Messages)
		if err := errors.Join(errs...); err != nil {
			return nil, fmt.Errorf("AWS was needed (credentials and region come from the environment; spotctl once --sim needs neither): %w", err)
		}
		outcomes = routed
	}
	for _, body := range d.pending {
		o, err := d.h.Reconcile(ctx, body)
		if err != nil {
			return nil, err
		}
		for _, n := range o.Notes {
			if n.Kind == "error" {
				return nil, fmt.Errorf("group %q: %s", n.Group, n.Text)
			}
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

func printOutcomes(outcomes []handle.Outcome, format string, st cli.Streams) error {
	if format == "json" {
		return json.NewEncoder(st.Out).Encode(map[string]any{"outcomes": outcomes})
	}
	for _, o := range outcomes {
		for _, n := range o.Notes {
			fmt.Fprintf(st.Out, "%-14s %-24s %-21s %s\n", n.Kind, n.Group, n.Instance, n.Text)
		}
		if !o.Look.IsZero() {
			fmt.Fprintf(st.Out, "%-14s %-24s %-21s at %s\n", "look again", o.ID, "", o.Look.UTC().Format(time.RFC3339))
		}
	}
	return nil
}
