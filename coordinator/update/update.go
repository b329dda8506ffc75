package update

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/rs/zerolog"

	"autospotting/pkg/channel"
)

// Updater brings one function to what one channel says.
type Updater struct {
	Lambda LambdaAPI
	Alarms AlarmAPI
	S3     StoreAPI
	HTTP   *http.Client

	Function string // its name
	Alias    string // through which its messages come
	Arch     string // Go's word
	Bucket   string // the installation's own
	Releases string // the address below which instances find VERSION/spotd-…: of the own bucket
	Source   Source
	Keys     []ed25519.PublicKey // who is believed
	Base     string              // the version of the stack, against which a release's minimum is held
	Watched  []string            // names of alarms
	Watch    time.Duration       // how long each of the two steps is watched
	Weight   float64             // the canary's share of the messages, 0 to 1

	Pause time.Duration // between two looks at a change that Lambda makes
	Now   func() time.Time
	Log   zerolog.Logger
}

// Tick does what can be done now.
func (u *Updater) Tick(ctx context.Context) error {
	a, err := u.alias(ctx)
	if err != nil {
		return err
	}
	switch a.Phase {
	case idle:
		err = u.look(ctx, a)
	case preparing:
		err = u.prepare(ctx, a)
	case canary, all:
		err = u.watch(ctx, a)
	case back:
		err = u.restore(ctx, a)
	default:
		err = fmt.Errorf("alias %s of %s is in phase %q, which a newer updater made: run spotctl up", u.Alias, u.Function, a.Phase)
	}
	if errors.Is(err, errBusy) {
		u.Log.Info().Msg(err.Error() + ": the next tick goes on")
		return nil
	}
	return err
}

// look sees whether there is something newer, and begins with it.
func (u *Updater) look(ctx context.Context, a alias) error {
	f, err := u.settled(ctx)
	if err != nil {
		return err
	}
	m, err := u.manifest(ctx, channel.Known{Version: f.release(), Serial: a.Serial})
	if errors.Is(err, channel.ErrOlder) {
		u.Log.Warn().Err(err).Msg("nothing to do") // the owner is ahead of the channel, or a cache behind it
		return nil
	}
	if err != nil {
		return err
	}
	log := u.Log.With().Str("release", m.Version).Int64("serial", m.Serial).Str("installed", f.release()).Logger()
	switch {
	case m.Serial == a.Serial && a.Failed:
		log.Info().Msg("its canary failed: waiting for another release")
		return nil
	case m.Serial == a.Serial:
		log.Debug().Msg("nothing newer")
		return nil
	case m.Version == f.release():
		_, err := u.point(ctx, a, latest, nil, state{Serial: m.Serial, Version: m.Version})
		return err
	}
	if why, err := u.alarmed(ctx); err != nil || why != "" {
		log.Warn().Str("why", why).Msg("not begun")
		return err
	}
	if err := u.mirror(ctx, m); err != nil {
		return err
	}
	old, err := u.publish(ctx, f)
	if err != nil {
		return err
	}
	log.Info().Str("notes", m.Notes).Msg("update begins")
	if a, err = u.point(ctx, a, old, nil, state{Serial: m.Serial, Version: m.Version, Phase: preparing, Old: old}); err != nil {
		return err
	}
	return u.prepare(ctx, a)
}

// prepare makes $LATEST the release while messages go to the old version, and lets the canary begin.
func (u *Updater) prepare(ctx context.Context, a alias) error {
	old, err := u.function(ctx, a.Old)
	if err != nil {
		return err
	}
	m, err := u.manifest(ctx, channel.Known{Version: old.release(), Serial: a.Serial})
	if errors.Is(err, ErrRefused) {
		return errors.Join(err, u.goBack(ctx, a, err.Error()))
	}
	if err != nil {
		return err
	}
	if m.Serial != a.Serial {
		return u.goBack(ctx, a, fmt.Sprintf("release %s was overtaken by %s", a.Version, m.Version))
	}
	f, err := u.settled(ctx)
	if err != nil {
		return err
	}
	if !f.same(old) && f.release() != m.Version {
		return u.yield(ctx, a)
	}
	if f, err = u.become(ctx, f, old, m); errors.Is(err, ErrRefused) {
		return errors.Join(err, u.goBack(ctx, a, err.Error()))
	} else if err != nil {
		return err
	}
	version, err := u.publish(ctx, f)
	if err != nil {
		return err
	}
	if err := u.answers(ctx, version); errors.Is(err, errFails) {
		return errors.Join(err, u.goBack(ctx, a, err.Error()))
	} else if err != nil {
		return err
	}
	s := a.state
	s.Phase, s.New = canary, version
	_, err = u.point(ctx, a, a.Old, map[string]float64{version: u.Weight}, s)
	return err
}

// become changes $LATEST to the release: first what it says of itself, by which the next tick knows how far it came, then its code.
func (u *Updater) become(ctx context.Context, f, old one, m channel.Manifest) (one, error) {
	zip, err := m.Find(channel.Function, "linux", u.Arch)
	if err != nil {
		return f, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if f.release() != m.Version {
		if f, err = u.configure(ctx, f, describe(m.Version), u.told(old.variables(), m)); err != nil {
			return f, err
		}
	}
	if want := codeSum(zip); aws.ToString(f.CodeSha256) != want {
		return u.load(ctx, f, zip.Name, want)
	}
	return f, nil
}

// errFails says that the new version itself is in the wrong, not the way to it.
var errFails = errors.New("it fails at a batch without messages")

// answers hands the new version a batch without messages, before it gets any with: it has to start, and to say that it is done.
func (u *Updater) answers(ctx context.Context, version string) error {
	out, err := u.Lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: &u.Function, Qualifier: &version, Payload: []byte(`{"Records":[]}`)})
	if err != nil {
		return fmt.Errorf("try %s:%s: %w", u.Function, version, err)
	}
	if out.FunctionError != nil {
		return fmt.Errorf("%s:%s: %w: %s", u.Function, version, errFails, strings.ToValidUTF8(string(out.Payload[:min(len(out.Payload), 300)]), ""))
	}
	return nil
}

// watch goes one step on when nothing went wrong for long enough, and back when something does.
func (u *Updater) watch(ctx context.Context, a alias) error {
	fresh, err := u.function(ctx, a.New)
	if err != nil {
		return err
	}
	f, err := u.settled(ctx)
	if err != nil {
		return err
	}
	if !f.same(fresh) {
		return u.yield(ctx, a)
	}
	why, err := u.alarmed(ctx)
	if err != nil {
		return err
	}
	if why != "" {
		return u.goBack(ctx, a, why)
	}
	if a.age(u.Now()) < u.Watch {
		u.Log.Info().Str("phase", a.Phase).Str("release", a.Version).Dur("age_ms", a.age(u.Now())).Msg("watching")
		return nil
	}
	if a.Phase == canary {
		s := a.state
		s.Phase = all
		_, err := u.point(ctx, a, a.New, nil, s)
		return err
	}
	_, err = u.point(ctx, a, latest, nil, a.ended(false))
	return err
}

// alarmed names an alarm that is on, or one that is missing: without it nobody would tell of a bad release.
func (u *Updater) alarmed(ctx context.Context) (string, error) {
	out, err := u.Alarms.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: u.Watched, MaxRecords: aws.Int32(100)})
	if err != nil {
		return "", fmt.Errorf("look at the alarms: %w", err)
	}
	seen := map[string]bool{}
	for _, one := range out.MetricAlarms {
		seen[aws.ToString(one.AlarmName)] = true
		if one.StateValue == cwtypes.StateValueAlarm {
			return fmt.Sprintf("alarm %s is on: %s", aws.ToString(one.AlarmName), aws.ToString(one.StateReason)), nil
		}
	}
	for _, name := range u.Watched {
		if !seen[name] {
			return fmt.Sprintf("there is no alarm %s", name), nil
		}
	}
	return "", nil
}

// yield gives way to whoever changed the function meanwhile: what he installed gets all messages, and is where the next update
// starts from.
func (u *Updater) yield(ctx context.Context, a alias) error {
	u.Log.Warn().Str("release", a.Version).Msg("somebody else changed the function during the update: that stays")
	// One less than what was begun, so that the same release is begun again, and none of before.
	_, err := u.point(ctx, a, latest, nil, state{Serial: a.Serial - 1})
	return err
}

// goBack sends all messages to the old version at once; then $LATEST is made that again.
func (u *Updater) goBack(ctx context.Context, a alias, why string) error {
	u.Log.Error().Str("release", a.Version).Str("why", why).Msg("back to the version of before")
	s := a.state
	s.Phase = back
	a, err := u.point(ctx, a, a.Old, nil, s)
	if err != nil {
		return err
	}
	return u.restore(ctx, a)
}

// restore makes $LATEST what it was: the code first, and last what it says of itself, by which it is known that all is done.
func (u *Updater) restore(ctx context.Context, a alias) error {
	old, err := u.function(ctx, a.Old)
	if err != nil {
		return err
	}
	f, err := u.settled(ctx)
	if err != nil {
		return err
	}
	if f.release() == a.Version && !f.same(old) {
		if want := aws.ToString(old.CodeSha256); aws.ToString(f.CodeSha256) != want {
			if f, err = u.load(ctx, f, u.zipKey(old.release()), want); err != nil {
				return err
			}
		}
		if _, err = u.configure(ctx, f, aws.ToString(old.Description), old.variables()); err != nil {
			return err
		}
	}
	_, err = u.point(ctx, a, latest, nil, a.ended(true))
	return err
}
