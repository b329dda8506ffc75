package emulator

import (
	"testing"
)

func TestOneSwapEndToEnd(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	want := size{min: 1, desired: 1, max: 3}
	a.newGroup("web", want, "a")
	a.guests(a.ready)
	c := a.serve(lab.coordinator)
	a.tick()
	a.settles("web", want)
	c.stop(t)
	t.Logf("%d requests: %v", len(a.requests()), a.requests())
}
