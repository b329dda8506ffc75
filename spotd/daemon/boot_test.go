//go:build !windows

package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autospotting/pkg/message"
)

// machineFiles are what the machine tells of its boot, written in the bubble's time.
type machineFiles string

func newMachineFiles(t *testing.T) machineFiles {
	root := t.TempDir()
	t.Setenv("SPOTD_PREFIX", root)
	return machineFiles(root)
}

func (m machineFiles) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(string(m), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
}

const memberFile = "var/run/spotd-member"

// words are the reports that arrived, each with its action.
func (b *bed) words() string {
	var words []string
	for _, r := range b.sink.Reports() {
		words = append(words, strings.TrimSuffix(string(r.Kind)+" "+r.Action, " "))
	}
	return strings.Join(words, ", ")
}

func (b *bed) says(want string) {
	b.t.Helper()
	got := strings.Replace(b.words(), "can-drain, hello", "hello, can-drain", 1) // they are said in one moment, side by side
	if got != want {
		b.t.Errorf("said %q, want %q\n%s", got, want, b.log)
	}
}

func TestWhileTheBootWaitsSpotdWatchesAndSaysHelloWithTheResult(t *testing.T) {
	for _, c := range []struct{ is, want string }{{"member\n", "hello member"}, {"no-member\n", "hello no-member"}} {
		files := newMachineFiles(t)
		inBubble(t, 10*time.Second, func(b *bed) { files.write(t, memberFile, "waiting\n") }, func(b *bed) {
			b.pass(time.Minute)
			b.says("")
			files.write(t, memberFile, c.is)
			b.pass(2 * time.Second)
			b.says(c.want)
			b.pass(5*time.Minute - 10*time.Second) // the grace counts from the end of the wait
			b.says(c.want)
			b.pass(10 * time.Second)
			b.says(c.want + ", ready")
		})
	}
}

func TestANoticeIsToldWhileTheBootWaits(t *testing.T) {
	files := newMachineFiles(t)
	inBubble(t, 10*time.Second, func(b *bed) { files.write(t, memberFile, "waiting\n") }, func(b *bed) {
		b.pass(10 * time.Second)
		b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
		b.pass(2 * time.Second)
		b.says("terminating terminate")
	})
}

func TestAProbeThatPassesWhileTheBootWaitsSaysNoHello(t *testing.T) {
	files := newMachineFiles(t)
	inBubble(t, 10*time.Second, func(b *bed) {
		files.write(t, memberFile, "waiting\n")
		b.flags = []string{"--probe", "exec:/bin/true"}
	}, func(b *bed) {
		b.pass(10 * time.Second)
		for b.words() == "" { // the program runs in real time
			b.pass(time.Second)
		}
		b.pass(time.Second)
		first := b.words()
		if first != "started, ready" && first != "ready, started" { // said in one moment, they are sent side by side
			t.Errorf("said %q, want started and ready", first)
		}
		files.write(t, memberFile, "member\n")
		b.pass(2 * time.Second)
		b.says(first + ", hello member")
	})
}

func TestWithoutAProbeSpotdSaysThatTheBootIsOver(t *testing.T) {
	files := newMachineFiles(t)
	inBubble(t, 10*time.Second, func(*bed) { files.write(t, "run/cloud-init/enabled", "") }, func(b *bed) {
		b.pass(time.Minute)
		b.says("hello")
		files.write(t, "run/cloud-init/result.json", `{"v1":{"errors":[]}}`)
		b.pass(bootEvery)
		b.says("hello, started boot")
		if r := b.sink.Reports()[1]; r.Kind != message.Started || r.Action != message.ActionBoot {
			t.Errorf("%+v", r)
		}
		b.end()
		b.start() // and not again
		b.pass(5 * time.Minute)
		b.says("hello, started boot, ready")
		if n := strings.Count(b.log.String(), "boot not over yet"); n != 1 {
			t.Errorf("%d lines of log about it:\n%s", n, b.log)
		}
	})
}

func TestABootThatIsUnderWayHoldsReadyBack(t *testing.T) {
	for result, want := range map[string]string{`{"v1":{"errors":[]}}`: "hello, started boot, ready", `{"v1":{"errors":["x"]}}`: "hello, ready"} {
		files := newMachineFiles(t)
		inBubble(t, 10*time.Second, func(*bed) { files.write(t, "run/cloud-init/enabled", "") }, func(b *bed) {
			b.pass(8 * time.Minute)
			b.says("hello")
			files.write(t, "run/cloud-init/result.json", result)
			b.pass(bootEvery)
			b.says(want)
		})
	}
	files := newMachineFiles(t)
	inBubble(t, 10*time.Second, func(*bed) { files.write(t, "run/cloud-init/enabled", "") }, func(b *bed) {
		b.pass(14 * time.Minute)
		b.says("hello")
		b.pass(time.Minute) // the owner's script is the application, and never ends
		b.says("hello, ready")
		files.write(t, "run/cloud-init/result.json", `{"v1":{"errors":[]}}`)
		b.pass(bootEvery)
		b.says("hello, ready, started boot") // or it does
	})
}

func TestABootWithErrorsIsReadyByTheGraceAlone(t *testing.T) {
	files := newMachineFiles(t)
	inBubble(t, 10*time.Second, func(*bed) { files.write(t, "run/cloud-init/result.json", `{"v1":{"errors":["x"]}}`) }, func(b *bed) {
		b.pass(5 * time.Minute)
		b.says("hello, ready")
		if !strings.Contains(b.log.String(), "cloud-init had 1 errors") {
			t.Errorf("the log does not say why:\n%s", b.log)
		}
		files.write(t, "run/cloud-init/result.json", `{"v1":{"errors":[]}}`)
		b.pass(time.Minute)
		b.says("hello, ready")
	})
}
