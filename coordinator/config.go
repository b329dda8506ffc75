package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/identity"
	"autospotting/coordinator/ledger/dynamo"
	"autospotting/coordinator/wire"
	"autospotting/userdata"
)

// settings is the configuration of every command that talks to AWS. Each flag has a twin in the environment.
type settings struct {
	inboxURL, workURL, table       string
	reportsTopic, eventsTopic      string
	tag, region                    string
	grace, drain, bootLimit        time.Duration
	margin                         float64
	releaseURL, sums, certificates string
	logLevel                       string
}

func (s *settings) flags(fs *flag.FlagSet, getenv func(string) string) error {
	var bad error
	text := func(p *string, name, env, fallback, help string) {
		if v := getenv(env); v != "" {
			fallback = v
		}
		fs.StringVar(p, name, fallback, help+" ($"+env+")")
	}
	span := func(p *time.Duration, name, env string, fallback time.Duration, help string) {
		if v := getenv(env); v != "" {
			d, err := time.ParseDuration(v)
			if err != nil && bad == nil {
				bad = fmt.Errorf("%w: $%s: %q is no duration: write 300s or 5m", errUsage, env, v)
			}
			fallback = d
		}
		fs.DurationVar(p, name, fallback, help+" ($"+env+")")
	}
	text(&s.inboxURL, "inbox-url", "AUTOSPOTTING_INBOX_URL", "", "URL of the inbox queue")
	text(&s.workURL, "work-url", "AUTOSPOTTING_WORK_URL", "", "URL of the work queue, a FIFO queue")
	text(&s.table, "table", "AUTOSPOTTING_TABLE", dynamo.DefaultTable, "name of the ledger table")
	text(&s.reportsTopic, "reports-topic", "AUTOSPOTTING_REPORTS_TOPIC", "", "ARN of the topic that spotd publishes to")
	text(&s.eventsTopic, "events-topic", "AUTOSPOTTING_EVENTS_TOPIC", "", "ARN of the topic that EventBridge and the Scheduler publish to")
	text(&s.tag, "tag", "AUTOSPOTTING_TAG", "spot-enabled=true", "KEY=VALUE by which a group opts in")
	text(&s.region, "region", "AWS_REGION", getenv("AWS_DEFAULT_REGION"), "AWS region")
	text(&s.releaseURL, "release-url", "AUTOSPOTTING_RELEASE_URL", "", "prefix of spotd's downloads; none leaves spotd off what is launched")
	text(&s.sums, "spotd-sha256", "AUTOSPOTTING_SPOTD_SHA256", "", "checksums of spotd: amd64=HEX,arm64=HEX")
	text(&s.certificates, "certificates", "AUTOSPOTTING_CERTIFICATES", "", "files with further certificates for identity documents, separated by commas; REGION=FILE for one region")
	text(&s.logLevel, "log-level", "AUTOSPOTTING_LOG_LEVEL", "info", "debug, info, warn or error")
	span(&s.grace, "grace", "AUTOSPOTTING_GRACE", 5*time.Minute, "what an application that nobody probes is given to come up")
	span(&s.drain, "drain", "AUTOSPOTTING_DRAIN", 45*time.Second, "what the group is given to drain an instance that AWS takes, 45s at most")
	span(&s.bootLimit, "boot-limit", "AUTOSPOTTING_BOOT_LIMIT", 15*time.Minute, "beyond the grace, when a replacement that is not ready goes")
	margin := 0.10
	if v := getenv("AUTOSPOTTING_MARGIN"); v != "" {
		var err error
		if margin, err = strconv.ParseFloat(v, 64); err != nil && bad == nil {
			bad = fmt.Errorf("%w: $AUTOSPOTTING_MARGIN: %q is no fraction: write 0.10", errUsage, v)
		}
	}
	fs.Float64Var(&s.margin, "margin", margin, "the least saving, as a fraction of the on-demand price, that is worth a swap ($AUTOSPOTTING_MARGIN)")
	return bad
}

// logger writes JSON lines to standard error, where Lambda and journald read them.
func (s settings) logger() (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(s.logLevel)
	if err != nil {
		return zerolog.Nop(), fmt.Errorf("%w: --log-level %q: write debug, info, warn or error", errUsage, s.logLevel)
	}
	return zerolog.New(os.Stderr).Level(level).With().Timestamp().Str("version", versionText()).Logger(), nil
}

// handler puts the parts together.
func (s settings) handler(c wire.Clients, now func() time.Time, log zerolog.Logger) (*handle.Handler, error) {
	verifier, err := s.verifier()
	if err != nil {
		return nil, err
	}
	key, value, ok := strings.Cut(s.tag, "=")
	if !ok || key == "" {
		return nil, fmt.Errorf("%w: --tag %q: write KEY=VALUE", errUsage, s.tag)
	}
	spotd, err := s.spotd()
	if err != nil {
		return nil, err
	}
	return wire.Handler(wire.Config{
		Region: s.region, InboxURL: s.inboxURL, WorkURL: s.workURL, Table: s.table,
		Topics: handle.Topics{Reports: s.reportsTopic, Events: s.eventsTopic}, TagKey: key, TagValue: value,
		Defaults: decide.Settings{Grace: s.grace, Drain: s.drain, BootLimit: s.bootLimit, Margin: s.margin},
		Spotd:    spotd, Verifier: verifier, Now: now, Log: log,
	}, c), nil
}

func (s settings) verifier() (*identity.Verifier, error) {
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
func (s settings) spotd() (userdata.Settings, error) {
	if s.releaseURL == "" || s.reportsTopic == "" {
		return userdata.Settings{}, nil
	}
	sums, err := parseSums(s.sums)
	return userdata.Settings{Topic: s.reportsTopic, Grace: s.grace, ReleaseURL: s.releaseURL, SHA256: sums}, err
}

// parseSums reads amd64=HEX,arm64=HEX.
func parseSums(list string) (map[string]string, error) {
	sums := map[string]string{}
	for _, one := range strings.Split(list, ",") {
		if one == "" {
			continue
		}
		arch, sum, ok := strings.Cut(one, "=")
		if !ok {
			return nil, fmt.Errorf("%w: checksum %q: write ARCH=HEX, for example amd64=9f86…", errUsage, one)
		}
		sums[strings.TrimSpace(arch)] = strings.TrimSpace(sum)
	}
	return sums, nil
}
