package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"autospotting/pkg/cli"
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

// call runs a command line as the binary would.
func call(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e strings.Builder
	code = execute(args, strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

func TestACommandLineThatIsNotUnderstoodIsAnsweredInOneLineAndAPointer(t *testing.T) {
	for _, one := range []struct{ line, says string }{
		{"", "no command"},
		{"instal", `no command "instal"`},
		{"stauts", `no command "stauts": did you mean status?`},
		{"stauts --region x", `no command "stauts": did you mean status?`},
		{"--regoin x up", `no flag "--regoin"`},
		{"up --regoin x", `up: bad usage: no flag "--regoin": did you mean --region?`},
		{"up -regoin x", `up: bad usage: no flag "--regoin": did you mean --region?`},
		{"up -r x", `up: bad usage: no flag "-r"`},
		{"up --region", "up: bad usage: flag needs an argument: --region"},
		{"up --poll soon", `up: bad usage: invalid argument "soon" for "--poll" flag`},
		{"userdata", "userdata: bad usage: give one of inject, remove, show"},
		{"userdata injct --group web", `userdata: bad usage: no command "injct": did you mean inject?`},
		{"userdata inject --grup web", `userdata inject: bad usage: no flag "--grup": did you mean --group?`},
		{"demo extra", `demo: bad usage: unexpected argument "extra"`},
		{"plan --format xml", `plan: bad usage: --format "xml": write text or json`},
		{"simulate --size 0", "simulate: bad usage: --size 0: give a number from 1 to 10000"},
		{"up extra", `unexpected argument "extra"`},
		{"up --parameter Grace", "write KEY=VALUE"},
		{"up --parameter Grase=1s --region eu-west-1", "--parameter Grase: the stack has no such parameter; it has Accept, AlarmTopicArn, "},
		{"status --format yaml", `--format "yaml": write text or json`},
		{"status --poll 0s", "--poll 0s: write a time above nothing"},
		{"status", "no region: give --region, $AWS_REGION, or a profile that has one"},
		{"down --bucket mine --region eu-west-1", `down: bad usage: no flag "--bucket"`},
		{"template", "name one template: artifacts or autospotting"},
		{"template lambda", "lambda"},
		{"logs --follow --format json --region eu-west-1", "--follow never ends"},
	} {
		t.Run(one.line, func(t *testing.T) {
			bare(t, "")
			var out, said strings.Builder
			if code := execute(strings.Fields(one.line), strings.NewReader(""), &out, &said); code != cli.Bad {
				t.Errorf("exit %d", code)
			}
			lines := strings.Split(strings.TrimSpace(said.String()), "\n")
			if len(lines) != 2 || !strings.HasPrefix(lines[0], "spotctl: ") || !strings.Contains(lines[0], one.says) || lines[1] != "Try spotctl --help." || out.Len() > 0 {
				t.Errorf("it says %q, and on standard output %q", said.String(), out.String())
			}
		})
	}
}

func TestHelpIsWhatWasAskedFor(t *testing.T) {
	for _, one := range []struct{ line, says string }{
		{"--help", "Before you switch it on:\n"}, {"help", "An installation:\n"}, {"-h", "By hand:\n"}, {"-help", "Releases and templates:\n"},
		{"up --help", "spotctl up [flags]"}, {"up -help", "--over-channel"}, {"help up", "--over-channel"}, {"template -h", "spotctl template NAME"}, {"plan --help", "$AUTOSPOTTING_TABLE"},
		{"userdata --help", "spotctl userdata [command]"}, {"help userdata inject", "--release-url"}, {"userdata inject --help", "--release-url"},
	} {
		code, out, said := call(t, "", strings.Fields(one.line)...)
		if code != cli.Done || said != "" || !strings.Contains(out, "Usage:\n  spotctl") || !strings.Contains(out, one.says) {
			t.Errorf("%s: exit %d, %q, %q", one.line, code, out, said)
		}
	}
}

func TestEveryCommandIsListedUnderAHeading(t *testing.T) {
	_, out, _ := call(t, "", "--help")
	for _, g := range program().Groups {
		_, below, ok := strings.Cut(out, "\n"+g.Title+":\n")
		below, _, _ = strings.Cut(below, "\n\n")
		for _, c := range g.Commands {
			if !ok || !strings.Contains("\n"+below, "\n  "+c.Name+" ") || !strings.Contains(below, c.Help) {
				t.Errorf("%s is not below %q:\n%s", c.Name, g.Title, out)
			}
		}
	}
}

// The standard library's flags, which the commands had before, take one dash as well as two, and anything for a value.
func TestOneDashDoesForTwo(t *testing.T) {
	bare(t, "")
	for _, line := range []string{"template -format json autospotting", "template -format=json autospotting", "template autospotting -stack-name -format -format json"} {
		if code, out, said := call(t, "", strings.Fields(line)...); code != cli.Done || out == "" || said != "" {
			t.Errorf("%s: exit %d, %q", line, code, said)
		}
	}
	if code, _, said := call(t, "", "template", "-format", "-yaml"); code != cli.Bad || !strings.Contains(said, `--format "-yaml"`) {
		t.Errorf("exit %d, %q", code, said)
	}
	if code, out, said := call(t, "", "-version"); code != cli.Done || !strings.HasPrefix(out, "spotctl ") {
		t.Errorf("exit %d, %q, %q", code, out, said)
	}
}

// What is wrong in the environment is the matter of those commands only that read it.
func TestABadVariableIsToldByTheCommandsThatReadIt(t *testing.T) {
	bare(t, "")
	t.Setenv("AUTOSPOTTING_GRACE", "soon")
	if code, _, said := call(t, "", "template", "autospotting"); code != cli.Done {
		t.Errorf("template: exit %d, %q", code, said)
	}
	if code, _, said := call(t, "", "plan"); code != cli.Bad || !strings.Contains(said, "AUTOSPOTTING_GRACE") {
		t.Errorf("plan: exit %d, %q", code, said)
	}
}

func TestAShellIsToldCommandsAndFlags(t *testing.T) {
	for line, want := range map[string]string{"__complete st": "status\t", "__complete plan --gro": "--group", "__complete userdata in": "inject\t"} {
		if code, out, said := call(t, "", strings.Fields(line)...); code != cli.Done || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d, %q, %q", line, code, out, said)
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
