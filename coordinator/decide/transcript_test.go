package decide

import (
	"strings"
	"testing"
)

// transcript is a world and what is decided in it. must and mustNot pin what the case is about, so that no rewriting of a golden
// can lose it.
type transcript struct {
	name          string
	world         func(*World)
	must, mustNot string
}

// read decides every case on a world of its own and compares with its golden, whose name begins with the prefix.
func read(t *testing.T, prefix string, cases []transcript, base func() World) {
	t.Helper()
	t.Parallel()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := base()
			c.world(&w)
			check(t, prefix+c.name, Decide(w), c.must, c.mustNot)
		})
	}
}

// check compares a plan with what it is about and with its golden transcript.
func check(t *testing.T, name string, p Plan, must, mustNot string) {
	t.Helper()
	got := render(p)
	if !strings.Contains(got, must) {
		t.Errorf("the plan lacks %q:\n%s", must, got)
	}
	if mustNot != "" && strings.Contains(got, mustNot) {
		t.Errorf("the plan has %q:\n%s", mustNot, got)
	}
	golden(t, strings.NewReplacer(":", "", ",", "", "'", "").Replace(name), got)
}
