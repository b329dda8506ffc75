package update

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"autospotting/pkg/channel"
)

// The variables of the function that say what new instances get.
const (
	varURL  = "AUTOSPOTTING_RELEASE_URL"
	varSums = "AUTOSPOTTING_SPOTD_SHA256"
)

// describe is the function's description: the one place where a version of the function says which release it is.
func describe(version string) string { return "AutoSpotting " + version }

// one is the function at one of its versions.
type one struct {
	*lambda.GetFunctionConfigurationOutput
}

// Release reads from a function's description which release it is.
func Release(description string) string {
	return description[strings.LastIndexByte(description, ' ')+1:]
}

func (o one) release() string { return Release(aws.ToString(o.Description)) }

func (o one) variables() map[string]string {
	if o.Environment == nil {
		return nil
	}
	return o.Environment.Variables
}

// same tells whether both run the same code with the same settings.
func (o one) same(p one) bool {
	return aws.ToString(o.CodeSha256) == aws.ToString(p.CodeSha256) && aws.ToString(o.Description) == aws.ToString(p.Description) &&
		maps.Equal(o.variables(), p.variables()) && aws.ToInt32(o.MemorySize) == aws.ToInt32(p.MemorySize) && aws.ToInt32(o.Timeout) == aws.ToInt32(p.Timeout)
}

func (u *Updater) function(ctx context.Context, version string) (one, error) {
	out, err := u.Lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &u.Function, Qualifier: &version})
	if err != nil {
		return one{}, fmt.Errorf("look at %s:%s: %w", u.Function, version, err)
	}
	// Without the right to decrypt them they look like none, and writing them back would empty them.
	if out.Environment != nil && out.Environment.Error != nil {
		return one{}, fmt.Errorf("read the settings of %s:%s: %s", u.Function, version, aws.ToString(out.Environment.Error.Message))
	}
	return one{out}, nil
}

// errBusy says that Lambda is still at work with the last change: the next tick goes on.
var errBusy = errors.New("the function is still being changed")

// looks is how often a change is looked after within one tick.
const looks = 20

// settled waits until Lambda is done with the last change.
func (u *Updater) settled(ctx context.Context) (one, error) {
	for range looks {
		f, err := u.function(ctx, latest)
		if err != nil {
			return f, err
		}
		switch f.LastUpdateStatus {
		case types.LastUpdateStatusFailed:
			return f, fmt.Errorf("the last change of %s failed: %s", u.Function, aws.ToString(f.LastUpdateStatusReason))
		case types.LastUpdateStatusInProgress:
		default:
			return f, nil
		}
		t := time.NewTimer(u.Pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return f, ctx.Err()
		case <-t.C:
		}
	}
	return one{}, errBusy
}

// configure sets what a version of the function is told, and nothing else of it.
func (u *Updater) configure(ctx context.Context, now one, description string, variables map[string]string) (one, error) {
	_, err := u.Lambda.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: &u.Function, Description: &description,
		Environment: &types.Environment{Variables: variables}, RevisionId: now.RevisionId})
	if err != nil {
		return now, fmt.Errorf("change the settings of %s: %w", u.Function, err)
	}
	return u.settled(ctx)
}

// load gives the function the code of a release, from the own bucket, and sees to it that it is that.
func (u *Updater) load(ctx context.Context, now one, key, want string) (one, error) {
	_, err := u.Lambda.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: &u.Function, S3Bucket: &u.Bucket, S3Key: &key, RevisionId: now.RevisionId,
		Architectures: now.Architectures}) // else it is x86_64 (Lambda API reference, UpdateFunctionCode)
	if err != nil {
		return now, fmt.Errorf("give %s the code s3://%s/%s: %w", u.Function, u.Bucket, key, err)
	}
	f, err := u.settled(ctx)
	if err == nil && aws.ToString(f.CodeSha256) != want {
		err = fmt.Errorf("s3://%s/%s: %w: %w: its SHA-256 is %s and not %s", u.Bucket, key, ErrRefused, channel.ErrTampered, aws.ToString(f.CodeSha256), want)
	}
	return f, err
}

// publish keeps what $LATEST is, if it is what it should be, as a version that never changes; once, however often it is asked.
func (u *Updater) publish(ctx context.Context, f one) (string, error) {
	out, err := u.Lambda.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: &u.Function, CodeSha256: f.CodeSha256, RevisionId: f.RevisionId})
	if err != nil {
		return "", fmt.Errorf("publish a version of %s: %w", u.Function, err)
	}
	return aws.ToString(out.Version), nil
}

// codeSum is a SHA-256 as Lambda writes it.
func codeSum(a channel.Artifact) string {
	raw, _ := hex.DecodeString(a.SHA256) // it was checked
	return base64.StdEncoding.EncodeToString(raw)
}

// zipKey is where the code of a version is, as spotctl up puts it there.
func (u *Updater) zipKey(version string) string {
	return path.Join("function", version, "coordinator-"+strings.Replace(u.Arch, "amd64", "x86_64", 1)+".zip")
}

// told is what the function shall be told: the same as before, but for what new instances get. An owner who has spotd elsewhere,
// or wants none, keeps that.
func (u *Updater) told(before map[string]string, m channel.Manifest) map[string]string {
	out := maps.Clone(before)
	if !strings.HasPrefix(out[varURL], u.Releases+"/") {
		return out
	}
	var sums []string
	for _, a := range m.Artifacts {
		switch {
		case a.Kind != channel.Spotd:
		case a.OS == "linux":
			sums = append(sums, a.Arch+"="+a.SHA256)
		default:
			sums = append(sums, a.OS+"-"+a.Arch+"="+a.SHA256)
		}
	}
	out[varURL], out[varSums] = u.Releases+"/"+m.Version, strings.Join(sums, ",")
	return out
}
