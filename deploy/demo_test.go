package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"autospotting/pkg/cli"
)

func TestTheDemoInVirtualTimeIsAFunctionOfItsSeed(t *testing.T) {
	code, out, story := call(t, "", "demo", "--virtual", "--seed", "7", "--format", "json")
	if code != cli.Done || strings.Count(out, "\n") != 1 {
		t.Fatalf("exit %d, %q, %q", code, out, story)
	}
	var r map[string]any
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"desired": 6, "on_demand_before": 6, "spot_after": 6, "lowest_ready_caused_by_us": 6, "interruptions": 1, "orphans": 0, "seed": 7} {
		if r[name] != want {
			t.Errorf("%s is %v, want %v", name, r[name], want)
		}
	}
	if r["max_size_restored"] != true || r["savings_percent"].(float64) <= 0 || r["notice_to_request_ms"].(float64) <= 0 {
		t.Errorf("got %v", r)
	}
	if _, again, story2 := call(t, "", "demo", "--virtual", "--seed", "7", "--format", "json"); again != out || story2 != story {
		t.Error("the same seed told another story")
	}
	if _, other, _ := call(t, "", "demo", "--virtual", "--seed", "8", "--format", "json"); other == out {
		t.Error("another seed told the same story")
	}
}

// With nobody who probes, and five minutes of grace, the notice leaves no hole either.
func TestTheDemoAnswersANoticeWithoutAProbe(t *testing.T) {
	for _, balanced := range []string{"--load-balancer", "--load-balancer=false"} {
		code, out, errs := call(t, "", "demo", "--virtual", "--seed", "7", "--no-probe", balanced, "--format", "json")
		var r struct {
			Spot     int  `json:"spot_after"`
			Lowest   int  `json:"lowest_ready_after_notice"`
			Ours     int  `json:"lowest_ready_caused_by_us"`
			Probed   bool `json:"probed"`
			Balanced bool `json:"load_balanced"`
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil || code != cli.Done {
			t.Fatalf("%s: exit %d, %v, %q", balanced, code, err, errs[max(0, len(errs)-300):])
		}
		if r.Spot != 6 || r.Lowest != 6 || r.Ours != 6 || r.Probed || r.Balanced != (balanced == "--load-balancer") {
			t.Errorf("%s: %+v", balanced, r)
		}
	}
}

func TestTheDemoSaysWhenSpotdIsMissing(t *testing.T) {
	code, _, errs := call(t, "", "demo", "--spotd", filepath.Join(t.TempDir(), "spotd"))
	if code == cli.Done || !strings.Contains(errs, "spotd") || !strings.Contains(errs, "make build") {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestTheDemoNoticesASpotdThatNeverSpeaks(t *testing.T) {
	code, _, errs := call(t, "", "demo", "--spotd", "/bin/false")
	if code == cli.Done || !strings.Contains(errs, "no spotd was heard") {
		t.Errorf("exit %d, %q", code, errs[max(0, len(errs)-300):])
	}
}
