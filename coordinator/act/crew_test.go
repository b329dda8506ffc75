package act

import (
	"cmp"
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
			came, err := a.crew(t.Context(), described{world: decide.Group{Name: "web", Enabled: true}, settings: settings.Settings{MinimalProfile: c.allowed, Probe: "tcp:80"}}, data, false)
			note := came.note
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

// onWeb is a template of an image that is known, and of a profile.
func onWeb(a *Actor, data string) *types.RequestLaunchTemplateData {
	a.cache.images.put("ami-web", types.Image{ImageId: aws.String("ami-web"), Name: aws.String("web")})
	return &types.RequestLaunchTemplateData{ImageId: aws.String("ami-web"), UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(data))),
		IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("web")}}
}

// A boot that needs membership waits for it, whatever becomes of spotd, and it is said where it would not.
func TestABootThatNeedsMembershipWaits(t *testing.T) {
	t.Parallel()
	off := &types.LaunchTemplateInstanceMetadataOptionsRequest{HttpEndpoint: "disabled"}
	script := "#!/bin/sh\ncfn-init --stack s --resource G\n"
	for _, c := range []struct {
		name, image, data string
		from              userdata.Settings
		left, noSpotd     bool // not enabled any more; the owner keeps spotd out
		noProfile         bool
		metadata          *types.LaunchTemplateInstanceMetadataOptionsRequest
		waits, alone      bool
		says              string
	}{
		{name: "with spotd", from: spotd(), data: script, waits: true},
		{name: "without a profile", from: spotd(), data: script, noProfile: true, waits: true, alone: true},
		{name: "where the owner keeps spotd out", from: spotd(), data: script, noSpotd: true, waits: true, alone: true},
		{name: "without a release", data: script, waits: true, alone: true},
		{name: "on the way back", from: spotd(), data: script, left: true, waits: true, alone: true},
		{name: "not without the metadata", from: spotd(), data: script, metadata: off, says: "switches off the instance metadata"},
		{name: "nor where somebody else reads the user data", from: spotd(), image: "alpine-3.20.3-x86_64-uefi-tiny-r0", data: script, says: "reads no message"},
		{name: "nor on the way back there", from: spotd(), image: "alpine-3.20.3-x86_64-uefi-tiny-r0", data: script, left: true, says: "reads no message"},
		{name: "nor where something of the owner's comes first", from: spotd(), data: "#include\nhttps://example.com/boot\n", waits: true, says: "include"},
		{name: "nor where it takes nothing of ours", from: spotd(), data: "[settings.host-containers.admin]\nenabled = true\n", says: "Bottlerocket"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := &Actor{Config: Config{Spotd: c.from}}
			data := onWeb(a, c.data)
			if c.noProfile {
				data.IamInstanceProfile = nil
			}
			a.cache.images.put("ami-web", types.Image{ImageId: aws.String("ami-web"), Name: aws.String(cmp.Or(c.image, "web"))})
			data.MetadataOptions = c.metadata
			g := described{world: decide.Group{Name: "web", Enabled: !c.left}, settings: settings.Settings{NoSpotd: c.noSpotd, Probe: "tcp:80"}}
			for range 2 { // the second is from memory
				copied := *data
				came, err := a.crew(t.Context(), g, &copied, true)
				raw, _ := base64.StdEncoding.DecodeString(*copied.UserData)
				s, ours := userdata.Injected(raw)
				if came.mute != (!c.waits || c.alone) {
					t.Errorf("mute %t", came.mute)
				}
				if err != nil || ours != c.waits || s.Await != c.waits || s.WaitOnly != c.alone || (came.hasty == "") != (c.says == "") || !strings.Contains(came.hasty, c.says) {
					t.Errorf("%+v, %v: ours %t, %+v", came, err, ours, s)
				}
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
			data := onWeb(a, "")
			came, err := a.crew(t.Context(), described{world: decide.Group{Name: "web", Enabled: true}, settings: settings.Settings{Probe: c.probe, Grace: c.grace}}, data, false)
			note := came.note
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
		member                   bool
	}{
		{"at first", "web", "#!/bin/sh\necho 1\n", "tcp:80", time.Minute, "", false},
		{"the same again", "web", "#!/bin/sh\necho 1\n", "tcp:80", time.Minute, "", false},
		{"other user data", "web", "#!/bin/sh\necho 2\n", "tcp:80", time.Minute, "", false},
		{"another probe", "web", "#!/bin/sh\necho 2\n", "tcp:81", time.Minute, "", false},
		{"another grace", "web", "#!/bin/sh\necho 2\n", "tcp:81", 2 * time.Minute, "", false},
		{"none, which is noted", "web", "#!/bin/sh\necho 2\n", "", 2 * time.Minute, "no probe is set", false},
		{"the note is said again", "web", "#!/bin/sh\necho 2\n", "", 2 * time.Minute, "no probe is set", false},
		{"another group of the same words", "app", "#!/bin/sh\necho 2\n", "", 2 * time.Minute, "no probe is set", false},
		{"a boot that waits", "app", "#!/bin/sh\necho 2\n", "", 2 * time.Minute, "no probe is set", true},
		{"back again", "web", "#!/bin/sh\necho 1\n", "tcp:80", time.Minute, "", false},
	} {
		data := onWeb(a, step.data)
		came, err := a.crew(t.Context(), described{world: decide.Group{Name: step.group, Enabled: true}, settings: settings.Settings{Probe: step.probe, Grace: step.grace}}, data, step.member)
		note := came.note
		if err != nil || (note == "") != (step.says == "") || !strings.Contains(note, step.says) {
			t.Errorf("%s: says %q, %v; want %q", step.name, note, err, step.says)
		}
		raw, _ := base64.StdEncoding.DecodeString(*data.UserData)
		if s, ok := userdata.Injected(raw); !ok || s.Group != step.group || s.Probe != step.probe || s.Grace != step.grace || s.Await != step.member || string(userdata.Remove(raw)) != step.data {
			t.Errorf("%s: on board: %v, %+v with %q", step.name, ok, s, userdata.Remove(raw))
		}
	}
}
