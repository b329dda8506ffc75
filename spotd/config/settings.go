package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/channel"
	"autospotting/spotd/probe"
	"autospotting/spotd/update"
)

// Setting is one row of the table of what can be configured: a flag, its twin in
// the environment and, by the flag's name, in the configuration file. The
// flag goes before the environment before the file.
type Setting struct {
	Flag, Env string
	Value     string // what is set, for people
	Fallback  string
	Help      string
	set       func(*Config, string) error
}

// Settings is read by flags, environment, file, help and the test of the docs
// alike.
var Settings = []Setting{
	{"topic", "SPOTD_TOPIC", "ARN", "", "SNS topic that the reports go to; required", setTopic},
	{"group", "SPOTD_GROUP", "NAME", "", "Auto Scaling group that this instance is for; required", setGroup},
	{"grace", "SPOTD_GRACE", "TIME", "300s", "time from the launch until the instance counts as ready, where there is no probe", setGrace},
	{"probe", "SPOTD_PROBE", "HOW", "none", "how the application is asked whether it is up: none, http://HOST/PATH, tcp:PORT, tcp:HOST:PORT, systemd, systemd:degraded, exec:/PROGRAM ARG or exec:/DIRECTORY", setProbe},
	{"probe-interval", "SPOTD_PROBE_INTERVAL", "TIME", "2s", "time between two probes", setProbeInterval},
	{"probe-grace", "SPOTD_PROBE_GRACE", "TIME", "0s", "time from the probe's success until the instance counts as ready", setProbeGrace},
	{"probe-timeout", "SPOTD_PROBE_TIMEOUT", "TIME", "15m", "time for the probe to pass, from the daemon's start", setProbeTimeout},
	{"probe-overdue", "SPOTD_PROBE_OVERDUE", "WHAT", "wait", "what happens then: wait (go on probing), ready (be ready all the same) or stop (probe no more)", setProbeOverdue},
	{"handlers", "SPOTD_HANDLERS", "DIR", place("/etc/spotd/terminating.d", "terminating.d"), "programs to run before the instance goes", setHandlers},
	{"root-handlers", "SPOTD_ROOT_HANDLERS", "DIR", place("/etc/spotd/terminating.root.d", "terminating.root.d"), "the same, run as root by a unit of their own", setRootHandlers},
	{"drain-handlers", "SPOTD_DRAIN_HANDLERS", "DIR", place("/etc/spotd/drain.d", "drain.d"), "programs to run when the coordinator asks for a drain", setDrainHandlers},
	{"root-drain-handlers", "SPOTD_ROOT_DRAIN_HANDLERS", "DIR", place("/etc/spotd/drain.root.d", "drain.root.d"), "the same, run as root by a unit of their own", setRootDrainHandlers},
	{"handler-timeout", "SPOTD_HANDLER_TIMEOUT", "TIME", "60s", "time for one handler; a drain has the time that the coordinator gives it", setHandlerTimeout},
	{"lifecycle-hook", "SPOTD_LIFECYCLE_HOOK", "NAME", "", "termination lifecycle hook to keep open while handlers run, and to complete then", setHook},
	{"poll", "SPOTD_POLL", "TIME", "2s", "time between two looks at the interruption notice", setPoll},
	{"poll-targets", "SPOTD_POLL_TARGETS", "TIME", "10s", "time between two looks at rebalance recommendation and target life cycle state", setPollTargets},
	{"poll-events", "SPOTD_POLL_EVENTS", "TIME", "60s", "time between two looks at scheduled maintenance", setPollEvents},
	{"listen", "SPOTD_LISTEN", "ADDRESS", "", "loopback address for /metrics and /healthz, for instance 127.0.0.1:9100; off if empty", setListen},
	{"state-dir", "SPOTD_STATE_DIR", "DIR", place("/var/lib/spotd", "state"), "where undelivered reports are kept; $STATE_DIRECTORY goes before", setStateDir},
	{"log-level", "SPOTD_LOG_LEVEL", "LEVEL", "info", "least level to log: debug, info, warn or error", setLogLevel},
	{"update-channel", "SPOTD_UPDATE_CHANNEL", "URL", "", "channel that spotd updates itself from, https://HOST/…/channel/NAME.json or s3://BUCKET/…/channel/NAME.json; empty is never", setUpdateChannel},
	{"update-keys", "SPOTD_UPDATE_KEYS", "KEYS", "", "public keys, one of which has to have signed the channel, separated by commas; required with update-channel", setUpdateKeys},
	{"update-every", "SPOTD_UPDATE_EVERY", "TIME", "6h", "time between two looks at the channel; install reads it", setUpdateEvery},
	{"update-patience", "SPOTD_UPDATE_PATIENCE", "TIME", "2m", "time for a new version to say hello, else the previous one is put back", setUpdatePatience},
}

// place is a default path: that of Linux, or below the daemon's folder on Windows.
func place(linux, windows string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(Folder(), windows)
	}
	return linux
}

// Folder is %ProgramData%\spotd, where all is on Windows.
func Folder() string { return filepath.Join(os.Getenv("ProgramData"), "spotd") }

var (
	topicARN = regexp.MustCompile(`^arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)
	// GroupName: 1 to 255 printable characters without a colon (Auto Scaling API
	// reference, CreateAutoScalingGroup).
	GroupName = regexp.MustCompile(`^[\x20-\x39\x3b-\x7e]{1,255}$`)
	// hookName: the API reference's pattern of LifecycleHookName.
	hookName = regexp.MustCompile(`^[A-Za-z0-9/_-]{1,255}$`)
)

func setTopic(c *Config, v string) error {
	if !topicARN.MatchString(v) {
		return fmt.Errorf("%q is no SNS topic: want arn:aws:sns:REGION:ACCOUNT:NAME of a standard topic", v)
	}
	c.Topic = v
	return nil
}

func setGroup(c *Config, v string) error {
	if !GroupName.MatchString(v) {
		return fmt.Errorf("%q is no group name: want 1 to 255 printable characters without a colon", v)
	}
	c.Group = v
	return nil
}

func setGrace(c *Config, v string) (err error) {
	c.Grace, err = duration(v, 0, 24*time.Hour)
	return err
}

// setPoll: a look takes about a millisecond, and a notice comes two minutes
// ahead.
func setPoll(c *Config, v string) (err error) {
	c.Poll, err = duration(v, 50*time.Millisecond, time.Minute)
	return err
}

func setStateDir(c *Config, v string) error {
	if v == "" {
		return fmt.Errorf("empty: want a directory that spotd may write")
	}
	c.StateDir = v
	return nil
}

func setProbe(c *Config, v string) (err error) {
	_, err = probe.Parse(v)
	c.Probe = v
	return err
}

func setProbeInterval(c *Config, v string) (err error) {
	c.ProbeInterval, err = duration(v, 100*time.Millisecond, time.Hour)
	return err
}

func setProbeGrace(c *Config, v string) (err error) {
	c.ProbeGrace, err = duration(v, 0, 24*time.Hour)
	return err
}

func setProbeTimeout(c *Config, v string) (err error) {
	c.ProbeTimeout, err = duration(v, time.Second, 48*time.Hour)
	return err
}

func setProbeOverdue(c *Config, v string) error {
	switch v {
	case OverdueWait, OverdueReady, OverdueStop:
		c.ProbeOverdue = v
		return nil
	}
	return fmt.Errorf("%q: want wait, ready or stop", v)
}

func setHandlers(c *Config, v string) error {
	c.Handlers = v
	return nil
}

func setRootHandlers(c *Config, v string) error {
	c.RootHandlers = v
	return nil
}

func setDrainHandlers(c *Config, v string) error {
	c.DrainHandlers = v
	return nil
}

func setRootDrainHandlers(c *Config, v string) error {
	c.RootDrainHandlers = v
	return nil
}

func setHandlerTimeout(c *Config, v string) (err error) {
	c.HandlerTimeout, err = duration(v, time.Second, 48*time.Hour)
	return err
}

func setHook(c *Config, v string) error {
	if v != "" && !hookName.MatchString(v) {
		return fmt.Errorf("%q is no lifecycle hook: want 1 to 255 letters, digits, - _ or /", v)
	}
	c.LifecycleHook = v
	return nil
}

func setPollTargets(c *Config, v string) (err error) {
	c.PollTargets, err = duration(v, 50*time.Millisecond, time.Hour)
	return err
}

func setPollEvents(c *Config, v string) (err error) {
	c.PollEvents, err = duration(v, 50*time.Millisecond, 24*time.Hour)
	return err
}

// setListen takes loopback only: what is served is for the instance's own agents.
func setListen(c *Config, v string) error {
	host, port, err := net.SplitHostPort(v)
	address, parseErr := netip.ParseAddr(host)
	if v != "" && (err != nil || port == "" || host != "localhost" && (parseErr != nil || !address.IsLoopback())) {
		return fmt.Errorf("%q is no loopback address: want for instance 127.0.0.1:9100 or [::1]:9100", v)
	}
	c.Listen = v
	return nil
}

func setLogLevel(c *Config, v string) error {
	switch v {
	case "debug", "info", "warn", "error":
	default:
		return fmt.Errorf("%q is no level: want debug, info, warn or error", v)
	}
	level, err := zerolog.ParseLevel(v)
	c.LogLevel = level
	return err
}

func setUpdateChannel(c *Config, v string) (err error) {
	if v != "" {
		_, err = update.ParseAddress(v)
	}
	c.UpdateChannel = v
	return err
}

func setUpdateKeys(c *Config, v string) (err error) {
	if v != "" {
		_, err = channel.ParseKeys(v)
	} else if c.UpdateChannel != "" {
		err = errors.New("empty: want the public keys that update-channel is signed with")
	}
	c.UpdateKeys = v
	return err
}

func setUpdateEvery(c *Config, v string) (err error) {
	c.UpdateEvery, err = duration(v, time.Minute, 30*24*time.Hour)
	return err
}

func setUpdatePatience(c *Config, v string) (err error) {
	c.UpdatePatience, err = duration(v, time.Second, time.Hour)
	return err
}

func duration(v string, least, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil || d < least || d > most {
		return 0, fmt.Errorf("%q is no time from %v to %v: want for instance %v", v, least, most, min(2*time.Second, most))
	}
	return d, nil
}
