package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"autospotting/coordinator/settings"
	"autospotting/pkg/cli"
)

// options are the flags; every command takes those that mean something to it, and the common ones.
type options struct {
	regions                  list
	profile, endpoint        string
	format                   string
	stack, bucket            string
	dist, source, version    string
	arch                     string
	parameters, tags         pairs
	yes, dryRun, force, keep bool
	since, pause, valid      time.Duration
	channel, minimum, notes  string
	newKey                   string
	rollback, overChannel    bool
	follow, redrive          bool
	args                     []string
}

// list is a flag that may be given several times, or hold several values between commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

// Set adds values; an empty one says nothing.
func (l *list) Set(v string) error {
	for one := range strings.SplitSeq(v, ",") {
		if one = strings.TrimSpace(one); one != "" && !slices.Contains(*l, one) {
			*l = append(*l, one)
		}
	}
	return nil
}

// pairs are KEY=VALUE.
type pairs map[string]string

func (p pairs) String() string { return "" }

// Set adds a pair.
func (p pairs) Set(v string) error {
	key, value, ok := strings.Cut(v, "=")
	if !ok || key == "" {
		return errors.New("write KEY=VALUE")
	}
	p[key] = value
	return nil
}

// flags defines those of a command.
func (o *options) flags(name string, fs *flag.FlagSet) {
	fs.Var(&o.regions, "region", "AWS `REGION`, several between commas ($AWS_REGION)")
	fs.StringVar(&o.profile, "profile", "", "profile of the AWS configuration ($AWS_PROFILE)")
	fs.StringVar(&o.endpoint, "endpoint", "", "address of all AWS services, for an emulator ($AWS_ENDPOINT_URL)")
	fs.StringVar(&o.format, "format", "text", "text, or json: one document on standard output")
	fs.StringVar(&o.stack, "stack-name", "autospotting", "name of the stack; NAME-artifacts is that of the bucket")
	fs.DurationVar(&o.pause, "poll", 2*time.Second, "time between two looks at a stack")
	switch name {
	case "package", "upload", "up", "release":
		fs.StringVar(&o.dist, "dist", "dist", "directory of the artefacts")
		fs.StringVar(&o.source, "source", ".", "checkout that is built")
		fs.StringVar(&o.version, "version", "", "version that is packaged already; without it the checkout is built")
	}
	if name == "package" {
		fs.StringVar(&o.arch, "arch", "", "build for amd64 or arm64 only")
	}
	switch name {
	case "upload", "up", "release": // down removes only a bucket that is ours
		fs.StringVar(&o.bucket, "bucket", "", "a bucket of yours for the artefacts, instead of one of ours")
	}
	switch name {
	case "upload", "up", "down", "release":
		fs.BoolVar(&o.dryRun, "dry-run", false, "say what would be done, and do nothing")
		fs.BoolVar(&o.yes, "yes", false, "do not ask")
	}
	switch name {
	case "upload", "up", "release":
		fs.Var(o.tags, "tag", "`KEY=VALUE` on the stacks, all that they make, and the launch templates that the function makes; may be repeated")
	}
	switch name {
	case "up":
		fs.Var(o.parameters, "parameter", "`KEY=VALUE` of the stack; may be repeated (spotctl template autospotting lists them)")
		fs.BoolVar(&o.overChannel, "over-channel", false, "install this version also over a newer one that the release channel brought")
	case "doctor", "upload":
		fs.Var(o.parameters, "parameter", "`KEY=VALUE` of the stack; may be repeated (spotctl template autospotting lists them)")
	case "down":
		fs.BoolVar(&o.force, "force", false, "also while instances are being replaced: what is in flight is left as it is")
		fs.BoolVar(&o.keep, "keep-artifacts", false, "leave the artefact bucket")
	case "release":
		o.releaseFlags(fs)
	case "dead-letters":
		fs.StringVar(&o.format, "o", "text", "short for --format")
		fs.BoolVar(&o.redrive, "redrive", false, "send back to its queue what is still true; what is stale or unreadable stays")
	case "logs":
		fs.DurationVar(&o.since, "since", 10*time.Minute, "how far back")
		fs.BoolVar(&o.follow, "follow", false, "go on until interrupted")
	}
}

func (o *options) releaseFlags(fs *flag.FlagSet) {
	fs.StringVar(&o.channel, "channel", "stable", "channel that the version is released to")
	fs.StringVar(&o.minimum, "minimum", "", "least version that may be updated to this one by itself")
	fs.StringVar(&o.notes, "notes", "", "what people should know of it")
	fs.DurationVar(&o.valid, "valid", 90*24*time.Hour, "how long the channel may be believed without being released to again")
	fs.BoolVar(&o.rollback, "rollback", false, "this version is meant to replace a newer one")
	fs.StringVar(&o.newKey, "new-key", "", "make a key to sign with in this new file, and nothing else")
}

func (o *options) check(name string) error {
	if err := cli.Format(o.format); err != nil {
		return err
	}
	if len(o.regions) == 0 {
		_ = o.regions.Set(cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")))
	}
	if err := o.tagged(); err != nil {
		return err
	}
	if name == "release" && o.valid <= 0 {
		return fmt.Errorf("%w: --valid %s: write a time above nothing", cli.ErrUsage, o.valid)
	}
	if o.pause <= 0 {
		return fmt.Errorf("%w: --poll %s: write a time above nothing", cli.ErrUsage, o.pause)
	}
	return nil
}

// scopeOf is which groups are served with these parameters of the stack.
func scopeOf(parameters map[string]string) settings.Scope {
	s := settings.Scope{OptOut: parameters["Scope"] == "opt-out"}
	tag := cmp.Or(parameters["Tag"], fmt.Sprintf("spot-enabled=%t", !s.OptOut))
	s.Key, s.Value, _ = strings.Cut(tag, "=")
	return s
}
