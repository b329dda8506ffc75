package manager

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/channel"
	"autospotting/spotd/build"
	"autospotting/spotd/config"
	"autospotting/spotd/endpoints"
	"autospotting/spotd/update"
	"autospotting/spotd/watch"
)

// Where the unit of updates keeps what it remembers, and where the daemon tells its
// status.
const (
	updateState = "/var/lib/spotd-update"
	daemonRun   = "/run/spotd"
)

// updateTime bounds one run: the program has nine megabytes.
const updateTime = 15 * time.Minute

// Update is the verb of the unit spotd-update.service.
func Update(c config.Config, w io.Writer) error {
	path := daemonProgram()
	u := newUpdater(c, path, config.NewLogger(os.Stderr, c.LogLevel))
	begun, err := u.Begun()
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if c.UpdateChannel == "" && !begun {
		fmt.Fprintln(w, "off: no update-channel is set")
		return nil
	}
	if _, err := exec.LookPath("systemctl"); err != nil {
		return errors.New("update: wants systemd, to restart the daemon; install the new version by hand")
	}
	if !begun { // what was begun is brought to an end, whatever is set now
		if manager := packageManager(path); manager != "" {
			fmt.Fprintf(w, "left to %s, whose package %s is\n", manager, path)
			return nil
		}
		if err := follow(u, c); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, updateTime)
	defer cancel()
	switch version, err := u.Once(ctx); {
	case errors.Is(err, update.ErrNotNow):
		fmt.Fprintln(w, err)
	case err != nil:
		return fmt.Errorf("update: %w", err)
	case version == "":
		fmt.Fprintln(w, "nothing to do:", path, "is what the channel has, or was left as it was")
	default:
		fmt.Fprintln(w, "updated to", version)
	}
	return nil
}

// daemonProgram is the path that the daemon is started by. While an update is under
// way, this is the previous program beside it.
func daemonProgram() string { return strings.TrimSuffix(executable(), update.PreviousSuffix) }

// newUpdater can end what was begun; follow gives it a channel.
func newUpdater(c config.Config, path string, log zerolog.Logger) *update.Updater {
	return &update.Updater{
		Binary: path, State: cmp.Or(os.Getenv("STATE_DIRECTORY"), updateState), Run: cmp.Or(os.Getenv("RUNTIME_DIRECTORY"), daemonRun),
		Version: build.Version(), Patience: c.UpdatePatience, Restart: restartUnit, Log: log,
	}
}

func follow(u *update.Updater, c config.Config) error {
	address, err := update.ParseAddress(c.UpdateChannel)
	if err != nil {
		return err
	}
	if u.Keys, err = channel.ParseKeys(c.UpdateKeys); err != nil {
		return err
	}
	source := update.HTTP{Address: address, Region: c.Region(), Client: &http.Client{Transport: endpoints.NewTransport()}}
	source.Keys = endpoints.NewCredentials(watch.NewClient(nil, c.Metadata), u.Log)
	if own := endpoints.FromEnv("AWS_ENDPOINT_URL_S3"); own != nil {
		source.S3 = *own
	}
	u.Channel, u.Source = address.Name, source
	return nil
}

func restartUnit(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "systemctl", "restart", "spotd.service").CombinedOutput()
	if err != nil {
		return fmt.Errorf("systemctl: %w: %s", err, out)
	}
	return nil
}

// packageManager says whose file the program is, if that is a package's.
func packageManager(path string) string {
	for _, ask := range [][]string{{"dpkg", "dpkg-query", "-S"}, {"rpm", "rpm", "-qf"}} {
		if exec.Command(ask[1], ask[2], path).Run() == nil {
			return ask[0]
		}
	}
	return ""
}

// installUpdates writes or removes the units that update the program, as the owner
// has it now.
func installUpdates(c config.Config, systemd int, w io.Writer) error {
	path := daemonProgram()
	if c.UpdateChannel != "" {
		if manager := packageManager(path); manager != "" {
			fmt.Fprintf(w, "update-channel has no effect: %s is the package's, and %s updates it\n", path, manager)
			return removeUpdates()
		}
	} else {
		return removeUpdates()
	}
	if err := os.MkdirAll(updateState, 0o700); err != nil { // older systemd does not
		return fmt.Errorf("install: %w; run it as root", err)
	}
	for name, text := range updateUnits(path, arguments("update", c), c.UpdateEvery) {
		if err := os.WriteFile(filepath.Join(unitDir, name), []byte(asOf(systemd, text)), 0o644); err != nil {
			return fmt.Errorf("install: %w; run it as root", err)
		}
	}
	return nil
}

// removeUpdates is harmless where there are none.
func removeUpdates() error {
	var errs []error
	for name := range updateUnits("", nil, 0) {
		file := filepath.Join(unitDir, name)
		if _, err := os.Stat(file); err != nil {
			continue
		}
		if name != "spotd-update.service" { // which may be what runs this
			_ = exec.Command("systemctl", "stop", name).Run()
		}
		errs = append(errs, os.Remove(file))
	}
	return errors.Join(errs...)
}
