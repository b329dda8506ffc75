package deploy_test

import (
	"strings"
	"testing"

	"autospotting/pkg/channel"
)

// followChannel installs v1.0.0 with spotctl up, lets a channel bring v2.0.0, by a canary.
func followChannel(t *testing.T) *installation {
	t.Helper()
	i := &installation{account: newAccount(t)}
	i.released()
	i.up("v1.0.0", "--parameter", "Grace=120s", "--parameter", "UpdateChannel=s3://"+i.releases+"/"+channel.Key("stable"), "--parameter", "UpdateKeys="+i.public)
	i.own = i.status()["ArtifactBucket"]
	i.settled("v1.0.0")
	i.mustRelease(i.key, i.releases, "v2.0.0")
	i.mustTick()
	i.serves(map[string]float64{"v1.0.0": 0.9, "v2.0.0": 0.1})
	return i
}

// What the stack installs, the channel updates; what the channel brought, a later spotctl up keeps, and spotctl down removes.
func TestDeployUpKeepsWhatTheChannelBrought(t *testing.T) {
	t.Parallel()
	i := followChannel(t)
	if _, said, err := i.deploy("up", "--yes", "--dist", lab.dist, "--version", "v1.0.0"); err == nil || !strings.Contains(said, "bringing version v2.0.0 (canary)") {
		t.Errorf("during the update: %v: %s", err, said)
	}
	if out, _ := i.must("status"); !strings.Contains(out, "an update to v2.0.0 is under way: canary") {
		t.Errorf("status says %s", out)
	}
	i.later()
	i.later()
	i.settled("v2.0.0")

	if _, said := i.must("up", "--yes", "--dist", lab.dist, "--version", "v1.0.0", "--parameter", "Margin=20%"); !strings.Contains(said, "version v2.0.0 came by the release channel and is kept") {
		t.Errorf("it said %s", said)
	}
	i.settled("v2.0.0")
	if i.variable("AUTOSPOTTING_MARGIN") != "20%" {
		t.Error("the new setting is not there")
	}
	if p := i.status(); p["FunctionKey"] != "function/v2.0.0/coordinator-arm64.zip" || !strings.HasSuffix(p["ReleaseURL"], "/spotd/v2.0.0") {
		t.Errorf("the stack says %s, %s", p["FunctionKey"], p["ReleaseURL"])
	}
	i.up("v2.0.1")
	i.settled("v2.0.1")
	i.mustTick()
	i.settled("v2.0.1") // the channel is behind
	i.up("v1.0.0", "--over-channel")
	i.settled("v1.0.0")

	i.must("down", "--yes")
	for _, r := range i.resources(t.Context()) {
		if !strings.Contains(r, i.releases) {
			t.Errorf("left is %s", r)
		}
	}
}
