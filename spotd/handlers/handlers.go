// Package handlers runs the owner's programs before the instance goes, one
// after the other, each for as long as its time and the instance's allow.
package handlers

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"autospotting/spotd/proc"
)

const (
	// reserve is kept free before the deadline: the time between SIGTERM and
	// SIGKILL of the last handler, and what comes after the handlers.
	reserve = 5 * time.Second
	// patience is the time between SIGTERM and SIGKILL.
	patience = 3 * time.Second
)

// The kinds of an event by which the coordinator asks for a drain, and takes that back: the instance stays, and is to take work again.
const (
	Drain   = "drain"
	Undrain = "undrain"
)

// Event is why handlers run. Times are UTC.
type Event struct {
	// Kind is terminating for a notice of AWS, and terminated where the group
	// takes the instance out; Drain or Undrain where the coordinator asks.
	Kind string `json:"kind"`
	// Action is terminate, stop or hibernate.
	Action string `json:"action"`
	// Deadline is when it happens; zero where nobody says.
	Deadline time.Time `json:"deadline,omitzero"`
	// Until is the same by the clock of this machine, which may be wrong; zero where
	// that is Deadline.
	Until    time.Time `json:"until,omitzero"`
	Instance string    `json:"instance"`
	Group    string    `json:"group"`
}

func (e Event) end() time.Time {
	if e.Until.IsZero() {
		return e.Deadline
	}
	return e.Until
}

// Runner runs the programs of one directory.
type Runner struct {
	Dir string
	// Timeout bounds one handler, so that one that hangs leaves time for the next.
	Timeout time.Duration
	// Trusted refuses programs that anyone but root and the current user could
	// change (on Windows: but SYSTEM and the Administrators): for handlers that run with more
	// rights than who calls for them.
	Trusted bool
	Log     zerolog.Logger
}

// Result counts.
type Result struct{ Ran, Failed int }

// Run runs every handler. A failure is logged and does not keep the next from
// running. It returns in time: at the event's end less a reserve all is
// over, also where ctx lives longer. No directory, or an empty one, is nothing to do.
func (r Runner) Run(ctx context.Context, e Event) Result {
	var result Result
	paths, err := proc.Programs(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return result
	}
	if err != nil {
		r.Log.Error().Err(err).Msg("handlers cannot be read")
		result.Failed++
	}
	if end := e.end(); !end.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-reserve))
		defer cancel()
	}
	for _, path := range paths {
		result.Ran++
		if err := r.one(ctx, path, e); err != nil {
			result.Failed++
		}
	}
	return result
}

func (r Runner) one(ctx context.Context, path string, e Event) error {
	ctx, cancel := context.WithTimeout(ctx, r.most(e))
	defer cancel()
	log := r.Log.With().Str("handler", filepath.Base(path)).Logger()
	if err := ctx.Err(); err != nil {
		log.Error().Err(err).Msg("handler not run, no time left")
		return err
	}
	if r.Trusted {
		if err := trusted(path); err != nil {
			log.Error().Err(err).Msg("handler not run")
			return err
		}
	}
	began := time.Now()
	log.Info().Str("event", e.Kind).Msg("handler begins")
	err := proc.Run(ctx, proc.Program{
		Path: path, Args: Arguments(e), Env: Environment(e, time.Now(), deadline(ctx)), Patience: patience,
		Output: func(line string) { log.Info().Msg(line) },
	})
	took := time.Since(began)
	if err != nil {
		log.Error().Err(err).Dur("took_ms", took).Msg("handler failed")
		return err
	}
	log.Info().Dur("took_ms", took).Msg("handler done")
	return nil
}

// most is how long one handler may take: of a drain, whose time the coordinator set, all that is left of it.
func (r Runner) most(e Event) time.Duration {
	if e.Kind == Drain {
		return max(r.Timeout, time.Until(e.end()))
	}
	return r.Timeout
}

func deadline(ctx context.Context) time.Time {
	t, _ := ctx.Deadline()
	return t
}

// Arguments is what a handler is called with: the kind, the instance, and the
// deadline in RFC 3339, empty if there is none.
func Arguments(e Event) []string { return []string{e.Kind, e.Instance, stamp(e.Deadline)} }

// Environment is what a handler finds in its environment. SPOTD_SECONDS is how
// long it may take until it is stopped.
func Environment(e Event, now, until time.Time) []string {
	return []string{
		"SPOTD_EVENT=" + e.Kind,
		"SPOTD_ACTION=" + e.Action,
		"SPOTD_DEADLINE=" + stamp(e.Deadline),
		"SPOTD_SECONDS=" + strconv.Itoa(int(max(0, until.Sub(now)).Seconds())),
		"SPOTD_INSTANCE=" + e.Instance,
		"SPOTD_GROUP=" + e.Group,
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// trusted refuses a program, or a directory of it, that others may write.
func trusted(path string) error {
	for _, p := range []string{path, filepath.Dir(path)} {
		if err := others(p); err != nil {
			return err
		}
	}
	return nil
}
