package spotd

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// programs are the old version and the next, as they are shipped.
func programs(t *testing.T) (old, next []byte) {
	t.Helper()
	return compiled(t, "../../spotd", "main.version=v1.0.0"), compiled(t, "../../spotd", "main.version=v1.1.0")
}

// compiled is a program with one variable of its set.
func compiled(t *testing.T, pkg, variable string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "program")
	c := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X "+variable, "-o", out, pkg)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, text)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnUpdateThatIsKilledAnywhereLeavesAWorkingDaemon(t *testing.T) {
	old, next := programs(t)
	for _, c := range []killing{
		{"a good version", old, next, patience, "v1.1.0", 15},
		{"one that does not start", old, compiled(t, "./broken", "main.silent="), time.Second, "v1.0.0", 21},
		{"one that says nothing", old, compiled(t, "./broken", "main.silent=yes"), time.Second, "v1.0.0", 21},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := newUpdating(t, c.old, c.next, c.patience)
			_, steps := u.dies(0)
			if len(steps) < c.least {
				t.Fatalf("only %d steps: %q", len(steps), steps)
			}
			c.ends(u)
			for at, step := range steps {
				t.Run(fmt.Sprintf("killed before step %d, %s", at+1, step), func(t *testing.T) {
					t.Parallel()
					u := newUpdating(t, c.old, c.next, c.patience)
					if died, _ := u.dies(at + 1); !died {
						t.Error("it lived on")
					}
					c.ends(u)
				})
			}
		})
	}
}

// killing is an update that is killed.
type killing struct {
	name      string
	old, next []byte
	patience  time.Duration
	version   string // that runs in the end
	least     int    // of steps, so that none is forgotten
}

// ends checks what follows the kill.
func (c killing) ends(u *updating) {
	u.isWhole()
	u.recover()
	u.isWhole()
	u.unit() // the timer's next run
	u.works(c.version)
	if u.pending() {
		u.t.Error("something is pending")
	}
	if out, err := u.unit(); c.version == "v1.0.0" && (err == nil || !strings.Contains(out, "was put back here")) {
		u.t.Errorf("it is tried again: %v %s", err, out)
	} else if c.version != "v1.0.0" && (err != nil || !strings.Contains(out, "nothing to do")) {
		u.t.Errorf("%v %s", err, out)
	}
}

func TestNothingIsUpdatedDuringANotice(t *testing.T) {
	old, next := programs(t)
	u := newUpdating(t, old, next, patience)
	u.imds.interrupt()
	u.until("the notice", func() bool { return u.status().Leaving })
	before := u.status().PID
	if out, err := u.unit(); err != nil || !strings.Contains(out, "not now: instance "+instance+" is about to go") {
		t.Errorf("%v %s", err, out)
	}
	if got, _ := os.ReadFile(u.program()); !bytes.Equal(got, old) || u.status().PID != before {
		t.Error("it was updated all the same")
	}
}

// A version that runs but cannot reach the topic is as good as none, where the old one could.
func TestAVersionThatIsNotHeardIsPutBack(t *testing.T) {
	old, next := programs(t)
	u := newUpdating(t, old, next, 2*time.Second)
	u.sns.refuse.Store(true)
	if out, err := u.unit(); err == nil || !strings.Contains(out, "the topic has not acknowledged it") {
		t.Errorf("%v %s", err, out)
	}
	u.sns.refuse.Store(false)
	u.works("v1.0.0")
}
