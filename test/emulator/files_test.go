package emulator

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"autospotting/coordinator/act"
	"autospotting/coordinator/lab/offline"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/plan"
	"autospotting/coordinator/settings"
	"autospotting/test/printed"
)

// TestAnAccountIsPlannedFromFilesAsItIsLive reads an account of the emulator over the wire, and what the AWS CLI would print of it from files: a
// group in which the coordinator swapped, one with a hook, one of a launch configuration and one that nobody tagged.
func TestAnAccountIsPlannedFromFilesAsItIsLive(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.newGroup("web", size{1, 2, 4}, "ab")
	a.setTag("web", "autospotting:keep-on-demand", "1")
	a.guests(a.ready)
	a.serve(lab.coordinator)
	a.tick()
	a.until("web", func(l look) string { return l.mixed(size{1, 2, 4}, 1) })

	a.newGroup("hooked", size{1, 1, 3}, "a")
	a.launchingHook("hooked", "ABANDON")
	do(t, "create a launch configuration", func(ctx context.Context) (*autoscaling.CreateLaunchConfigurationOutput, error) {
		return a.scaling.CreateLaunchConfiguration(ctx, &autoscaling.CreateLaunchConfigurationInput{LaunchConfigurationName: aws.String("old"), ImageId: aws.String(image), InstanceType: aws.String("m5.large")})
	})
	a.createGroup("configured", size{0, 1, 2}, "b", func(in *autoscaling.CreateAutoScalingGroupInput) { in.LaunchConfigurationName = aws.String("old") })
	a.newGroup("others", size{1, 1, 2}, "a")
	a.setTag("others", "spot-enabled", "false")

	now := time.Now()
	config := act.Config{EC2: a.ec2, AutoScaling: a.scaling, Rules: a.bus, Region: region, Scope: settings.Scope{Key: "spot-enabled", Value: "true"}, Defaults: settings.Defaults(),
		Thorough: true, Now: func() time.Time { return now }}
	files, err := printed.Account(t.Context(), config.EC2, config.AutoScaling)
	if err != nil {
		t.Fatal(err)
	}
	var f offline.Files
	dir := t.TempDir()
	for name, body := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, body, 0o644); err != nil {
			t.Fatal(err)
		}
		f.Any = append(f.Any, path)
	}
	worlds, err := offline.Worlds(f, config, nil)
	if err != nil || len(worlds) != 4 {
		t.Fatalf("%d worlds: %v", len(worlds), err)
	}
	var status []string
	for _, w := range worlds {
		live, err := act.New(config).Observe(t.Context(), w.Group.Name, ledger.Record{Group: w.Group.Name}, nil)
		if err != nil || w.Err != nil {
			t.Fatalf("%s: live %v, files %v", w.Group.Name, err, w.Err)
		}
		inLive := plan.Of(live, nil)
		status = append(status, w.Group.Name+" "+inLive.Status)
		for _, wrong := range slices.Concat(printed.Worlds(live, w.World), printed.Plans(inLive, plan.Of(w.World, w.Assumed))) {
			t.Errorf("%s: %s", w.Group.Name, wrong)
		}
	}
	slices.Sort(status)
	if want := []string{"configured managed", "hooked refused", "others not-enabled", "web managed"}; !slices.Equal(status, want) {
		t.Errorf("live it is %v, not %v", status, want)
	}
}
