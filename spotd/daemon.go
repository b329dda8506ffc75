package main

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
	"autospotting/spotd/outbox"
	"autospotting/spotd/watch"
)

// drain bounds how long a stopping daemon goes on delivering. Reports are on
// disk, and a service manager kills after a while (systemd: 90 s), so this is
// only for what is already on its way.
const drain = 5 * time.Second

// daemon is one run of spotd.
type daemon struct {
	config    config
	log       zerolog.Logger
	reader    watch.Reader
	publisher outbox.Publisher
}

// newDaemon wires the daemon to the two services; nil transports are the network.
func newDaemon(c config, log zerolog.Logger, metadata, topic http.RoundTripper) daemon {
	client := watch.NewClient(metadata)
	return daemon{config: c, log: log, reader: watch.Reader{Client: client}, publisher: newTopic(c, client, topic)}
}

// run watches and reports until ctx ends. It has no other way to end: whatever
// fails is tried again.
func (d daemon) run(ctx context.Context) {
	outage := gap{log: d.log}
	id, err := d.reader.Identify(ctx, d.config.Group, d.config.Poll, func(err error) { outage.saw(err) })
	if err != nil {
		return
	}
	outage.saw(nil)
	log := d.log.With().Str("instance", id.From.Instance).Str("group", id.From.Group).Logger()
	log.Info().Str("zone", id.From.Zone).Str("type", id.From.Type).Str("lifecycle", id.From.Lifecycle).
		Time("pending_time", id.PendingTime).Bool("signed", id.Proof.Signature != "").Msg("watching")

	box := outbox.Open(outbox.Dir(stateDir(d.config.StateDir), id.From.Instance, id.PendingTime), d.publisher, log)
	defer box.Close(drain)
	machine := watch.New(watch.Settings{Grace: d.config.Grace, Poll: d.config.Poll}, id, watch.Restored{Said: box.Said()})
	for sleep(ctx, d.look(ctx, machine, box, log, &outage)) {
	}
	log.Info().Msg("stopping")
}

// look takes one look, puts what is new into the outbox, and returns how long to
// sleep.
func (d daemon) look(ctx context.Context, m *watch.Machine, box *outbox.Outbox, log zerolog.Logger, outage *gap) time.Duration {
	began := time.Now()
	o, err := d.reader.Observe(ctx)
	if ctx.Err() != nil {
		return 0
	}
	outage.saw(err)
	for _, r := range m.Step(time.Now(), o) {
		reporting(log, r)
		box.Put(watch.Key(r), r)
	}
	for _, note := range m.Notes() {
		log.Warn().Msg(note)
	}
	return time.Until(m.Next(began))
}

func reporting(log zerolog.Logger, r message.Report) {
	line := log.Info().Str("kind", string(r.Kind)).Str("msg_id", r.ID)
	if r.Action != "" {
		line = line.Str("action", r.Action)
	}
	if !r.Deadline.IsZero() {
		line = line.Time("deadline", r.Deadline).Dur("deadline_ms", r.Deadline.Sub(r.At))
	}
	if r.Detail != "" {
		line = line.Str("detail", r.Detail)
	}
	line.Msg("reporting")
}

// sleep reports whether the time passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return ctx.Err() == nil
	}
}

// gap logs the beginning and the end of a metadata outage, not each poll of it.
type gap struct {
	log   zerolog.Logger
	since time.Time
}

func (g *gap) saw(err error) {
	switch {
	case err != nil && g.since.IsZero():
		g.since = time.Now()
		g.log.Warn().Err(err).Msg("metadata does not answer, trying again")
	case err == nil && !g.since.IsZero():
		g.log.Info().Dur("gap_ms", time.Since(g.since)).Msg("metadata answers again")
		g.since = time.Time{}
	}
}

// stateDir prefers what systemd assigned (StateDirectory=, the first of a list)
// to the flag.
func stateDir(flag string) string {
	first, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), string(filepath.ListSeparator))
	return cmp.Or(first, flag)
}
