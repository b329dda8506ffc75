package update

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// The phases of an update. Before and after one, messages go to what is installed, $LATEST, so that whoever installs by hand
// finds nothing in the way.
const (
	idle      = ""
	preparing = "prepare" // messages go to the old version; $LATEST is being changed
	canary    = "canary"  // some messages go to the new version
	all       = "all"     // all messages go to the new version, and it is still watched
	back      = "back"    // messages go to the old version; $LATEST is being restored
)

const latest = "$LATEST"

// Alias is how the stack calls the alias through which messages come.
const Alias = "live"

// state is what is remembered. Lambda keeps 256 characters.
type state struct {
	Serial  int64  `json:"serial,omitempty"`  // of the last release that was begun or found installed
	Version string `json:"version,omitempty"` // its version
	Failed  bool   `json:"failed,omitempty"`  // it was rolled back, and is not tried again
	Phase   string `json:"phase,omitempty"`
	Since   int64  `json:"since,omitempty"` // when the phase began, seconds since 1970
	Old     string `json:"old,omitempty"`   // the function version of before
	New     string `json:"new,omitempty"`   // that of the release
}

// alias is where messages go, and what is remembered with it.
type alias struct {
	state
	revision *string
}

func (u *Updater) alias(ctx context.Context) (alias, error) {
	out, err := u.Lambda.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: &u.Function, Name: &u.Alias})
	if err != nil {
		return alias{}, fmt.Errorf("look at alias %s of %s: %w", u.Alias, u.Function, err)
	}
	a := alias{revision: out.RevisionId}
	if text := aws.ToString(out.Description); strings.HasPrefix(text, "{") {
		if err := json.Unmarshal([]byte(text), &a.state); err != nil {
			return a, fmt.Errorf("alias %s of %s remembers %q: %w: empty its description", u.Alias, u.Function, text, err)
		}
	}
	return a, nil
}

// point lets messages go to a function version, a share of them to another, and remembers s with it. It fails if anybody else
// changed the alias since a was read.
func (u *Updater) point(ctx context.Context, a alias, version string, share map[string]float64, s state) (alias, error) {
	s.Since = u.Now().Unix()
	text, err := json.Marshal(s)
	if err != nil {
		return a, err
	}
	if share == nil {
		share = map[string]float64{}
	}
	out, err := u.Lambda.UpdateAlias(ctx, &lambda.UpdateAliasInput{FunctionName: &u.Function, Name: &u.Alias, FunctionVersion: &version, Description: aws.String(string(text)),
		RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: share}, RevisionId: a.revision})
	if err != nil {
		return a, fmt.Errorf("point alias %s of %s to %s: %w", u.Alias, u.Function, version, err)
	}
	u.Log.Info().Str("phase", s.Phase).Str("release", s.Version).Int64("serial", s.Serial).Str("to", version).Interface("share", share).Msg("alias moved")
	return alias{s, out.RevisionId}, nil
}

// Remembered tells from the alias's description which release is under way, and how far it is; an empty phase is none.
func Remembered(description string) (version, phase string) {
	var s state
	if json.Unmarshal([]byte(description), &s) != nil {
		return "", ""
	}
	return s.Version, s.Phase
}

func (s state) age(now time.Time) time.Duration { return now.Sub(time.Unix(s.Since, 0)) }

// ended is what is remembered of an update that is over.
func (s state) ended(failed bool) state {
	return state{Serial: s.Serial, Version: s.Version, Failed: failed}
}
