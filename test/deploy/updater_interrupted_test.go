package deploy_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// stopWhilePreparing ends a tick after the alias was first written.
func (i *installation) stopWhilePreparing() {
	i.t.Helper()
	ctx, cancel := context.WithCancel(i.t.Context())
	defer cancel()
	i.cut = cancel
	i.cutIf = func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/aliases/")
	}
	_, _ = i.tick(ctx)
	i.cutIf = nil
}

// What an owner installs while an update is under way stays, and gets all messages; then the update begins anew from there.
func TestAnOwnerWhoInstallsDuringAnUpdateWins(t *testing.T) {
	t.Parallel()
	for _, phase := range []string{"prepare", "canary", "all"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			i := install(t, "v1.0.0")
			i.t = t
			i.mustRelease(i.key, i.releases, "v2.0.0")
			switch phase {
			case "prepare":
				i.stopWhilePreparing()
			case "all":
				i.mustTick()
				i.later()
			default:
				i.mustTick()
			}
			if _, remembered := i.routes(); !strings.Contains(remembered, `"phase":"`+phase) {
				t.Fatalf("remembered is %s", remembered)
			}
			owners := map[string]string{"AUTOSPOTTING_RELEASE_URL": i.downloads() + "/v1.0.0", "AUTOSPOTTING_GRACE": "120s", "AUTOSPOTTING_MARGIN": "20%"}
			_, err := i.lambda().UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String(functionName), Description: aws.String("AutoSpotting v1.0.0"), Environment: &types.Environment{Variables: owners}})
			must(t, owners, err)
			_, err = i.lambda().UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: aws.String(functionName), S3Bucket: &i.own, S3Key: aws.String("function/v1.0.0/coordinator-arm64.zip")})
			must(t, owners, err)
			if said := i.mustTick(); !strings.Contains(said, "somebody else changed the function") {
				t.Errorf("it said %s", said)
			}
			i.settled("v1.0.0")
			i.mustTick()
			i.later()
			i.later()
			i.settled("v2.0.0")
			out, err := i.lambda().GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(functionName)})
			must(t, out, err)
			if out.Environment.Variables["AUTOSPOTTING_MARGIN"] != "20%" {
				t.Errorf("what the owner set is lost: %v", out.Environment.Variables)
			}
		})
	}
}

// The updater keeps nothing between two requests but what it wrote: ending it at any of them is as good as killing it there.
func TestAnUpdaterThatIsKilledAtAnyRequestIsCarriedOn(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name string
		ends string
		wait func(*installation) // between two ticks
	}{
		{"to the end", "v2.0.0", func(*installation) {}},
		{"and back", "v1.0.0", func(i *installation) {
			if to, _ := i.routes(); len(to) == 2 {
				i.alarm("errors", cwtypes.StateValueAlarm)
			}
		}},
	} {
		whole := install(t, "v1.0.0")
		whole.mustRelease(whole.key, whole.releases, "v2.0.0")
		asked := whole.play(story.wait, 0)
		whole.settled(story.ends)
		if len(asked) < 30 {
			t.Fatalf("%s: it asks only %v", story.name, asked)
		}
		t.Logf("%s: %d requests", story.name, len(asked))
		for n := 1; n <= len(asked); n++ {
			t.Run(fmt.Sprintf("%s/%02d %s", story.name, n, short(asked[n-1])), func(t *testing.T) {
				t.Parallel()
				i := install(t, "v1.0.0")
				i.t = t
				i.mustRelease(i.key, i.releases, "v2.0.0")
				i.play(story.wait, n)
				i.settled(story.ends)
			})
		}
	}
}

// play ticks until nothing is left to do; the nth request is carried out, and the updater that made it gets no answer any more.
func (i *installation) play(wait func(*installation), n int) (asked []string) {
	i.t.Helper()
	for left := n; ; {
		ctx, cancel := context.WithCancel(i.t.Context())
		i.mu.Lock()
		i.asked, i.cutAt, i.cut = nil, left, cancel
		i.mu.Unlock()
		said, err := i.tick(ctx)
		i.mu.Lock()
		this := slices.Clone(i.asked)
		i.asked, i.cutAt = nil, 0
		i.mu.Unlock()
		cut := left > 0 && len(this) >= left
		cancel()
		if err != nil && !cut {
			i.t.Fatalf("%v\n%s", err, said)
		}
		if left -= len(this); cut {
			left = 0
		}
		asked = append(asked, this...)
		to, remembered := i.routes()
		for version := range to {
			if one := i.at(version); one.says != one.code || one.says != one.spotd {
				i.t.Fatalf("messages go to version %s, which is half of this and half of that: %+v; %s", version, one, remembered)
			}
		}
		if len(asked) > 200 {
			i.t.Fatalf("it does not come to an end: %s", said)
		}
		if left <= 0 && !cut && !strings.Contains(remembered, "phase") && strings.Contains(remembered, "serial") {
			return asked
		}
		wait(i)
		i.now = i.now.Add(i.watch)
	}
}
