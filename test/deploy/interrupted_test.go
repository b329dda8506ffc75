package deploy_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// killedAt runs the command and kills it, SIGKILL, after the emulator did what the nth request asks: its answer is lost.
func (a *account) killedAt(n int, args ...string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	cmd := a.command(ctx, args...)
	var said strings.Builder
	cmd.Stderr = &said
	started := make(chan struct{})
	a.mu.Lock()
	a.asked, a.cutAt = nil, n
	a.cut = func() {
		<-started
		_ = cmd.Process.Kill()
	}
	a.mu.Unlock()
	err := cmd.Start()
	close(started)
	if err == nil {
		err = cmd.Wait()
	}
	a.mu.Lock()
	asked := len(a.asked)
	a.cutAt = 0
	a.mu.Unlock()
	if asked < n {
		a.t.Fatalf("only %d requests were made, and none was cut (%v)\n%s", asked, err, said.String())
	}
}

// count runs the command whole and returns what it asked.
func (a *account) count(args ...string) []string {
	a.t.Helper()
	a.mu.Lock()
	a.asked = nil
	a.mu.Unlock()
	a.must(args...)
	return slices.Clone(a.asked)
}

func TestKilledAfterAnyRequestASecondRunFinishes(t *testing.T) {
	t.Parallel()
	up := []string{"up", "--yes", "--dist", lab.dist, "--version", "v1"}
	down := []string{"down", "--yes"}
	whole := newAccount(t)
	whole.group("web")
	ups := whole.count(up...)
	whole.traces("web")
	downs := whole.count(down...)
	want := whole.resources(t.Context())
	if len(ups) < 25 || len(downs) < 15 {
		t.Fatalf("up asks %v\ndown asks %v", ups, downs)
	}
	t.Logf("%d requests of up, %d of down", len(ups), len(downs))
	for n := 1; n <= len(ups); n++ {
		t.Run(fmt.Sprintf("up %02d %s", n, short(ups[n-1])), func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.group("web")
			a.killedAt(n, up...)
			a.must(up...)
			if s := a.status()["ReleaseURL"]; !strings.HasSuffix(s, "/spotd/v1") {
				t.Errorf("the release is at %q", s)
			}
			a.must(down...)
			if left := a.resources(t.Context()); !slices.Equal(left, want) {
				t.Errorf("left are %v, want %v", left, want)
			}
		})
	}
	for n := 1; n <= len(downs); n++ {
		t.Run(fmt.Sprintf("down %02d %s", n, short(downs[n-1])), func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.group("web")
			a.must(up...)
			a.traces("web")
			a.killedAt(n, down...)
			a.must(down...)
			if left := a.resources(t.Context()); !slices.Equal(left, want) {
				t.Errorf("left are %v, want %v", left, want)
			}
		})
	}
}

func short(name string) string {
	return name[strings.LastIndexAny(name, "./ ")+1:]
}
