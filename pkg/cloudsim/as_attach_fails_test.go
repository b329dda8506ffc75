package cloudsim

import (
	"testing"
	"time"
)

// aws-facts 1.1 #1: AttachInstances answers with no activity, so that its success says nothing of how the attach goes on. Both readings of what
// desired is meanwhile end in the group as it was, with the instance outside and running.
func TestAnAttachMayFailMinutesAfterItsAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		late      bool
		meanwhile int
	}{{"raised until it fails", false, 7}, {"never raised", true, 6}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec := six()
			spec.Max = 8
			r := newRig(t, Config{Readings: Readings{RaisedLate: c.late}}, spec)
			s := r.spot()
			r.settle()
			r.SetFaults(Faults{AttachFails: 1})
			must(t, r.attach(s))
			r.pass(30 * time.Second)
			if g := r.group(); g.Desired != c.meanwhile || g.Net != c.meanwhile-6 || len(g.Members) != 7 || g.Members[6].State != "Pending" {
				t.Errorf("meanwhile %+v", g)
			}
			r.settle()
			g := r.group()
			if i := mustInstance(t, r, s); g.Desired != 6 || g.Net != 0 || len(g.Members) != 6 || i.State != "running" || i.Group != "" {
				t.Errorf("at the end %+v, the instance %s in %q", g, i.State, i.Group)
			}
			wantStatus(t, r, "Attaching an existing EC2 instance: "+s, "Failed")
		})
	}
}
