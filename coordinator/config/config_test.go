package config

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"flag"
	"maps"
	"testing"

	"autospotting/pkg/channel"
	"autospotting/pkg/cli"
)

func TestSpotdIsToldToUpdateItselfOnlyIfTheOwnerSaysSo(t *testing.T) {
	t.Parallel()
	key := channel.FormatKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize)).Public().(ed25519.PublicKey))
	const at = "s3://bucket/channel/stable.json"
	for _, c := range []struct {
		name string
		env  map[string]string
		want map[string]string
		bad  bool
	}{
		{"nothing said", nil, nil, false},
		{"a channel and its key", map[string]string{"AUTOSPOTTING_SPOTD_UPDATE_CHANNEL": at, "AUTOSPOTTING_SPOTD_UPDATE_KEYS": key}, map[string]string{"SPOTD_UPDATE_CHANNEL": at, "SPOTD_UPDATE_KEYS": key}, false},
		{"a key alone", map[string]string{"AUTOSPOTTING_SPOTD_UPDATE_KEYS": key}, nil, false},
		{"a channel that nobody could believe", map[string]string{"AUTOSPOTTING_SPOTD_UPDATE_CHANNEL": at}, nil, true},
		{"a key that is none", map[string]string{"AUTOSPOTTING_SPOTD_UPDATE_CHANNEL": at, "AUTOSPOTTING_SPOTD_UPDATE_KEYS": "key"}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{"AUTOSPOTTING_RELEASE_URL": "s3://bucket/spotd/v1", "AUTOSPOTTING_REPORTS_TOPIC": "arn:aws:sns:eu-west-1:123456789012:reports", "AUTOSPOTTING_SPOTD_SHA256": "amd64=00"}
			maps.Copy(env, c.env)
			var o Options
			if err := o.Flags(flag.NewFlagSet("", flag.ContinueOnError), func(name string) string { return env[name] }); err != nil {
				t.Fatal(err)
			}
			s, err := o.spotd()
			if errors.Is(err, cli.ErrUsage) != c.bad || !maps.Equal(s.Env, c.want) {
				t.Errorf("%v, %v", s.Env, err)
			}
		})
	}
}

func TestTagsOfTheInstallationAreReadOrRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		list string
		want map[string]string
		bad  bool
	}{
		{"", map[string]string{}, false},
		{"CostCenter=42,owner=Team A", map[string]string{"CostCenter": "42", "owner": "Team A"}, false},
		{"CostCenter=", map[string]string{"CostCenter": ""}, false},
		{"CostCenter", nil, true},
		{"=42", nil, true},
		{"aws:x=1", nil, true},
		{"AutoSpotting-group=web", nil, true},
	} {
		if got, err := ParseTags(c.list); errors.Is(err, cli.ErrUsage) != c.bad || !maps.Equal(got, c.want) {
			t.Errorf("%q: %v, %v", c.list, got, err)
		}
	}
}
