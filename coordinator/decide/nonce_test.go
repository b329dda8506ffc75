package decide

import (
	"testing"
	"time"

	"autospotting/coordinator/ledger"
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

func TestEveryLaunchHasATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for minute := range 5 { // a lost record counts everything anew, while tokens live for a day
		w := web()
		w.Now = noon.Add(time.Duration(minute) * time.Minute)
		w.Record = ledger.Record{Group: "web"}
		for _, a := range Decide(w).Actions {
			if a.Kind == LaunchOne {
				seen[a.Launch.Nonce] = true
				if a.Launch.Tags[TagLaunch] != a.Launch.Nonce || a.Launch.Tags[TagGroup] != "web" {
					t.Errorf("tags %v do not name the launch", a.Launch.Tags)
				}
			}
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d tokens for five launches", len(seen))
	}
}
