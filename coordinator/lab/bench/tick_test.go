package bench

import "testing"

func TestAnIdleTickCostsHardlyAnything(t *testing.T) {
	t.Parallel()
	r, err := Tick{Groups: 100, Size: 1, Seed: 1}.Run()
	if err != nil {
		t.Fatal(err)
	}
	if r.Scarce == 0 || r.Scarce > 25 || r.Most > 60 || r.Violations > 0 || r.Calls["Auto Scaling.DescribeAutoScalingGroups"] == 0 {
		t.Errorf("%+v", r)
	}
}

func TestATickThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []Tick{{Size: 1}, {Groups: 1}, {Groups: 1e6, Size: 1}, {Groups: 1, Size: 1e6}} {
		if _, err := s.Run(); err == nil {
			t.Errorf("%+v: played", s)
		}
	}
}
