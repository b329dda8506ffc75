package cloudsim

import (
	"testing"
)

// Auto Scaling user guide, "Temporarily remove instances from your Auto Scaling group": who is in Standby holds none of desired's places.
func TestStandbyHoldsNoPlace(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name               string
		decrement          bool
		aside, back        int // desired
		members, inService int // while it is aside
	}{
		{"with decrement nobody comes in its place", true, 2, 3, 3, 2},
		{"without, the group launches another", false, 3, 4, 4, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{}, GroupSpec{Name: "web", Min: 1, Max: 4, Desired: 3})
			c := r.Cloud
			r.settle()
			g, _ := c.Group("web")
			id := g.Members[0].ID
			if c.ExitStandby(id) == nil {
				t.Error("who is in service leaves Standby")
			}
			if err := c.EnterStandby(id, tc.decrement); err != nil {
				t.Fatal(err)
			}
			r.settle()
			in := 0
			g, _ = c.Group("web")
			for _, m := range g.Members {
				if m.State == "InService" {
					in++
				}
			}
			if g.Desired != tc.aside || len(g.Members) != tc.members || in != tc.inService {
				t.Errorf("aside: desired %d, %d members, %d in service", g.Desired, len(g.Members), in)
			}
			if err := c.ExitStandby(id); err != nil {
				t.Fatal(err)
			}
			r.settle()
			if g, _ = c.Group("web"); g.Desired != tc.back || len(g.Members) != tc.back {
				t.Errorf("back: desired %d, %d members", g.Desired, len(g.Members))
			}
		})
	}
}
