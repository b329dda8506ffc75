package act

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/settings"
	"autospotting/userdata"
)

func TestSpotdIsOnBoardWhereItCanSpeakAndTheReasonIsSaidWhereItIsNot(t *testing.T) {
	t.Parallel()
	const ours = "arn:aws:iam::123456789012:instance-profile/minimal"
	theirs := &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("web")}
	for _, c := range []struct {
		name    string
		spotd   userdata.Settings
		profile string // the installation's
		allowed bool
		from    *types.LaunchTemplateIamInstanceProfileSpecificationRequest
		data    string
		aboard  bool
		has     string // the profile that is launched with
		says    string
	}{
		{name: "the owner's profile stays", spotd: spotd(), profile: ours, allowed: true, from: theirs, aboard: true, has: "web"},
		{name: "the installation's is given where the owner lets us", spotd: spotd(), profile: ours, allowed: true, aboard: true, has: ours},
		{name: "and not where he does not", spotd: spotd(), profile: ours, says: "no instance profile"},
		{name: "nor where the installation has none", spotd: spotd(), allowed: true, says: "none to give"},
		{name: "without a release there is no spotd", profile: ours, allowed: true, says: "names no release"},
		{name: "what cannot take it passes, with the reason", spotd: spotd(), from: theirs, data: "[settings.host-containers.admin]\nenabled = true\n", has: "web", says: "user data passed through unchanged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &Actor{Config: Config{Spotd: c.spotd, Profile: c.profile}}
			data := &types.RequestLaunchTemplateData{ImageId: aws.String("ami-web"), IamInstanceProfile: c.from, UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(c.data)))}
			a.cache.images.put("ami-web", types.Image{ImageId: aws.String("ami-web"), Name: aws.String("web")})
			note, err := a.crew(t.Context(), described{world: decide.Group{Name: "web"}, settings: settings.Settings{MinimalProfile: c.allowed, Probe: "tcp:80"}}, data)
			if err != nil {
				t.Fatal(err)
			}
			if (note == "") != (c.says == "") || !strings.Contains(note, c.says) {
				t.Errorf("says %q, want %q", note, c.says)
			}
			raw, _ := base64.StdEncoding.DecodeString(*data.UserData)
			if _, aboard := userdata.Injected(raw); aboard != c.aboard {
				t.Errorf("on board: %v", aboard)
			}
			has := ""
			if p := data.IamInstanceProfile; p != nil {
				has = aws.ToString(p.Name) + aws.ToString(p.Arn)
			}
			if has != c.has {
				t.Errorf("launched with the profile %q, want %q", has, c.has)
			}
		})
	}
}

func TestSpotdIsGivenTheGroupsProbeAndItIsSaidWhatComesOfNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, probe string
		grace       time.Duration
		says        string
	}{
		{"a probe", "http://127.0.0.1:8080/health", 5 * time.Minute, ""},
		{"none, and a grace that fits into a notice", "", 90 * time.Second, ""},
		{"none, and a grace that just does", "", noticeRoom, ""},
		{"none, and a grace that does not", "", 5 * time.Minute, "counts as ready only 5m0s after its launch"},
		{"none on purpose", "none", 5 * time.Minute, "set probe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &Actor{Config: Config{Spotd: spotd()}}
			data := &types.RequestLaunchTemplateData{UserData: aws.String("")}
			note, err := a.inject(described{world: decide.Group{Name: "web"}, settings: settings.Settings{Probe: c.probe, Grace: c.grace}}, data)
			if err != nil || (note == "") != (c.says == "") || !strings.Contains(note, c.says) {
				t.Errorf("says %q, %v; want %q", note, err, c.says)
			}
			raw, _ := base64.StdEncoding.DecodeString(*data.UserData)
			if s, ok := userdata.Injected(raw); !ok || s.Probe != c.probe || s.Grace != c.grace {
				t.Errorf("on board: %v, %+v", ok, s)
			}
		})
	}
}

// What was put on board last is remembered: whatever it was made of, a change shows, in every group by itself.
func TestAChangeOfWhatSpotdIsGivenShowsAtOnce(t *testing.T) {
	t.Parallel()
	a := &Actor{Config: Config{Spotd: spotd()}}
	for _, step := range []struct {
		name, group, data, probe string
		grace                    time.Duration
		says                     string
	}{
		{"at first", "web", "#!/bin/sh\necho 1\n", "tcp:80", time.Minute, ""},
		{"the same again", "web", "#!/bin/sh\necho 1\n", "tcp:80", time.Minute, ""},
		{"other user data", "web", "#!/bin/sh\necho 2\n", "tcp:80", time.Minute, ""},
		{"another probe", "web", "#!/bin/sh\necho 2\n", "tcp:81", time.Minute, ""},
		{"another grace", "web", "#!/bin/sh\necho 2\n", "tcp:81", 2 * time.Minute, ""},
		{"none, which is noted", "web", "#!/bin/sh\necho 2\n", "", 2 * time.Minute, "no probe is set"},
		{"the note is said again", "web", "#!/bin/sh\necho 2\n", "", 2 * time.Minute, "no probe is set"},
		{"another group of the same words", "app", "#!/bin/sh\necho 2\n", "", 2 * time.Minute, "no probe is set"},
		{"back again", "web", "#!/bin/sh\necho 1\n", "tcp:80", time.Minute, ""},
	} {
		data := &types.RequestLaunchTemplateData{UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(step.data)))}
		note, err := a.inject(described{world: decide.Group{Name: step.group}, settings: settings.Settings{Probe: step.probe, Grace: step.grace}}, data)
		if err != nil || (note == "") != (step.says == "") || !strings.Contains(note, step.says) {
			t.Errorf("%s: says %q, %v; want %q", step.name, note, err, step.says)
		}
		raw, _ := base64.StdEncoding.DecodeString(*data.UserData)
		if s, ok := userdata.Injected(raw); !ok || s.Group != step.group || s.Probe != step.probe || s.Grace != step.grace || string(userdata.Remove(raw)) != step.data {
			t.Errorf("%s: on board: %v, %+v with %q", step.name, ok, s, userdata.Remove(raw))
		}
	}
}
