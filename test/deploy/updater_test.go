package deploy_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"autospotting/coordinator/update"
	"autospotting/deploy/signing"
	"autospotting/pkg/channel"
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
			t.Errorf("instances and deploy up look for %s in the own bucket", key)
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

// signed is a manifest of v2.0.0 as released, changed, and signed with the keys in a file.
func (i *installation) signed(keyFile string, change func(*channel.Manifest)) []byte {
	i.t.Helper()
	m, _, err := channel.Unverified(i.object(i.releases, "channel/stable.json"))
	must(i.t, m, err)
	change(&m)
	var keys []ed25519.PrivateKey
	if keyFile != "" {
		keys, err = signing.Read(keyFile)
		must(i.t, keys, err)
	}
	raw, err := channel.Seal(m, keys...)
	must(i.t, raw, err)
	return raw
}

// Every refusal of pkg/channel, met by the updater: nothing is changed then.
func TestWhatTheChannelMustNotSayIsRefusedByTheUpdater(t *testing.T) {
	t.Parallel()
	const zip, spotd = "function/v2.0.0/coordinator-arm64.zip", "spotd/v2.0.0/spotd-linux-amd64"
	nothing := func(*channel.Manifest) {}
	for _, c := range []struct {
		name   string
		change func(i *installation)
		says   string
		quiet  bool // it is no failure
	}{
		{"tampered", func(i *installation) {
			raw := i.object(i.releases, "channel/stable.json")
			at := strings.Index(string(raw), `"payload": "`) + 40
			raw[at] ^= 1
			i.put("channel/stable.json", raw)
		}, "tampered", false},
		{"truncated", func(i *installation) {
			raw := i.object(i.releases, "channel/stable.json")
			i.put("channel/stable.json", raw[:len(raw)/2])
		}, "truncated", false},
		{"too large", func(i *installation) {
			i.put("channel/stable.json", append(i.object(i.releases, "channel/stable.json"), make([]byte, channel.MaxManifest)...))
		}, "too large", false},
		{"malformed", func(i *installation) { i.put("channel/stable.json", []byte("<html>")) }, "malformed", false},
		{"unsigned", func(i *installation) { i.put("channel/stable.json", i.signed("", nothing)) }, "unsigned", false},
		{"wrongly signed", func(i *installation) {
			other, _ := i.newKey()
			i.put("channel/stable.json", i.signed(other, nothing))
		}, "wrongly signed", false},
		{"expired", func(i *installation) { i.now = i.now.Add(91 * 24 * time.Hour) }, "expired", false},
		{"of another channel", func(i *installation) {
			i.put("channel/stable.json", i.signed(i.key, func(m *channel.Manifest) { m.Channel = "beta" }))
		}, "of another channel", false},
		{"below the minimum", func(i *installation) {
			i.put("channel/stable.json", i.signed(i.key, func(m *channel.Manifest) { m.Minimum = "v1.5.0" }))
		}, "below the minimum version", false},
		{"of a form to come", func(i *installation) {
			i.put("channel/stable.json", i.signed(i.key, func(m *channel.Manifest) { m.Schema = 2 }))
		}, "newer reader", false},
		{"older", func(i *installation) {
			i.put("channel/stable.json", i.signed(i.key, func(m *channel.Manifest) { m.Version = "v0.9.0" }))
		}, "older than what is known", true},
		{"without a function for it", func(i *installation) {
			i.put("channel/stable.json", i.signed(i.key, func(m *channel.Manifest) { m.Artifacts = m.Artifacts[1:] }))
		}, "no function for linux/arm64", false},
		{"a function that is elsewhere", func(i *installation) {
			i.put("channel/stable.json", i.signed(i.key, func(m *channel.Manifest) { m.Artifacts[0].Name = "channel/x.zip" }))
		}, "is not where", false},
		{"an artefact changed", func(i *installation) { i.put(zip, []byte(strings.Repeat("x", len(i.object(i.releases, zip))))) }, "tampered", false},
		{"an artefact cut", func(i *installation) { i.put(spotd, i.object(i.releases, spotd)[1:]) }, "truncated", false},
		{"an artefact that is longer", func(i *installation) { i.put(spotd, append(i.object(i.releases, spotd), '!')) }, "too large", false},
		{"an artefact that is not there", func(i *installation) {
			_, err := i.s3().DeleteObject(i.t.Context(), &s3.DeleteObjectInput{Bucket: &i.releases, Key: aws.String(zip)})
			must(i.t, zip, err)
		}, "NoSuchKey", false},
		{"another in its place in the own bucket", func(i *installation) { i.write(i.own, spotd, []byte("amd64 v6.6.6")) }, "is another", false},
		{"no channel", func(i *installation) {
			_, err := i.s3().DeleteObject(i.t.Context(), &s3.DeleteObjectInput{Bucket: &i.releases, Key: aws.String("channel/stable.json")})
			must(i.t, zip, err)
		}, "NoSuchKey", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := install(t, "v1.0.0")
			i.t = t
			i.mustRelease(i.key, i.releases, "v2.0.0")
			c.change(i)
			i.asked = nil
			said, err := i.tick(t.Context())
			if (err == nil) != c.quiet || !strings.Contains(said+fmt.Sprint(err), c.says) {
				t.Errorf("%v: %s", err, said)
			}
			for _, asked := range i.asked {
				if strings.Contains(asked, "/functions/") && !strings.HasPrefix(asked, "GET ") {
					t.Errorf("it asked Lambda for %s", asked)
				}
			}
			i.settled("v1.0.0")
		})
	}
}

// A manifest of before, kept by somebody and put back.
func TestAnOldManifestPutBackDoesNothing(t *testing.T) {
	t.Parallel()
	i := install(t, "v1.0.0")
	i.mustRelease(i.key, i.releases, "v2.0.0")
	kept := i.object(i.releases, "channel/stable.json")
	i.mustRelease(i.key, i.releases, "v2.0.1")
	i.mustTick()
	i.later()
	i.later()
	i.settled("v2.0.1")
	newest := i.object(i.releases, "channel/stable.json")
	i.put("channel/stable.json", kept)
	if said := i.mustTick(); !strings.Contains(said, "older than what is known") {
		t.Errorf("it said %s", said)
	}
	i.settled("v2.0.1")
	i.put("channel/stable.json", newest)
	i.mustRelease(i.key, i.releases, "v2.0.0", "--rollback", "--notes", "back, and meant")
	i.mustTick()
	i.later()
	i.later()
	i.settled("v2.0.0")
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
