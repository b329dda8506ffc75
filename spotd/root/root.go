// Package root runs the handlers that need root: in the daemon where it has the rights, else in
// a unit of their own.
package root

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/message"
	"autospotting/spotd/config"
	"autospotting/spotd/handlers"
	"autospotting/spotd/proc"
)

// Where the daemon and the unit that runs handlers as root meet. Each writes only
// below its own RuntimeDirectory, so that neither can be led astray by the
// other's links.
const (
	eventFile = "terminating.json" // below $RUNTIME_DIRECTORY of the daemon
	rootDone  = "/run/spotd-handlers/done"
	Path      = "/run/spotd/" + eventFile // where the path unit waits for it

	drainFile = "drain.json" // the same for drains, of which there may be several: the unit takes it away
	drainDone = "/run/spotd-drain/done"
	DrainPath = "/run/spotd/" + drainFile
)

// Handlers returns who runs the handlers that need root: this process where it
// has the rights, else the unit.
func Handlers(c config.Config, log zerolog.Logger) func(context.Context, handlers.Event) handlers.Result {
	return runner(c, log, c.RootHandlers, unit{eventFile, func(handlers.Event) (int, bool) {
		_, err := os.Stat(rootDone)
		return 0, err == nil
	}})
}

// DrainHandlers does so for the handlers that drain.
func DrainHandlers(c config.Config, log zerolog.Logger) func(context.Context, handlers.Event) handlers.Result {
	return runner(c, log, c.RootDrainHandlers, unit{drainFile, func(e handlers.Event) (failed int, done bool) {
		text, err := os.ReadFile(drainDone)
		count, of, _ := strings.Cut(string(text), " ")
		failed, notNumber := strconv.Atoi(count)
		return failed, err == nil && notNumber == nil && of == mark(e)
	}})
}

// mark tells one event of a drain from another.
func mark(e handlers.Event) string { return e.Kind + " " + e.Deadline.UTC().Format(time.RFC3339) }

func runner(c config.Config, log zerolog.Logger, dir string, u unit) func(context.Context, handlers.Event) handlers.Result {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		return handlers.Runner{Dir: dir, Timeout: c.HandlerTimeout, Trusted: true, Log: log}.Run
	}
	return u.asks(c, log, dir)
}

// unit is one that runs handlers as root.
type unit struct {
	file string                                       // by which it is asked
	done func(handlers.Event) (failed int, done bool) // whether it has run them for that event, and how many failed
}

// unlisted is how long the unit is waited for at most where the daemon may not see
// how many handlers there are.
const unlisted = 10 * time.Minute

// asks asks the unit also where the directory is closed to the daemon's account,
// which is how root's directories often are: the unit can read it.
func (u unit) asks(c config.Config, log zerolog.Logger, dir string) func(context.Context, handlers.Event) handlers.Result {
	return func(ctx context.Context, e handlers.Event) handlers.Result {
		paths, err := proc.Programs(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return handlers.Result{}
		}
		count, most := len(paths), time.Duration(len(paths))*c.HandlerTimeout
		if err != nil {
			log.Warn().Err(err).Str("dir", dir).Msg("root handlers cannot be listed, asking for them all the same")
			count, most = 1, max(unlisted, c.HandlerTimeout)
		}
		if e.Kind == handlers.Drain {
			most = max(most, time.Until(e.Deadline))
		}
		failed, err := u.ask(ctx, e, most)
		if err != nil {
			log.Error().Err(err).Str("dir", dir).Msg("root handlers have not run to their end")
			return handlers.Result{Ran: count, Failed: count}
		}
		return handlers.Result{Ran: count, Failed: failed}
	}
}

// ask writes the event where the path unit waits for it, and waits for
// the end of what that starts.
func (u unit) ask(ctx context.Context, e handlers.Event, most time.Duration) (failed int, err error) {
	dir := os.Getenv("RUNTIME_DIRECTORY")
	if dir == "" {
		return 0, errors.New("not root, and not run by the unit of spotd install: no one to ask")
	}
	body, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	half := filepath.Join(dir, u.file+".half")
	if err := os.WriteFile(half, body, 0o600); err != nil {
		return 0, err
	}
	if err := os.Rename(half, filepath.Join(dir, u.file)); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		if failed, done := u.done(e); done {
			return failed, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Handle is the verb of the root unit. What the daemon wrote is checked
// before it reaches a program.
func Handle(c config.Config, _ io.Writer) error {
	e, err := readEvent(Path, "terminating", "terminated")
	if err != nil {
		return err
	}
	run(c, c.RootHandlers, e)
	return os.WriteFile(rootDone, nil, 0o644)
}

// HandleDrain is that of the unit for drains. The event is taken away first, so that the next one starts the unit again.
func HandleDrain(c config.Config, _ io.Writer) error {
	e, err := readEvent(DrainPath, handlers.Drain, handlers.Undrain)
	if err := errors.Join(err, os.Remove(DrainPath)); err != nil {
		return err
	}
	got := run(c, c.RootDrainHandlers, e)
	return os.WriteFile(drainDone, fmt.Appendf(nil, "%d %s", got.Failed, mark(e)), 0o644)
}

func run(c config.Config, dir string, e handlers.Event) handlers.Result {
	log := config.NewLogger(os.Stderr, c.LogLevel).With().Str("instance", e.Instance).Logger()
	got := handlers.Runner{Dir: dir, Timeout: c.HandlerTimeout, Trusted: true, Log: log}.Run(context.Background(), e)
	log.Info().Int("ran", got.Ran).Int("failed", got.Failed).Msg("root handlers done")
	return got
}

func readEvent(path string, kinds ...string) (handlers.Event, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return handlers.Event{}, err
	}
	var e handlers.Event
	if err := json.Unmarshal(body, &e); err != nil {
		return handlers.Event{}, fmt.Errorf("%s: malformed", path) // not the content: it could be a link
	}
	probe := message.New(message.Hello, message.Source{Instance: e.Instance, Group: e.Group}, time.Unix(0, 0), time.Time{})
	if probe.Validate() != nil || !config.GroupName.MatchString(e.Group) || !slices.Contains(kinds, e.Kind) ||
		!slices.Contains([]string{message.ActionTerminate, message.ActionStop, message.ActionHibernate}, e.Action) {
		return handlers.Event{}, fmt.Errorf("%s: not an event of spotd", path)
	}
	return e, nil
}
