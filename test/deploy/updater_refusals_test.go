package deploy_test

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"autospotting/deploy/signing"
	"autospotting/pkg/channel"
)

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
