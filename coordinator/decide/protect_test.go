package decide

import (
	"testing"
	"time"
)

func TestAProtectionOfOursIsForgottenOnlyWhenNoReadCanBeOlder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ago  time.Duration
		kept bool
	}{
		"a read from before the attach may come":            {5 * time.Second, true},
		"by now the instance is in no group for good":       {2 * time.Minute, false},
		"on the last second in which a read may be too old": {time.Minute - time.Second, true},
	} {
		w := web()
		w.add(ours("i-s1", "a"))
		w.Record.Shielded = map[string]time.Time{"i-s1": noon.Add(-c.ago)}
		if _, kept := Decide(w).Record.Shielded["i-s1"]; kept != c.kept {
			t.Errorf("%s: kept %t", name, kept)
		}
	}
}
