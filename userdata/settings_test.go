package userdata

import (
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sample() Settings {
	return Settings{Topic: "arn:aws:sns:us-east-1:123456789012:reports", Group: "web", Grace: 5 * time.Minute, ReleaseURL: "https://example.com/spotd/v1",
		SHA256: map[string]string{"amd64": strings.Repeat("0a", 32), "arm64": strings.Repeat("1b", 32)}}
}

func TestSettingsAreRefusedByName(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*Settings)
		says   string
	}{
		{"a topic that is no ARN", func(s *Settings) { s.Topic = "reports" }, `topic "reports"`},
		{"no group", func(s *Settings) { s.Group = "" }, "group: empty"},
		{"a group of two lines", func(s *Settings) { s.Group = "a\nb" }, `"a\nb" holds a control character`},
		{"a group that is not UTF-8", func(s *Settings) { s.Group = "a\xff" }, "not UTF-8"},
		{"a negative grace", func(s *Settings) { s.Grace = -1 }, "grace -1ns"},
		{"a file URL", func(s *Settings) { s.ReleaseURL = "file:///tmp" }, `release URL "file:///tmp"`},
		{"no URL", func(s *Settings) { s.ReleaseURL = "" }, `release URL ""`},
		{"no checksum", func(s *Settings) { s.SHA256 = nil }, "SHA-256: want one"},
		{"a checksum that is too short", func(s *Settings) { s.SHA256["amd64"] = "0a" }, `SHA-256 of amd64 "0a"`},
		{"an architecture without spotd", func(s *Settings) { s.SHA256["riscv64"] = s.SHA256["amd64"] }, `SHA-256 of "riscv64"`},
		{"an environment name with a blank", func(s *Settings) { s.Env = map[string]string{"A B": "c"} }, `environment variable "A B"`},
		{"an environment value of two lines", func(s *Settings) { s.Env = map[string]string{"A": "b\nc"} }, `"b\nc"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := sample()
			s.SHA256 = maps.Clone(s.SHA256)
			tt.change(&s)
			out, note, err := Inject([]byte("#!/bin/sh\n"), s)
			if err == nil || !strings.Contains(err.Error(), tt.says) || out != nil || note != "" {
				t.Errorf("got %q, %q, %v; want an error with %q", out, note, err, tt.says)
			}
		})
	}
}

func TestSettingsComeBackAsTheyWereInjected(t *testing.T) {
	t.Parallel()
	awkward := sample()
	awkward.Group, awkward.Grace = `it's "$(rm -rf /)" \'; #'`+"`x` é 数", 90*time.Second
	awkward.Env = map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1/?a='b'", "B": ""}
	single := sample()
	single.SHA256 = map[string]string{"arm64": single.SHA256["arm64"]}
	for _, s := range []Settings{sample(), awkward, single} {
		out, note, err := Inject(nil, s)
		if err != nil || note != "" {
			t.Fatalf("%q, %v", note, err)
		}
		if got, ok := Injected(out); !ok || !reflect.DeepEqual(got, s) {
			t.Errorf("got  %+v\nwant %+v", got, s)
		}
	}
	if _, ok := Injected([]byte("#!/bin/sh\n")); ok {
		t.Error("an owner's script reads as injected")
	}
}
