package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"autospotting/spotd/fakes"
)

func TestABadValueIsNamedWithItsRemedy(t *testing.T) {
	good := []string{"--topic", fakes.Topic, "--group", "web"}
	for _, c := range []struct {
		name string
		args []string
		env  map[string]string
		want []string
	}{
		{"no topic", []string{"--group", "web"}, nil, []string{"--topic", "want arn:aws:sns:"}},
		{"a FIFO topic", []string{"--topic", fakes.Topic + ".fifo", "--group", "web"}, nil, []string{"--topic", "standard topic"}},
		{"a queue for a topic", []string{"--topic", "arn:aws:sqs:eu-west-1:123456789012:q", "--group", "web"}, nil, []string{"--topic"}},
		{"no group", []string{"--topic", fakes.Topic}, nil, []string{"--group", "want 1 to 255"}},
		{"a colon in the group", []string{"--topic", fakes.Topic, "--group", "a:b"}, nil, []string{"--group", "without a colon"}},
		{"a grace that is no time", append(good[:4:4], "--grace", "five"), nil, []string{"--grace", `"five"`, "want for instance"}},
		{"a grace without a unit", append(good[:4:4], "--grace", "300"), nil, []string{"--grace", `"300"`}},
		{"a negative grace", append(good[:4:4], "--grace", "-1s"), nil, []string{"--grace", "from 0s"}},
		{"a poll that would miss a notice", append(good[:4:4], "--poll", "5m"), nil, []string{"--poll", "to 1m0s"}},
		{"an empty state directory", append(good[:4:4], "--state-dir", ""), nil, []string{"--state-dir", "want a directory"}},
		{"a level that is none", append(good[:4:4], "--log-level", "loud"), nil, []string{"--log-level", "want debug"}},
		{"a bad value in the environment", good, map[string]string{"SPOTD_GRACE": "five"}, []string{"SPOTD_GRACE", `"five"`}},
		{"an address family that is none", good, map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPX"}, []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "want IPv4 or IPv6"}},
		{"a flag that is none", append(good[:4:4], "--colour", "red"), nil, []string{"-colour"}},
		{"a word too many", append(good[:4:4], "now"), nil, []string{`"now"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(c.args, func(key string) string { return c.env[key] })
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestFlagsGoBeforeTheEnvironmentBeforeTheDefaults(t *testing.T) {
	env := map[string]string{"SPOTD_TOPIC": fakes.Topic, "SPOTD_GROUP": "from the environment", "SPOTD_GRACE": "1m"}
	got, err := Read([]string{"--grace=90s"}, func(key string) string { return env[key] })
	want := Config{
		Topic: fakes.Topic, Group: "from the environment", Grace: 90 * time.Second, Poll: 2 * time.Second,
		Probe: "none", ProbeInterval: 2 * time.Second, ProbeTimeout: 15 * time.Minute, ProbeOverdue: OverdueWait,
		Handlers: "/etc/spotd/terminating.d", RootHandlers: "/etc/spotd/terminating.root.d", DrainHandlers: "/etc/spotd/drain.d", RootDrainHandlers: "/etc/spotd/drain.root.d", HandlerTimeout: time.Minute,
		PollTargets: 10 * time.Second, PollEvents: time.Minute, StateDir: "/var/lib/spotd", LogLevel: zerolog.InfoLevel,
		UpdateEvery: 6 * time.Hour, UpdatePatience: 2 * time.Minute,
	}
	got.Given = nil
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got.Region() != "eu-west-1" {
		t.Errorf("region %q", got.Region())
	}
}
