package emulator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/pkg/message"
)

// poison is many reports that nobody signed, of every kind and about instances of all sorts: the fields at their bounds, over
// them, and hostile.
func (a *account) poison(n int, members []string) [][]byte {
	rng := rand.New(rand.NewPCG(16, 2))
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	var out [][]byte
	for i := range n {
		id := pick(append([]string{fmt.Sprintf("i-%017x", i), fmt.Sprintf("i-%08x", i), "i-0123456789abcdef01", "i-" + strings.Repeat("f", 4000)}, members...)...)
		kind := message.Kinds()[rng.IntN(len(message.Kinds()))]
		filler := pick("<", "x", "\\u0000", "\\\"", "ü", "‹")
		size := min([]int{1, 64, 1024, 1025, 16 * 1024, 200 * 1024}[rng.IntN(6)], 250*1024/len(filler)-16*1024) // SNS takes 256 KiB
		now := time.Now().UTC()
		out = append(out, []byte(fmt.Sprintf(`{"version":1,"id":%q,"kind":%q,"at":%q,"deadline":%q,"action":%q,"from":{"account":%q,"region":%q,"zone":%q,"instance":%q,"group":%q},"identity":{"document":%q,"signature":%q},"detail":"%s"}`,
			message.ID(id, kind, now), kind, now.Format(time.RFC3339Nano), now.Format(time.RFC3339Nano), pick("terminate", "hibernate", "stop", strings.Repeat("‹", 300), ""),
			a.cloud.account, region, region+"a", id, pick("web", strings.Repeat("<", 256)), pick("", "{}", strings.Repeat("<", 100)), pick("", "MIIB", "%%%"), strings.Repeat(filler, size))))
	}
	return out
}

// checks are the calls that somebody who may only publish can have made.
var checks = []string{"ec2.DescribeSpotInstanceRequests", "sqs.ReceiveMessage", "sqs.DeleteMessage"}

// Two thousand reports of strangers come before the group was ever looked at, so that every call is theirs. Nothing is asked for but
// the spot requests of what they say goes. Then the group is served as ever.
func TestPoisonCostsNothingButLooksAtSpotRequests(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	want := size{1, 1, 2}
	a.newGroup("web", want, "a")
	l, err := a.look(t.Context(), "web")
	if err != nil {
		t.Fatal(err)
	}
	c := a.serve(lab.coordinator)
	for _, body := range a.poison(2000, l.onDemand) {
		if err := a.publish(t.Context(), a.reports, body); err != nil {
			t.Fatal(err)
		}
	}
	a.quiet()
	for _, r := range a.requests() {
		if name, _, _ := strings.Cut(r, " "); !slices.Contains(checks, name) {
			t.Errorf("the poison had this call made: %s", r)
		}
	}
	if n, batches := a.count("ec2.DescribeSpotInstanceRequests"), a.count("sqs.ReceiveMessage"); n == 0 || n > batches {
		t.Errorf("%d looks at spot requests, want some, and at most one for each of %d batches", n, batches)
	}
	a.guests(a.ready)
	a.tick()
	victim := a.settles("web", want).spot[0]
	a.interrupt(victim)
	a.replaced("web", victim, want)
	if err := c.faultless(); err != nil {
		t.Error(err)
	}
}

// quiet waits until everything that is in the queues has been dealt with.
func (a *account) quiet() {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	for calm := 0; calm < 10; {
		if calm++; !a.queues.idle() {
			calm = 0
		}
		select {
		case <-ctx.Done():
			a.t.Fatal("the queues do not become empty")
		case <-time.After(200 * time.Millisecond):
		}
	}
}
