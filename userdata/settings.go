package userdata

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"autospotting/pkg/lazyregexp"
)

// Settings is what the bootstrap on the instance must know.
type Settings struct {
	Topic string        // ARN of the SNS topic for reports
	Group string        // Auto Scaling group, any printable characters
	Grace time.Duration // from launch to ready where no probe says so
	// Probe is how the application is asked whether it is up, as spotd's
	// --probe; empty leaves that to the image's own configuration.
	Probe string
	// Version is the release of spotd, for the log only: the checksum decides.
	Version string
	// Await has what comes after ours in the boot wait until the instance is a
	// member of its group: until the metadata item
	// autoscaling/target-lifecycle-state is there, at most 120 s.
	Await bool
	// WaitOnly is for Await alone: no spotd is installed, and of the rest only Env counts.
	WaitOnly bool

	// ReleaseURL is the prefix of the downloads, http, https or s3://BUCKET/PREFIX
	// in the topic's region; the binary is ReleaseURL/spotd-linux-ARCH or
	// ReleaseURL/spotd-windows-amd64.exe.
	ReleaseURL string
	// SHA256 maps amd64, arm64 and windows-amd64 to the binary's checksum in
	// hex. What has none gets no spotd.
	SHA256 map[string]string
	// Env is exported before spotd is installed or run, for endpoints of
	// tests; a service manager may not hand it on.
	Env map[string]string
}

// architectures are the builds of spotd.
var architectures = []string{"amd64", "arm64", windows}

var envName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Validate reports everything that is wrong, each with the field's name.
func (s Settings) Validate() error {
	if s.WaitOnly {
		if !s.Await {
			return errors.New("only the wait is asked for, and no wait")
		}
		return nil
	}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !strings.HasPrefix(s.Topic, "arn:") {
		bad("topic %q: want an ARN, for example arn:aws:sns:us-east-1:123456789012:reports", s.Topic)
	}
	if s.Group == "" {
		bad("group: empty, want the name of the Auto Scaling group")
	}
	if s.Grace < 0 {
		bad("grace %v is negative", s.Grace)
	}
	u, err := url.Parse(s.ReleaseURL)
	if err != nil || u.Host == "" || !slices.Contains([]string{"https", "http", "s3"}, u.Scheme) || u.RawQuery != "" || u.Fragment != "" {
		bad("release URL %q: want http, https or s3, a host or bucket and no query", s.ReleaseURL)
	}
	errs = append(errs, s.validateSums()...)
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		if !envName.MatchString(name) {
			bad("environment variable %q: want letters, digits and _", name)
		}
	}
	for _, v := range slices.Concat([]string{s.Topic, s.Group, s.ReleaseURL, s.Probe, s.Version}, slices.Sorted(maps.Values(s.Env))) {
		if !printable(v) {
			bad("setting %q holds a control character or is not UTF-8", v)
		}
	}
	return errors.Join(errs...)
}

func (s Settings) validateSums() []error {
	var errs []error
	if len(s.SHA256) == 0 {
		errs = append(errs, errors.New("SHA-256: want one for amd64, arm64 or windows-amd64"))
	}
	for _, arch := range slices.Sorted(maps.Keys(s.SHA256)) {
		if !slices.Contains(architectures, arch) {
			errs = append(errs, fmt.Errorf("SHA-256 of %q: want %s", arch, strings.Join(architectures, ", ")))
		}
		if sum, err := hex.DecodeString(s.SHA256[arch]); err != nil || len(sum) != 32 {
			errs = append(errs, fmt.Errorf("SHA-256 of %s %q: want 64 hexadecimal digits", arch, s.SHA256[arch]))
		}
	}
	return errs
}

// printable says that a value fits on one line of a script.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
