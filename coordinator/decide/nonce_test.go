package decide

import (
	"testing"
	"time"
)

// Two holes have no victims to tell them apart; with one client token for both, the second launch would be the first one's answer.
func TestTwoHolesAreFilledByTwoLaunches(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.Max, w.Group.Desired = 6, 5
	w.Record.Short = noon.Add(-2 * time.Minute)
	w.Activities = []Activity{{Kind: OtherChange, Launching: true, Failed: true, At: noon.Add(-3 * time.Minute)}}
	tokens := map[string]bool{}
	for _, a := range Decide(w).Actions {
		if a.Kind == LaunchOne {
			tokens[a.Launch.Nonce] = true
		}
	}
	if len(tokens) != 2 {
		t.Errorf("%d client tokens for two holes", len(tokens))
	}
}
