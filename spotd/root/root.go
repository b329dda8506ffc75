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
)

// Handlers returns who runs the handlers that need root: this process where it
// has the rights, else the unit.
func Handlers(c config.Config, log zerolog.Logger) func(context.Context, handlers.Event) handlers.Result {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		return handlers.Runner{Dir: c.RootHandlers, Timeout: c.HandlerTimeout, Trusted: true, Log: log}.Run
	}
	return asksUnit(c, log)
}

// unlisted is how long the unit is waited for at most where the daemon may not see
// how many handlers there are.
const unlisted = 10 * time.Minute

// asksUnit asks the unit also where the directory is closed to the daemon's account,
// which is how root's directories often are: the unit can read it.
func asksUnit(c config.Config, log zerolog.Logger) func(context.Context, handlers.Event) handlers.Result {
	return func(ctx context.Context, e handlers.Event) handlers.Result {
		paths, err := proc.Programs(c.RootHandlers)
		if errors.Is(err, fs.ErrNotExist) {
			return handlers.Result{}
		}
		count, most := len(paths), time.Duration(len(paths))*c.HandlerTimeout
		if err != nil {
			log.Warn().Err(err).Str("dir", c.RootHandlers).Msg("root handlers cannot be listed, asking for them all the same")
			count, most = 1, max(unlisted, c.HandlerTimeout)
		}
		if err := askForRoot(ctx, e, most); err != nil {
			log.Error().Err(err).Str("dir", c.RootHandlers).Msg("root handlers have not run to their end")
			return handlers.Result{Ran: count, Failed: count}
		}
		return handlers.Result{Ran: count}
	}
}

// askForRoot writes the event where the path unit waits for it, and waits for
// the end of what that starts.
func askForRoot(ctx context.Context, e handlers.Event, most time.Duration) error {
	dir := os.Getenv("RUNTIME_DIRECTORY")
	if dir == "" {
		return errors.New("not root, and not run by the unit of spotd install: no one to ask")
	}
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	half := filepath.Join(dir, eventFile+".half")
	if err := os.WriteFile(half, body, 0o600); err != nil {
		return err
	}
	if err := os.Rename(half, filepath.Join(dir, eventFile)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		if _, err := os.Stat(rootDone); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Handle is the verb of the root unit. What the daemon wrote is checked
// before it reaches a program.
func Handle(c config.Config, _ io.Writer) error {
	e, err := readEvent(Path)
	if err != nil {
		return err
	}
	log := config.NewLogger(os.Stderr, c.LogLevel).With().Str("instance", e.Instance).Logger()
	got := handlers.Runner{Dir: c.RootHandlers, Timeout: c.HandlerTimeout, Trusted: true, Log: log}.Run(context.Background(), e)
	log.Info().Int("ran", got.Ran).Int("failed", got.Failed).Msg("root handlers done")
	return os.WriteFile(rootDone, nil, 0o644)
}

func readEvent(path string) (handlers.Event, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return handlers.Event{}, err
	}
	var e handlers.Event
	if err := json.Unmarshal(body, &e); err != nil {
		return handlers.Event{}, fmt.Errorf("%s: malformed", path) // not the content: it could be a link
	}
	probe := message.New(message.Hello, message.Source{Instance: e.Instance, Group: e.Group}, time.Unix(0, 0), time.Time{})
	if probe.Validate() != nil || !config.GroupName.MatchString(e.Group) || !slices.Contains([]string{"terminating", "terminated"}, e.Kind) ||
		!slices.Contains([]string{message.ActionTerminate, message.ActionStop, message.ActionHibernate}, e.Action) {
		return handlers.Event{}, fmt.Errorf("%s: not an event of spotd", path)
	}
	return e, nil
}
