// Package daemon is spotd at work: it watches, says what there is to say, and runs what has to
// happen before the instance goes.
package daemon

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/rs/zerolog"

	"autospotting/pkg/message"
	"autospotting/spotd/config"
	"autospotting/spotd/endpoints"
	"autospotting/spotd/handlers"
	"autospotting/spotd/hook"
	"autospotting/spotd/metrics"
	"autospotting/spotd/notify"
	"autospotting/spotd/outbox"
	"autospotting/spotd/root"
	"autospotting/spotd/watch"
)

// drain bounds how long a stopping daemon goes on delivering. Reports are on
// disk, and a service manager kills after a while (systemd: 90 s), so this is
// only for what is already on its way.
const drain = 5 * time.Second

// trustsNobody has handlers looked at before they run: Windows has no account without rights to run them as.
const trustsNobody = runtime.GOOS == "windows"

// Daemon is one run of spotd.
type Daemon struct {
	Config    config.Config
	Reader    watch.Reader
	Keys      aws.CredentialsProvider
	Transport http.RoundTripper // to AWS's endpoints
	// Tidies makes it give memory back, as a process of its own.
	Tidies bool
	// Prefix is where tests put the files by which the machine tells how its boot goes.
	Prefix string

	log       zerolog.Logger
	publisher outbox.Publisher
	manager   *notify.Socket
	stats     *metrics.Stats
}

// New wires the daemon to the services; nil transports are the network.
func New(c config.Config, log zerolog.Logger, metadata, network http.RoundTripper) Daemon {
	if network == nil {
		network = endpoints.NewTransport()
	}
	// A client of its own: a request for keys that hangs must not hold up a look.
	keys := endpoints.NewCredentials(watch.NewClient(metadata, c.Metadata), log)
	network = endpoints.Renewing{Transport: network, Keys: keys}
	return Daemon{
		Config: c, Prefix: os.Getenv("SPOTD_PREFIX"), log: log, Reader: watch.Reader{Client: watch.NewClient(metadata, c.Metadata)}, Keys: keys, Transport: network,
		publisher: endpoints.NewTopic(c, keys, network), manager: notify.FromEnv(os.Getenv), stats: &metrics.Stats{},
	}
}

// Run watches and reports until ctx ends. It has no other way to end: whatever
// fails is tried again. Only as long as nothing was ever read the watchdog is not petted: then a
// process that starts anew is the last thing to try.
func (d Daemon) Run(ctx context.Context) {
	defer d.manager.Stopping()
	defer metrics.Listen(d.Config.Listen, d.stats, d.Config.Poll, d.log)()
	d.manager.Status("waiting for the metadata")
	d.manager.Ready() // not later: a boot must not wait for a metadata service that does not answer
	outage := &gap{log: d.log, stats: d.stats}
	id, err := d.Reader.Identify(ctx, d.Config.Group, d.Config.Poll, func(err error) { outage.saw(err) })
	if err != nil {
		return
	}
	outage.saw(nil)
	for another := true; another; {
		id, another = d.live(ctx, id, outage)
	}
}

// live is one life of the instance: from its launch, or from when it runs again. It
// ends with ctx, or with the identity of the next life.
func (d Daemon) live(ctx context.Context, id watch.Identity, outage *gap) (watch.Identity, bool) {
	log := d.log.With().Str("instance", id.From.Instance).Str("group", id.From.Group).Logger()
	log.Info().Str("zone", id.From.Zone).Str("type", id.From.Type).Str("lifecycle", id.From.Lifecycle).
		Time("pending_time", id.PendingTime).Bool("signed", id.Proof.Signature != "").Msg("watching")
	l := d.newLife(ctx, log, id, outage)
	for l.sleep(ctx, l.look(ctx)) {
	}
	if ctx.Err() != nil {
		l.end()
		log.Info().Msg("stopping")
		return id, false
	}
	l.forget()
	return l.next, true
}

// newDeparture wires what happens before the instance goes.
func (d Daemon) newDeparture(log zerolog.Logger, from message.Source) *departure {
	leaving := newDeparture(log)
	leaving.runners = []func(context.Context, handlers.Event) handlers.Result{
		handlers.Runner{Dir: d.Config.Handlers, Timeout: d.Config.HandlerTimeout, Trusted: trustsNobody, Log: log}.Run,
		root.Handlers(d.Config, log),
	}
	if d.Config.LifecycleHook != "" {
		leaving.hook = &hook.Hook{
			Calls: endpoints.HookCalls(cmp.Or(from.Region, d.Config.Region()), d.Keys, d.Transport),
			Name:  d.Config.LifecycleHook, Group: from.Group, Instance: from.Instance, Log: log,
		}
	}
	return leaving
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

// gap logs the beginning and the end of a metadata outage, not each poll of it,
// and measures it.
type gap struct {
	log   zerolog.Logger
	stats *metrics.Stats
	since time.Time
}

// lasts says that the last look was not answered.
func (g *gap) lasts() bool { return !g.since.IsZero() }

// saw returns how long the gap was that ends with this look; zero if none does.
func (g *gap) saw(err error) time.Duration {
	g.stats.Look(time.Now(), err)
	switch {
	case err != nil && g.since.IsZero():
		g.since = time.Now()
		g.log.Warn().Err(err).Msg("metadata does not answer, trying again")
	case err == nil && !g.since.IsZero():
		took := time.Since(g.since)
		g.since = time.Time{}
		g.stats.Gap(took)
		g.log.Info().Dur("gap_ms", took).Msg("metadata answers again")
		return took
	}
	return 0
}

// StateDir prefers what systemd assigned (StateDirectory=, the first of a list)
// to the flag.
func StateDir(flag string) string {
	first, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), string(filepath.ListSeparator))
	return cmp.Or(first, flag)
}
