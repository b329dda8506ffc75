// Package manager is what spotd has to do with the service manager: it is run, installed, removed,
// asked and updated by way of it.
package manager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/kardianos/service"
	"github.com/rs/zerolog"

	"autospotting/spotd/acl"
	"autospotting/spotd/config"
	"autospotting/spotd/daemon"
	"autospotting/spotd/update"
)

// Name is the service's, and its account's.
const Name = "spotd"

// ErrNotRunning makes status exit 3, as systemctl does.
var ErrNotRunning = errors.New("not running")

// program is the daemon in the service library's form: Start and Stop return at
// once, or nearly.
type program struct {
	daemon daemon.Daemon
	cancel context.CancelFunc
	done   chan struct{}
}

func newProgram(c config.Config, log zerolog.Logger) *program {
	d := daemon.New(c, log, nil, nil)
	d.Tidies = true
	return &program{daemon: d, done: make(chan struct{})}
}

// Start begins to watch.
func (p *program) Start(service.Service) error {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	go func() {
		defer close(p.done)
		p.daemon.Run(ctx)
	}()
	return nil
}

// Stop ends the watch and waits for the outbox, which bounds itself.
func (p *program) Stop(service.Service) error {
	p.cancel()
	<-p.done
	return nil
}

// wait returns on a signal, or when the worker ended by itself: the library's
// own wait would leave a dead daemon "active (running)".
func (p *program) wait() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	defer signal.Stop(signals)
	select {
	case <-signals:
	case <-p.done:
	}
}

// serviceConfig describes the service; script, its systemd unit, may be empty where
// nothing is installed, and wait nil where nothing is run.
func serviceConfig(c config.Config, script string, wait func()) *service.Config {
	args := arguments("run", c)
	options := service.KeyValue{"SystemdScript": script}
	if wait != nil {
		options["RunWait"] = wait
	}
	return &service.Config{
		Name: Name, DisplayName: "spotd", Description: description,
		Arguments: args, Option: options,
	}
}

// Run watches until the service manager, or a signal, ends it.
func Run(c config.Config) error {
	if err := acl.Close(config.Folder()); err != nil {
		return err
	}
	daemon.Single()
	p := newProgram(c, config.NewLogger(os.Stderr, c.LogLevel))
	s, err := service.New(p, serviceConfig(c, "", p.wait))
	if err != nil {
		return err
	}
	return s.Run()
}

// installer is what install needs of the service.
type installer interface {
	Install() error
	Uninstall() error
}

// install installs anew over an older installation. The library refuses when a
// unit exists, but user data may run at every boot, possibly with other flags.
func install(s installer) error {
	first := s.Install()
	if first == nil {
		return nil
	}
	if err := s.Uninstall(); err != nil {
		return fmt.Errorf("install: %w (and cannot replace an older installation: %v); run it as root", first, err)
	}
	return s.Install()
}

func managed(c config.Config) (service.Service, error) {
	return service.New(&program{}, serviceConfig(c, "", nil))
}

// Install installs a service that runs with these flags.
func Install(c config.Config, w io.Writer) error {
	systemd := systemdVersion()
	script := asOf(systemd, unit(executable(), arguments("run", c)))
	if strings.Contains(script, "{{") {
		return errors.New("install: {{ in a name or path would be read by the service manager's template: rename it")
	}
	if err := acl.Close(config.Folder()); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	s, err := service.New(&program{}, serviceConfig(c, script, nil))
	if err != nil {
		return err
	}
	if onSystemd(s) {
		if err := ensureUser(c, systemd); err != nil {
			return err
		}
		for name, text := range extraUnits(executable(), arguments("handle", c)) {
			if err := os.WriteFile(filepath.Join(unitDir, name), []byte(text), 0o644); err != nil {
				return fmt.Errorf("install: %w; run it as root", err)
			}
		}
		if err := installUpdates(c, systemd, w); err != nil {
			return err
		}
	}
	return install(s)
}

// unitDir is where the service library puts the unit too.
const unitDir = "/etc/systemd/system"

// traces are what the unit makes on the disk.
var traces = []string{"/var/lib/private/spotd", "/var/lib/spotd", "/run/spotd", "/run/spotd-handlers", "/run/spotd-drain", updateState}

func onSystemd(s service.Service) bool { return s.Platform() == "linux-systemd" }

// Uninstall stops the service and removes it with all that it made.
// The owner's settings and handlers stay. Harmless where nothing is installed.
func Uninstall(c config.Config, w io.Writer) error {
	s, err := managed(c)
	if err != nil {
		return err
	}
	if _, err := s.Status(); errors.Is(err, service.ErrNotInstalled) {
		fmt.Fprintln(w, "not installed")
		return nil
	}
	if onSystemd(s) && fromPackage() {
		fmt.Fprintln(w, "the unit is the package's and goes with it; to keep it from running: systemctl disable --now spotd")
		return nil
	}
	_ = s.Stop() // it may not run
	if err := s.Uninstall(); err != nil {
		return fmt.Errorf("uninstall: %w; run it as root", err)
	}
	if !onSystemd(s) {
		return nil
	}
	return removeTraces()
}

// fromPackage says that the unit is that of the deb or rpm, and not one of install,
// which would go before it.
func fromPackage() bool {
	_, err := os.Stat(filepath.Join(unitDir, "spotd.service"))
	return errors.Is(err, fs.ErrNotExist)
}

func removeTraces() error {
	_ = exec.Command("systemctl", "stop", "spotd-handlers.path", "spotd-handlers.service", "spotd-drain.path", "spotd-drain.service").Run()
	var errs []error
	for name := range extraUnits("", nil) {
		if err := os.Remove(filepath.Join(unitDir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	errs = append(errs, removeUpdates())
	for _, path := range append(traces, daemonProgram()+update.PreviousSuffix) {
		errs = append(errs, os.RemoveAll(path))
	}
	errs = append(errs, exec.Command("systemctl", "daemon-reload").Run())
	if _, err := user.Lookup(Name); err == nil {
		errs = append(errs, exec.Command("userdel", Name).Run())
	}
	_ = exec.Command("systemctl", "reset-failed", "spotd.service", "spotd-handlers.service", "spotd-drain.service", "spotd-update.service", "spotd-update.path").Run() // nothing failed
	return errors.Join(errs...)
}

// Control hands start, stop and restart to the service manager.
func Control(c config.Config, _ io.Writer) error {
	s, err := managed(c)
	if err != nil {
		return err
	}
	return service.Control(s, c.Verb)
}

// Status says whether it runs.
func Status(c config.Config, w io.Writer) error {
	s, err := managed(c)
	if err != nil {
		return err
	}
	status, err := s.Status()
	switch {
	case errors.Is(err, service.ErrNotInstalled):
		fmt.Fprintln(w, "not installed")
	case err != nil:
		return fmt.Errorf("status: %w", err)
	case status == service.StatusRunning:
		fmt.Fprintln(w, "running")
		return nil
	default:
		fmt.Fprintln(w, "stopped")
	}
	return ErrNotRunning
}
