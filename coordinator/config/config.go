// Package config is the command line of what talks to AWS as the coordinator does: where the installation's parts are, its groups'
// defaults, and the clients and the handler that are made of them. Each flag has a twin in the environment.
package config

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"autospotting/coordinator/act"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/identity"
	"autospotting/coordinator/ledger/dynamo"
	"autospotting/coordinator/metrics"
	"autospotting/coordinator/settings"
	"autospotting/coordinator/wire"
	"autospotting/pkg/channel"
	"autospotting/pkg/cli"
	"autospotting/userdata"
)

// Options are what the flags say.
type Options struct {
	// Version is of the program, for its log.
	Version string
	// Metrics is nil where none are wanted.
	Metrics *metrics.EMF

	InboxURL, ChangesURL, WorkURL string
	ReportsTopic, EventsTopic     string
	Defaults                      settings.Settings

	table, tickTopic               string
	tag, scope, region             string
	releaseURL, sums, certificates string
	updateChannel, updateKeys      string
	profile                        string
	resourceTags                   string
	logLevel                       string
}

// Flags defines them, with their values from the environment.
func (s *Options) Flags(fs *flag.FlagSet, getenv func(string) string) error {
	text := func(p *string, name, env, fallback, help string) {
		if v := getenv(env); v != "" {
			fallback = v
		}
		fs.StringVar(p, name, fallback, help+" ($"+env+")")
	}
	text(&s.InboxURL, "inbox-url", "AUTOSPOTTING_INBOX_URL", "", "URL of the inbox queue")
	text(&s.ChangesURL, "changes-url", "AUTOSPOTTING_CHANGES_URL", "", "URL of the queue of changes, which serve polls too; none where the topics deliver all to the inbox")
	text(&s.WorkURL, "work-url", "AUTOSPOTTING_WORK_URL", "", "URL of the work queue, a FIFO queue")
	text(&s.table, "table", "AUTOSPOTTING_TABLE", dynamo.DefaultTable, "name of the ledger table")
	text(&s.ReportsTopic, "reports-topic", "AUTOSPOTTING_REPORTS_TOPIC", "", "ARN of the topic that spotd publishes to")
	text(&s.EventsTopic, "events-topic", "AUTOSPOTTING_EVENTS_TOPIC", "", "ARN of the topic that EventBridge and the Scheduler publish to")
	text(&s.tickTopic, "tick-topic", "AUTOSPOTTING_TICK_TOPIC", "", "ARN of another account's topic that is believed when it ticks, and nothing else")
	text(&s.tag, "tag", "AUTOSPOTTING_TAG", "", "KEY=VALUE by which a group opts in (spot-enabled=true), or out (spot-enabled=false)")
	text(&s.scope, "scope", "AUTOSPOTTING_SCOPE", "opt-in", "opt-in serves the groups with the tag, opt-out all but those")
	text(&s.region, "region", "AWS_REGION", getenv("AWS_DEFAULT_REGION"), "AWS region")
	text(&s.releaseURL, "release-url", "AUTOSPOTTING_RELEASE_URL", "", "prefix of spotd's downloads; none leaves spotd off what is launched")
	text(&s.sums, "spotd-sha256", "AUTOSPOTTING_SPOTD_SHA256", "", "checksums of spotd: amd64=HEX,arm64=HEX")
	text(&s.updateChannel, "spotd-update-channel", "AUTOSPOTTING_SPOTD_UPDATE_CHANNEL", "", "channel that spotd on what is launched updates itself from; none is never")
	text(&s.updateKeys, "spotd-update-keys", "AUTOSPOTTING_SPOTD_UPDATE_KEYS", "", "public keys by which it believes that channel, separated by commas")
	text(&s.profile, "instance-profile", "AUTOSPOTTING_INSTANCE_PROFILE", "", "ARN of the instance profile for groups that have none and set minimal-profile")
	text(&s.resourceTags, "resource-tags", "AUTOSPOTTING_RESOURCE_TAGS", "", "KEY=VALUE,KEY=VALUE on launch templates that we make, beside our own tag")
	text(&s.certificates, "certificates", "AUTOSPOTTING_CERTIFICATES", "", "files with further certificates for identity documents, separated by commas; one named REGION.pem is that region's only")
	text(&s.logLevel, "log-level", "AUTOSPOTTING_LOG_LEVEL", "info", "debug, info, warn or error")
	if err := settings.Flags(&s.Defaults, fs, getenv); err != nil {
		return fmt.Errorf("%w: %w", cli.ErrUsage, err)
	}
	return nil
}

// Logger writes JSON lines to standard error, where Lambda and journald read them.
func (s Options) Logger() (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(s.logLevel)
	if err != nil {
		return zerolog.Nop(), fmt.Errorf("%w: --log-level %q: write debug, info, warn or error", cli.ErrUsage, s.logLevel)
	}
	return zerolog.New(os.Stderr).Level(level).With().Timestamp().Str("version", s.Version).Logger(), nil
}

// launchesTogether is how many launches of one plan are asked for at a time: a fleet takes seconds to answer, and a notice has two minutes.
const launchesTogether = 5

// patience is how long one read may take that a notice can be answered without: some of them fit into a run's 20 s beside a launch.
const patience = 5 * time.Second

// Handler puts the parts together.
func (s Options) Handler(c wire.Clients, now func() time.Time, log zerolog.Logger) (*handle.Handler, error) {
	verifier, err := s.verifier()
	if err != nil {
		return nil, err
	}
	scope, err := s.Scope()
	if err != nil {
		return nil, err
	}
	spotd, err := s.spotd()
	if err != nil {
		return nil, err
	}
	tags, err := ParseTags(s.resourceTags)
	if err != nil {
		return nil, err
	}
	return wire.Handler(wire.Config{
		Region: s.region, InboxURL: s.InboxURL, WorkURL: s.WorkURL, Table: s.table,
		Topics: handle.Topics{Reports: s.ReportsTopic, Events: s.EventsTopic, Ticks: s.tickTopic}, Scope: scope,
		Defaults: s.Defaults,
		Together: launchesTogether, Patience: patience,
		Spotd: spotd, Profile: s.profile, Tags: tags, Verifier: verifier, Now: now, Log: log, Metrics: s.Metrics,
	}, c), nil
}

// Actor is what a group is observed by, without clients: which groups are served, by what defaults, and how spotd is put on what is launched.
func (s Options) Actor(now func() time.Time) (act.Config, error) {
	scope, err := s.Scope()
	if err != nil {
		return act.Config{}, err
	}
	spotd, err := s.spotd()
	return act.Config{Region: s.region, Scope: scope, Defaults: s.Defaults, Spotd: spotd, Profile: s.profile, Now: now}, err
}

// Scope reads which groups are served.
func (s Options) Scope() (settings.Scope, error) {
	c := settings.Scope{OptOut: s.scope == "opt-out"}
	if !c.OptOut && s.scope != "opt-in" {
		return c, fmt.Errorf("%w: --scope %q: write opt-in or opt-out", cli.ErrUsage, s.scope)
	}
	tag := cmp.Or(s.tag, fmt.Sprintf("spot-enabled=%t", !c.OptOut))
	var ok bool
	if c.Key, c.Value, ok = strings.Cut(tag, "="); !ok || c.Key == "" {
		return c, fmt.Errorf("%w: --tag %q: write KEY=VALUE", cli.ErrUsage, tag)
	}
	return c, nil
}

func (s Options) verifier() (*identity.Verifier, error) {
	if s.certificates == "" {
		return identity.New()
	}
	extra, err := identity.ReadFiles(strings.Split(s.certificates, ",")...)
	if err != nil {
		return nil, err
	}
	return identity.New(extra...)
}

// spotd gives what is injected; without a release it is nothing, and the daemon stays off.
func (s Options) spotd() (userdata.Settings, error) {
	if s.releaseURL == "" || s.ReportsTopic == "" {
		return userdata.Settings{}, nil
	}
	sums, err := ParseSums(s.sums)
	if err != nil {
		return userdata.Settings{}, err
	}
	env, err := s.updates()
	return userdata.Settings{Topic: s.ReportsTopic, Grace: s.Defaults.Grace, ReleaseURL: s.releaseURL, SHA256: sums, Env: env}, err
}

// updates gives the variables by which spotd updates itself; a daemon that could believe no channel would not even start.
func (s Options) updates() (map[string]string, error) {
	if s.updateChannel == "" {
		return nil, nil
	}
	if _, err := channel.ParseKeys(s.updateKeys); err != nil {
		return nil, fmt.Errorf("%w: --spotd-update-keys: %w", cli.ErrUsage, err)
	}
	return map[string]string{"SPOTD_UPDATE_CHANNEL": s.updateChannel, "SPOTD_UPDATE_KEYS": s.updateKeys}, nil
}

// ParseTags reads KEY=VALUE,KEY=VALUE. The keys of AWS and our own are refused.
func ParseTags(list string) (map[string]string, error) {
	tags := map[string]string{}
	for one := range strings.SplitSeq(list, ",") {
		if one == "" {
			continue
		}
		key, value, ok := strings.Cut(one, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("%w: --resource-tags: %q: write KEY=VALUE", cli.ErrUsage, one)
		}
		for _, taken := range []string{"aws:", "autospotting-", "autospotting:"} {
			if strings.HasPrefix(strings.ToLower(key), taken) {
				return nil, fmt.Errorf("%w: --resource-tags: key %q: those with %s are not free", cli.ErrUsage, key, taken)
			}
		}
		tags[key] = value
	}
	return tags, nil
}

// ParseSums reads amd64=HEX,arm64=HEX.
func ParseSums(list string) (map[string]string, error) {
	sums := map[string]string{}
	for _, one := range strings.Split(list, ",") {
		if one == "" {
			continue
		}
		arch, sum, ok := strings.Cut(one, "=")
		if !ok {
			return nil, fmt.Errorf("%w: checksum %q: write ARCH=HEX, for example amd64=9f86…", cli.ErrUsage, one)
		}
		sums[strings.TrimSpace(arch)] = strings.TrimSpace(sum)
	}
	return sums, nil
}
