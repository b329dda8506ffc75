package decide

import (
	"testing"
	"time"
)

func TestTheGroupsOwnGraceIsForWhatItLaunchedItself(t *testing.T) {
	t.Parallel()
	w := web()
	w.Group.Grace = 2 * time.Minute
	w.add(attached("i-s", "a"))
	w.at("i-s").Launched, w.at("i-oda").Launched = noon.Add(-3*time.Minute), noon.Add(-3*time.Minute)
	if r := newRun(w); !r.up(r.v.Get("i-oda")) || r.up(r.v.Get("i-s")) {
		t.Error("it is for ours too, or for nobody")
	}
}
