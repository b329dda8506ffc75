package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"autospotting/coordinator/config"
	"autospotting/deploy/cfn"
	"autospotting/pkg/cli"
)

// among are those of the parameters on the command line that a template has.
func (o *options) among(known []string) map[string]string {
	out := map[string]string{}
	for k, v := range o.parameters {
		if slices.Contains(known, k) {
			out[k] = v
		}
	}
	return out
}

// stackTags are on a stack and all that it makes, beside what it was tagged with before.
func (o *options) stackTags() map[string]string {
	all := maps.Clone(ourTags)
	for k, v := range o.tags {
		if _, ours := ourTags[k]; !ours {
			all[k] = v
		}
	}
	return all
}

// resourceTags is what the function is told to put on what it makes: what is said now over what was said before.
func (o *options) resourceTags(before cfn.State) string {
	if len(o.tags) == 0 {
		return ""
	}
	all := pairs{}
	for _, list := range []string{before.Parameters["ResourceTags"], o.tags.list()} {
		for pair := range strings.SplitSeq(list, ",") {
			_ = all.Set(pair) // one without "=" is none
		}
	}
	return all.list()
}

// list is what a parameter of the stack holds.
func (p pairs) list() string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(p)) {
		out = append(out, k+"="+p[k])
	}
	return strings.Join(out, ",")
}

// taggable is the pattern of ResourceTags for one tag.
var taggable = regexp.MustCompile(`^[A-Za-z0-9_.:/+@ -]+=[A-Za-z0-9_.:/+@ -]*$`)

// tagged refuses tags that the stack or the function could not take.
func (o *options) tagged() error {
	for k, v := range o.tags {
		if !taggable.MatchString(k + "=" + v) {
			return fmt.Errorf("%w: --tag %s=%s: write letters, digits, spaces and _.:/+@- (an IAM policy or a list could not hold the rest)", cli.ErrUsage, k, v)
		}
	}
	_, err := config.ParseTags(o.tags.list())
	return err
}
