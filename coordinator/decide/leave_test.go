package decide

import (
	"testing"
)

func TestWhoIsLeftBehindKeepsTheRecord(t *testing.T) {
	t.Parallel()
	for want, change := range map[bool]func(*World){
		true:  func(w *World) { w.add(ours("i-s", "a")) },
		false: func(w *World) { w.add(attached("i-s", "a")) },
	} {
		w := web()
		w.Group.Enabled = false
		change(&w)
		if got := newRun(w).comesBack(); got != want {
			t.Errorf("%t, want %t", got, want)
		}
	}
}
