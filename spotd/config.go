package main

import (
	"flag"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/rs/zerolog"
)

// config is what run needs to know.
type config struct {
	Topic    string        // ARN of the SNS topic that the reports go to
	Group    string        // Auto Scaling group that this instance is for
	Grace    time.Duration // from the launch until the instance counts as ready
	Poll     time.Duration // between two looks at the metadata
	StateDir string        // where undelivered reports are kept
	LogLevel zerolog.Level

	verb string // the command that was given
}

// setting is one row of the table of what can be configured: a flag and its
// twin in the environment, which the flag goes before.
type setting struct {
	flag, env, value, fallback, help string
	set                              func(*config, string) error
}

// settings is read by flags, environment and help alike.
var settings = []setting{
	{"topic", "SPOTD_TOPIC", "ARN", "", "SNS topic that the reports go to; required", setTopic},
	{"group", "SPOTD_GROUP", "NAME", "", "Auto Scaling group that this instance is for; required", setGroup},
	{"grace", "SPOTD_GRACE", "TIME", "300s", "time from the launch until the instance counts as ready", setGrace},
	{"poll", "SPOTD_POLL", "TIME", "2s", "time between two looks at the metadata", setPoll},
	{"state-dir", "SPOTD_STATE_DIR", "DIR", "/var/lib/spotd", "where undelivered reports are kept; $STATE_DIRECTORY goes before", setStateDir},
	{"log-level", "SPOTD_LOG_LEVEL", "LEVEL", "info", "least level to log: debug, info, warn or error", setLogLevel},
}

var (
	topicARN = regexp.MustCompile(`^arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)
	// groupName: 1 to 255 printable characters without a colon (Auto Scaling API
	// reference, CreateAutoScalingGroup).
	groupName = regexp.MustCompile(`^[\x20-\x39\x3b-\x7e]{1,255}$`)
)

// readConfig reads flags, then the environment, then the fallbacks. Its errors
// name the flag or the variable, and the remedy; flag.ErrHelp comes back bare.
func readConfig(args []string, getenv func(string) string) (config, error) {
	given := map[string]string{}
	flags := flag.NewFlagSet("spotd", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for _, s := range settings {
		flags.Func(s.flag, s.help, func(value string) error { given[s.flag] = value; return nil })
	}
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	if flags.NArg() > 0 {
		return config{}, fmt.Errorf("unexpected argument %q: flags begin with --", flags.Arg(0))
	}
	var c config
	for _, s := range settings {
		value, where := s.fallback, "--"+s.flag
		if env := getenv(s.env); env != "" {
			value, where = env, s.env
		}
		if flag, ok := given[s.flag]; ok {
			value, where = flag, "--"+s.flag
		}
		if err := s.set(&c, value); err != nil {
			return config{}, fmt.Errorf("%s: %w", where, err)
		}
	}
	return c, nil
}

// region of the topic: what SNS requests are signed for and sent to.
func (c config) region() string {
	if m := topicARN.FindStringSubmatch(c.Topic); m != nil {
		return m[1]
	}
	return ""
}

func setTopic(c *config, v string) error {
	if !topicARN.MatchString(v) {
		return fmt.Errorf("%q is no SNS topic: want arn:aws:sns:REGION:ACCOUNT:NAME of a standard topic", v)
	}
	c.Topic = v
	return nil
}

func setGroup(c *config, v string) error {
	if !groupName.MatchString(v) {
		return fmt.Errorf("%q is no group name: want 1 to 255 printable characters without a colon", v)
	}
	c.Group = v
	return nil
}

func setGrace(c *config, v string) (err error) {
	c.Grace, err = duration(v, 0, 24*time.Hour)
	return err
}

// setPoll: a look takes about a millisecond, and a notice comes two minutes
// ahead.
func setPoll(c *config, v string) (err error) {
	c.Poll, err = duration(v, 50*time.Millisecond, time.Minute)
	return err
}

func setStateDir(c *config, v string) error {
	if v == "" {
		return fmt.Errorf("empty: want a directory that spotd may write")
	}
	c.StateDir = v
	return nil
}

func setLogLevel(c *config, v string) error {
	switch v {
	case "debug", "info", "warn", "error":
	default:
		return fmt.Errorf("%q is no level: want debug, info, warn or error", v)
	}
	level, err := zerolog.ParseLevel(v)
	c.LogLevel = level
	return err
}

func duration(v string, least, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil || d < least || d > most {
		return 0, fmt.Errorf("%q is no time from %v to %v: want for instance %v", v, least, most, min(2*time.Second, most))
	}
	return d, nil
}
