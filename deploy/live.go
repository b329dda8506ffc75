package main

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"autospotting/coordinator/update"
	"autospotting/deploy/cfn"
	"autospotting/pkg/channel"
)

// followed is what a release channel made of an installation since it was installed.
type followed struct {
	Version string `json:"version"`         // that is installed, whoever did it
	Phase   string `json:"phase,omitempty"` // of an update that is under way
	To      string `json:"to,omitempty"`    // its version
	sums    string // of spotd
}

// followed looks at the function, where it follows a channel; nothing where it does not.
func (s *site) followed(ctx context.Context, before cfn.State) (f followed, err error) {
	name := before.Outputs["FunctionName"]
	if before.Parameters["UpdateChannel"] == "" || name == "" {
		return f, nil
	}
	out, err := s.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if absent(err) {
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("look at what the release channel installed: %w", err)
	}
	f.Version = update.Release(aws.ToString(out.Description))
	if out.Environment != nil {
		f.sums = out.Environment.Variables["AUTOSPOTTING_SPOTD_SHA256"]
	}
	alias, err := s.lambda.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: &name, Name: aws.String(update.Alias)})
	if absent(err) {
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("look at what the release channel is doing: %w", err)
	}
	if f.To, f.Phase = update.Remembered(aws.ToString(alias.Description)); f.Phase == "" {
		f.To = ""
	}
	return f, nil
}

// keeps tells whether the release that the channel brought stays in the place of an older one, or one of no known age. An update
// that is under way is not disturbed. Either is done all the same when it is asked for.
func (s *site) keeps(f followed, before cfn.State, version string) (bool, error) {
	switch {
	case s.overChannel:
		return false, nil
	case f.Phase != "":
		return false, fmt.Errorf("the release channel is bringing version %s (%s): wait until spotctl status says no more of it, or give --over-channel to install %s instead", f.To, f.Phase, version)
	case f.Version == "" || f.Version == version || f.Version == versionIn(before.Parameters["FunctionKey"]):
		return false, nil
	}
	if order, comparable := channel.Compare(version, f.Version); comparable && order >= 0 {
		return false, nil
	}
	s.tell("version %s came by the release channel and is kept; --over-channel puts %s in its place", f.Version, version)
	return true, nil
}

// keep lets the stack say what the channel installed, as if it had been installed from here: the updater left it in the bucket.
func (f followed) keep(said map[string]string) {
	old := versionIn(said["FunctionKey"])
	said["FunctionKey"] = path.Join("function", f.Version, path.Base(said["FunctionKey"]))
	said["SpotdSHA256"] = f.sums
	if said["ReleaseURL"] != "" { // else spotd is off
		said["ReleaseURL"] = strings.TrimSuffix(said["ReleaseURL"], old) + f.Version
	}
}
