package simulate

import (
	"math"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/lab/dataset"
	"autospotting/coordinator/lab/stage"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
	"autospotting/pkg/cloudsim"
)

// story is what both clouds are asked: how long from the first launch until all is spot, and how much is missing when AWS
// takes two at once.
type story struct {
	allSpot time.Duration
	missing float64
}

// onFullCloud plays it with the whole product installed on pkg/cloudsim.
func onFullCloud(t *testing.T, boot time.Duration) story {
	t.Helper()
	defaults := settings.Defaults()
	defaults.Grace = boot // the stage's model of spotd knows no probe: it says ready when the grace is over
	s, err := stage.New(stage.Config{
		Cloud: cloudsim.Config{Seed: 1, Zones: []string{"us-east-1a", "us-east-1b"}, Timing: cloudsim.Timing{BootMin: boot / 2, BootMax: boot / 2, AppStart: boot / 2}},
		Group: cloudsim.GroupSpec{Name: "web", Min: 0, Max: 4, Desired: 4}, Defaults: defaults,
		ReleaseURL: "https://releases.example.com/spotd", SHA256: map[string]string{"amd64": strings.Repeat("ab", 32)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Cloud.Close)
	s.Cloud.OnBoot(s.Speak)
	if !s.Cloud.RunWhile(func() bool { return s.Cloud.Ready("web") < 4 }, s.Cloud.Now().Add(time.Hour)) {
		t.Fatal("the group never came up")
	}
	up := s.Cloud.Now()
	if !s.Cloud.RunWhile(func() bool { return s.Serving(true) < 4 || s.Serving(false) > 0 }, up.Add(2*time.Hour)) {
		t.Fatalf("%d spot after two hours", s.Serving(true))
	}
	first := s.Cloud.Now()
	for _, i := range s.Cloud.Instances() {
		if i.Spot && i.Launched.Before(first) {
			first = i.Launched
		}
	}
	out := story{allSpot: s.Cloud.Now().Sub(first)}
	s.Cloud.RunUntil(s.Cloud.Now().Add(20 * time.Minute))
	taken := 0
	for _, i := range s.Cloud.Instances() {
		if i.Spot && i.State == "running" && i.Group == "web" && taken < 2 {
			taken++
			if err := s.Cloud.Interrupt(i.ID, "terminate"); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 20 * 60 {
		s.Cloud.RunUntil(s.Cloud.Now().Add(time.Second))
		out.missing += math.Max(0, float64(4-s.Serving(true)-s.Serving(false)))
	}
	return out
}

// onLightCloud plays it in the laboratory.
func onLightCloud(t *testing.T, boot time.Duration) story {
	t.Helper()
	w := still(map[market.Pool][]dataset.Step{cheapA: out(6*time.Hour+100*time.Second, 7*time.Hour), {Type: "m5.large", Zone: "us-east-1b"}: out(6*time.Hour+100*time.Second, 7*time.Hour)})
	c := play(t, w, Coordinator, boot, 4)
	if c.taken != 2 {
		t.Fatalf("%d taken, want 2", c.taken)
	}
	out := story{missing: c.meter.deficit}
	for _, i := range c.all {
		if !i.spot() && i.nonce == "" && i.launched < time.Hour {
			out.allSpot = max(out.allSpot, i.ended)
		}
	}
	return out
}

func TestTheLightCloudAgreesWithTheFullOne(t *testing.T) {
	t.Parallel()
	for _, boot := range []time.Duration{90 * time.Second, 180 * time.Second} {
		full, light := onFullCloud(t, boot), onLightCloud(t, boot)
		t.Logf("boot %s: all spot after %s on the full cloud, %s on the light one; %v and %v capacity-seconds missing", boot, full.allSpot, light.allSpot, full.missing, light.missing)
		if d := full.allSpot - light.allSpot; d.Abs() > light.allSpot/8 {
			t.Errorf("boot %s: all spot after %s and %s", boot, full.allSpot, light.allSpot)
		}
		if math.Abs(full.missing-light.missing) > 2*15 {
			t.Errorf("boot %s: %v and %v capacity-seconds missing", boot, full.missing, light.missing)
		}
	}
}
