package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
)

// bare lets the process have no configuration of AWS but what the test gives it.
func bare(t *testing.T, config string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"AWS_CONFIG_FILE": file, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(k, v)
	}
	for _, k := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"} {
		t.Setenv(k, "")
	}
}

func TestACommandLineThatIsNotUnderstoodIsAnsweredInOneLineAndAPointer(t *testing.T) {
	for _, one := range []struct{ line, says string }{
		{"", "no command"},
		{"instal", `no command "instal"`},
		{"up --regoin x", "up: flag provided but not defined: -regoin"},
		{"up --region", "up: flag needs an argument: -region"},
		{"up extra", `unexpected argument "extra"`},
		{"up --parameter Grace", "write KEY=VALUE"},
		{"up --parameter Grase=1s --region eu-west-1", "--parameter Grase: the stack has no such parameter; it has AlarmTopicArn, "},
		{"status --format yaml", `--format "yaml": write text or json`},
		{"status --poll 0s", "--poll 0s: write a time above nothing"},
		{"status", "no region: give --region, $AWS_REGION, or a profile that has one"},
		{"down --bucket mine --region eu-west-1", "down: flag provided but not defined: -bucket"},
		{"template", "name one template: artifacts or autospotting"},
		{"template lambda", "lambda"},
		{"logs --follow --format json --region eu-west-1", "--follow never ends"},
	} {
		t.Run(one.line, func(t *testing.T) {
			bare(t, "")
			var out, said strings.Builder
			if code := execute(strings.Fields(one.line), strings.NewReader(""), &out, &said); code != exitUsage {
				t.Errorf("exit %d", code)
			}
			lines := strings.Split(strings.TrimSpace(said.String()), "\n")
			if len(lines) != 2 || !strings.HasPrefix(lines[0], "deploy: ") || !strings.Contains(lines[0], one.says) || lines[1] != "Try deploy --help." || out.Len() > 0 {
				t.Errorf("it says %q, and on standard output %q", said.String(), out.String())
			}
		})
	}
}

func TestHelpIsWhatWasAskedFor(t *testing.T) {
	for _, line := range []string{"--help", "up --help", "template -h"} {
		var out, said strings.Builder
		if code := execute(strings.Fields(line), strings.NewReader(""), &out, &said); code != exitDone || said.Len() > 0 || !strings.Contains(out.String(), "usage: deploy ") {
			t.Errorf("%s: exit %d, %q, %q", line, code, out.String(), said.String())
		}
	}
}

// Whoever has a profile with a region need not name it again. The profile's keys reach nobody: there is no endpoint.
func TestTheRegionOfAProfileIsTaken(t *testing.T) {
	bare(t, "[profile shop]\nregion = eu-west-3\naws_access_key_id = AK\naws_secret_access_key = secret\nretry_mode = standard\nmax_attempts = 1\n")
	o := &options{profile: "shop"}
	if err := o.configured(t.Context()); err != nil || o.regions.String() != "eu-west-3" {
		t.Errorf("the region is %q (%v)", o.regions.String(), err)
	}
	o = &options{profile: "shop", regions: list{"us-east-1"}}
	if err := o.configured(t.Context()); err != nil || o.regions.String() != "us-east-1" {
		t.Errorf("a region that was named became %q (%v)", o.regions.String(), err)
	}
}

func TestWhatAWSAnswersIsSaidInOneLine(t *testing.T) {
	api := func(code, message string) error {
		return fmt.Errorf("list the stacks: operation error CloudFormation: DescribeStacks, https response error StatusCode: 400, RequestID: 1-2-3, api error %w", &smithy.GenericAPIError{Code: code, Message: message})
	}
	for _, one := range []struct {
		err  error
		want string
	}{
		{api("Throttling", "Rate\n  exceeded"), "list the stacks: Throttling: Rate exceeded"},
		{api("AccessDenied", "User me may not"), "not allowed: User me may not (docs/install.md lists what the installer needs)"},
		{api("ExpiredToken", "old"), "the credentials have expired: sign in again"},
		{api("InvalidClientTokenId", "bad"), "the credentials are not accepted (InvalidClientTokenId): check --profile or the keys in the environment"},
		{errors.New("get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found"), "no credentials: give --profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment"},
	} {
		if got := explain(one.err); got != one.want {
			t.Errorf("%q, want %q", got, one.want)
		}
	}
}
