package deploy_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"autospotting/coordinator/update"
)

// The whole way: released by the command, followed by the updater.
func TestTheFunctionFollowsItsChannelByACanary(t *testing.T) {
	t.Parallel()
	i := install(t, "v1.0.0")
	i.mustRelease(i.key, i.releases, "v1.0.0")
	i.mustTick()
	i.settled("v1.0.0")
	if said := i.mustTick(); !strings.Contains(said, "nothing newer") {
		t.Errorf("it said %s", said)
	}

	i.mustRelease(i.key, i.releases, "v2.0.0", "--notes", "swaps twice as fast")
	tried := ""
	i.invoke = func(version string) string { tried = version; return "" }
	if said := i.mustTick(); !strings.Contains(said, "swaps twice as fast") {
		t.Errorf("it said %s", said)
	}
	i.serves(map[string]float64{"v1.0.0": 0.9, "v2.0.0": 0.1})
	if to, _ := i.routes(); to[tried] != 0.1 {
		t.Errorf("tried was version %q, and messages go to %v", tried, to)
	}
	for _, key := range []string{"function/v2.0.0/coordinator-arm64.zip", "function/v2.0.0/coordinator-x86_64.zip", "spotd/v2.0.0/spotd-linux-amd64", "spotd/v2.0.0/spotd-linux-arm64"} {
		if !slices.Contains(i.objects(i.own), key) {
			t.Errorf("instances and spotctl up look for %s in the own bucket", key)
		}
	}
	i.mustTick()
	i.serves(map[string]float64{"v1.0.0": 0.9, "v2.0.0": 0.1})
	i.later()
	i.serves(map[string]float64{"v2.0.0": 1})
	if to, _ := i.routes(); to["$LATEST"] == 1 {
		t.Error("after the canary it is not watched any more")
	}
	i.later()
	i.settled("v2.0.0")
	i.mustTick()
	i.settled("v2.0.0")
}

func TestAReleaseThatGoesWrongIsTakenBackAndNotTriedAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		goes func(*installation) // from released to back
	}{
		{"it does not start", func(i *installation) {
			i.invoke = func(string) string { return "exit status 1" }
			if said, err := i.tick(i.t.Context()); err == nil || !strings.Contains(said, "exit status 1") {
				i.t.Errorf("%v: %s", err, said)
			}
		}},
		{"an alarm during the canary", func(i *installation) {
			i.mustTick()
			i.serves(map[string]float64{"v1.0.0": 0.9, "v2.0.0": 0.1})
			i.alarm("deficit", cwtypes.StateValueAlarm)
			if said := i.mustTick(); !strings.Contains(said, "alarm deficit is on: the test says so") {
				i.t.Errorf("it said %s", said)
			}
		}},
		{"an alarm after the canary", func(i *installation) {
			i.mustTick()
			i.later()
			i.serves(map[string]float64{"v2.0.0": 1})
			i.alarm("errors", cwtypes.StateValueAlarm)
			i.mustTick()
		}},
		{"the channel is not to be believed any more", func(i *installation) {
			i.stopWhilePreparing()
			i.put("channel/stable.json", []byte("{"))
			if _, err := i.tick(i.t.Context()); err == nil {
				i.t.Error("it went on")
			}
		}},
		{"its code is changed on the way to Lambda", func(i *installation) {
			i.answer = func(r *http.Request, _ []byte) (int, string) {
				if strings.HasSuffix(r.URL.Path, "/code") && i.answer != nil {
					i.answer = nil
					i.write(i.own, "function/v2.0.0/coordinator-arm64.zip", []byte("another"))
				}
				return 0, ""
			}
			if _, err := i.tick(i.t.Context()); err == nil || !strings.Contains(err.Error(), "tampered") {
				i.t.Errorf("it said %v", err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := install(t, "v1.0.0")
			i.t = t
			i.mustRelease(i.key, i.releases, "v2.0.0")
			c.goes(i)
			i.settled("v1.0.0")
			i.alarm("deficit", cwtypes.StateValueOk)
			i.alarm("errors", cwtypes.StateValueOk)
			i.invoke = func(string) string { return "" }
			if c.name != "the channel is not to be believed any more" {
				if said := i.later(); !strings.Contains(said, "waiting for another release") {
					t.Errorf("it said %s", said)
				}
				i.settled("v1.0.0")
			}
			i.mustRelease(i.key, i.releases, "v2.0.1")
			i.mustTick()
			i.later()
			i.later()
			i.settled("v2.0.1")
		})
	}
}

func (i *installation) put(key string, body []byte) { i.write(i.releases, key, body) }

func (a *account) write(bucket, key string, body []byte) {
	a.t.Helper()
	_, err := a.s3().PutObject(a.t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(string(body))})
	must(a.t, key, err)
}

func TestAnUpdateIsNotBegunWhileAnAlarmIsOnOrMissing(t *testing.T) {
	t.Parallel()
	i := install(t, "v1.0.0")
	i.mustRelease(i.key, i.releases, "v2.0.0")
	i.alarm("errors", cwtypes.StateValueAlarm)
	if said := i.mustTick(); !strings.Contains(said, "alarm errors is on") {
		t.Errorf("it said %s", said)
	}
	i.settled("v1.0.0")
	i.alarm("errors", cwtypes.StateValueOk)
	said, err := i.tick(t.Context(), func(u *update.Updater) { u.Watched = append(u.Watched, "deleted") })
	if err != nil || !strings.Contains(said, "there is no alarm deleted") {
		t.Errorf("%v: %s", err, said)
	}
	i.settled("v1.0.0")
	i.mustTick()
	i.serves(map[string]float64{"v1.0.0": 0.9, "v2.0.0": 0.1})
}

func TestAChannelOnTheWebIsFollowedAsWell(t *testing.T) {
	t.Parallel()
	i := install(t, "v1.0.0")
	i.mustRelease(i.key, i.releases, "v2.0.0")
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(i.object(i.releases, strings.TrimPrefix(r.URL.Path, "/releases/")))
	}))
	defer web.Close()
	source, err := update.ParseSource(web.URL + "/releases/channel/stable.json")
	must(t, source, err)
	said, err := i.tick(t.Context(), func(u *update.Updater) { u.Source = source })
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	i.serves(map[string]float64{"v1.0.0": 0.9, "v2.0.0": 0.1})
	for _, bad := range []string{"", "stable", "http://example.com/channel/stable.json", "s3://bucket/stable.json", "https://example.com/channel/../x.json?y", "ftp://x/channel/stable.json"} {
		if _, err := update.ParseSource(bad); err == nil {
			t.Errorf("%q is taken for a channel", bad)
		}
	}
}

// An owner who has spotd elsewhere, or wants none, keeps that.
func TestAnOwnersOwnSpotdIsLeftAlone(t *testing.T) {
	t.Parallel()
	i := install(t, "v1.0.0")
	set := map[string]string{"AUTOSPOTTING_RELEASE_URL": "https://example.com/spotd/v0", "AUTOSPOTTING_GRACE": "120s"}
	_, err := i.lambda().UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String(functionName), Environment: &types.Environment{Variables: set}})
	must(t, set, err)
	i.mustRelease(i.key, i.releases, "v2.0.0")
	i.mustTick()
	out, err := i.lambda().GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(functionName)})
	must(t, out, err)
	if got := fmt.Sprint(out.Environment.Variables); got != fmt.Sprint(set) || aws.ToString(out.Description) != "AutoSpotting v2.0.0" {
		t.Errorf("%s is told %s", aws.ToString(out.Description), got)
	}
}
