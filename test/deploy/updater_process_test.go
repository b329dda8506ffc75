package deploy_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// The command as the updater's function has it, in its environment, killed with SIGKILL in the middle of each phase.
func TestTheUpdatersProcessIsKilledAndCarriesOn(t *testing.T) {
	t.Parallel()
	i := install(t, "v1.0.0")
	i.mustRelease(i.key, i.releases, "v2.0.0")
	program := filepath.Join(t.TempDir(), "coordinator")
	if out, err := exec.Command("go", "build", "-o", program, "autospotting/coordinator").CombinedOutput(); err != nil {
		t.Fatalf("build coordinator: %v\n%s", err, out)
	}
	run := func(kill bool) (said string, err error) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, program, "update")
		cmd.Env = append(i.command(ctx).Env, "AUTOSPOTTING_FUNCTION="+functionName, "AUTOSPOTTING_ALIAS=live", "AUTOSPOTTING_ARCHITECTURE=arm64",
			"AUTOSPOTTING_UPDATE_CHANNEL=s3://"+i.releases+"/channel/stable.json", "AUTOSPOTTING_UPDATE_KEYS="+i.public, "AUTOSPOTTING_UPDATE_ALARMS=errors,deficit",
			"AUTOSPOTTING_UPDATE_WATCH=0s", "AUTOSPOTTING_ARTIFACT_BUCKET="+i.own, "AUTOSPOTTING_RELEASES="+i.downloads())
		var b strings.Builder
		cmd.Stderr = &b
		if kill {
			i.cut = func() { _ = cmd.Process.Kill() }
			i.cutIf = func(r *http.Request) bool {
				return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/aliases/")
			}
			defer func() { i.cutIf = nil }()
		}
		err = cmd.Run()
		return b.String(), err
	}
	for _, phase := range []string{"prepare", "canary", "all", ""} {
		if said, err := run(true); err == nil {
			t.Fatalf("before %q nothing was killed: %s", phase, said)
		}
		if _, remembered := i.routes(); strings.Contains(remembered, "phase") != (phase != "") || !strings.Contains(remembered, phase) {
			t.Fatalf("want phase %q, remembered is %s", phase, remembered)
		}
		to, _ := i.routes()
		for version := range to {
			if one := i.at(version); one.says != one.code || one.says != one.spotd {
				t.Errorf("in phase %q messages go to %+v", phase, one)
			}
		}
	}
	i.settled("v2.0.0")
	if said, err := run(false); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	i.settled("v2.0.0")
	i.newInstances("v2.0.0")
	cmd := exec.Command(program, "update", "--channel", "stable", "--function", "f", "--keys", i.public, "--alarms", "a", "--artifact-bucket", "b", "--releases", "c", "--region", region)
	if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), `channel "stable": want the address`) {
		t.Errorf("%v: %s", err, out)
	}
}

// newInstances checks what the function would put into the user data of what it launches now, and that it is to be had.
func (i *installation) newInstances(version string) {
	i.t.Helper()
	out, err := i.lambda().GetFunctionConfiguration(i.t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(functionName)})
	must(i.t, out, err)
	url, sums := out.Environment.Variables["AUTOSPOTTING_RELEASE_URL"], out.Environment.Variables["AUTOSPOTTING_SPOTD_SHA256"]
	cmd := exec.Command(lab.spotctl, "userdata", "inject", "--topic", "arn:aws:sns:"+region+":"+i.id+":reports", "--group", "web", "--release-url", url, "--sha256", sums)
	cmd.Stdin = strings.NewReader("#!/bin/sh\necho owner\n")
	data, err := cmd.Output()
	must(i.t, data, err)
	for _, arch := range []string{"amd64", "arm64"} {
		key := "spotd/" + version + "/spotd-linux-" + arch
		body := sha256.Sum256(i.object(i.own, key))
		if sum := hex.EncodeToString(body[:]); !strings.Contains(string(data), sum) || !strings.HasSuffix(url, "/spotd/"+version) || !strings.Contains(string(data), url) {
			i.t.Errorf("user data want spotd %s with %s from %s:\n%s", arch, sum, url, data)
		}
	}
}
