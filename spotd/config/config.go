// Package config is what spotd is told: by flags, the environment and a file, one table for
// all three.
package config

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/rs/zerolog"

	"autospotting/spotd/acl"
	"autospotting/spotd/watch"
)

// Config is what run needs to know; the table of settings says what each means.
type Config struct {
	Topic, Group              string
	Grace                     time.Duration
	Probe                     string
	ProbeInterval, ProbeGrace time.Duration
	ProbeTimeout              time.Duration
	ProbeOverdue              string // one of the Overdue… words
	Handlers, RootHandlers    string
	DrainHandlers             string
	RootDrainHandlers         string
	HandlerTimeout            time.Duration
	LifecycleHook             string
	Poll                      time.Duration
	PollTargets, PollEvents   time.Duration
	Listen                    string
	StateDir                  string
	LogLevel                  zerolog.Level
	UpdateChannel, UpdateKeys string
	UpdateEvery               time.Duration
	UpdatePatience            time.Duration
	Metadata                  imds.EndpointModeState // the address family of the metadata service; only by the SDKs' variable

	Verb   string   // the command that was given
	Format string   // of check
	Given  []string // the flags and variables that were given, as flags
}

// What happens when the probe did not pass in time.
const (
	OverdueWait  = "wait"
	OverdueReady = "ready"
	OverdueStop  = "stop"
)

// DefaultFile is read where --config does not name another; there it may be
// missing.
func DefaultFile() string { return place("/etc/spotd/spotd.conf", "spotd.conf") }

// Read reads flags, then the environment, then the file, then the
// fallbacks. Its errors name the flag, the variable or the line, and the remedy;
// flag.ErrHelp comes back bare.
func Read(args []string, getenv func(string) string) (Config, error) {
	given, file, err := readFlags(args)
	if err != nil {
		return Config{}, err
	}
	lines, err := readFile(cmp.Or(file, getenv("SPOTD_CONFIG")))
	if err != nil {
		return Config{}, err
	}
	var c Config
	if c.Metadata, err = watch.EndpointMode(getenv); err != nil {
		return Config{}, err
	}
	if file = cmp.Or(file, getenv("SPOTD_CONFIG")); file != "" {
		c.Given = append(c.Given, "--config", file)
	}
	for _, s := range Settings {
		value, where := s.Fallback, "--"+s.Flag
		if line, ok := lines[s.Flag]; ok {
			value, where = line.value, line.where+": "+s.Flag
		}
		if env := getenv(s.Env); env != "" {
			value, where = env, s.Env
		}
		flag, isFlag := given[s.Flag]
		if isFlag {
			value, where = flag, "--"+s.Flag
		}
		if err := s.set(&c, value); err != nil {
			return Config{}, fmt.Errorf("%s: %w", where, err)
		}
		if isFlag || getenv(s.Env) != "" {
			c.Given = append(c.Given, "--"+s.Flag, value)
		}
	}
	return c, nil
}

func readFlags(args []string) (given map[string]string, file string, err error) {
	given = map[string]string{}
	flags := flag.NewFlagSet("spotd", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for _, s := range Settings {
		flags.Func(s.Flag, s.Help, func(value string) error { given[s.Flag] = value; return nil })
	}
	flags.StringVar(&file, "config", "", "")
	if err := flags.Parse(args); err != nil {
		return nil, "", err
	}
	if flags.NArg() > 0 {
		return nil, "", fmt.Errorf("unexpected argument %q: flags begin with --", flags.Arg(0))
	}
	return given, file, nil
}

// line is one setting of the file.
type line struct {
	value, where string // where is file:line
}

// readFile reads lines of the form name = value; # begins a comment line. The
// names are those of the flags. An empty path is the default file, which may be
// missing.
func readFile(path string) (map[string]line, error) {
	for _, p := range []string{filepath.Dir(cmp.Or(path, DefaultFile())), cmp.Or(path, DefaultFile())} {
		if err := acl.Check(p); err != nil { // it names programs that are run
			return nil, fmt.Errorf("configuration: %w", err)
		}
	}
	body, err := os.ReadFile(cmp.Or(path, DefaultFile()))
	if path == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	lines := map[string]line{}
	number := 0
	for text := range strings.Lines(string(body)) {
		number++
		where := fmt.Sprintf("%s:%d", cmp.Or(path, DefaultFile()), number)
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		name, value, found := strings.Cut(text, "=")
		name = strings.TrimSpace(name)
		if earlier, twice := lines[name]; twice {
			return nil, fmt.Errorf("%s: %s is set already at %s: remove one", where, name, earlier.where)
		}
		if !found || !isSetting(name) {
			return nil, fmt.Errorf("%s: %q is no setting: want a line like poll = 2s, with the name of a flag (spotd --help)", where, text)
		}
		lines[name] = line{strings.TrimSpace(value), where}
	}
	return lines, nil
}

func isSetting(name string) bool {
	for _, s := range Settings {
		if s.Flag == name {
			return true
		}
	}
	return false
}

// Region of the topic: what SNS requests are signed for and sent to.
func (c Config) Region() string {
	if m := topicARN.FindStringSubmatch(c.Topic); m != nil {
		return m[1]
	}
	return ""
}
