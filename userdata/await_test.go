package userdata

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// imds is a metadata service whose item comes with the given look; never with 0.
type imds struct {
	mu      sync.Mutex
	from    int    // the look at the item that finds it
	v1      bool   // it knows no tokens
	answers int    // a status in place of all others
	seen    string // file of which the content was seen at the first look
	first   string
	looks   int
	times   []time.Time
	odd     []string
}

func (m *imds) serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	return server.URL
}

func (m *imds) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	const token = "a/token=="
	switch path := r.Method + " " + r.URL.Path; {
	case m.answers != 0:
		if r.Method == "GET" {
			m.looks++
		}
		w.Header().Set("Location", "http://"+r.Host+"/elsewhere")
		http.Error(w, "InService", m.answers)
	case path == "PUT /latest/api/token":
		if m.v1 {
			http.Error(w, "", http.StatusForbidden)
			return
		}
		if r.Header.Get("X-aws-ec2-metadata-token-ttl-seconds") == "" {
			m.odd = append(m.odd, "a token without a lifetime")
		}
		_, _ = w.Write([]byte(token))
	case path == "GET /latest/meta-data/autoscaling/target-lifecycle-state":
		if !m.v1 && r.Header.Get("X-aws-ec2-metadata-token") != token {
			http.Error(w, "", http.StatusUnauthorized)
			return
		}
		m.looks++
		m.times = append(m.times, time.Now())
		if m.looks == 1 {
			b, _ := os.ReadFile(m.seen)
			m.first = strings.TrimSpace(string(b))
		}
		if m.from == 0 || m.looks < m.from {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte("InService"))
	default:
		m.odd = append(m.odd, path)
		http.NotFound(w, r)
	}
}

func awaiting(s Settings) Settings {
	s.Await = true
	return s
}

// mark is what the bootstrap leaves for spotd.
func (h host) mark(t *testing.T) string {
	return strings.TrimSpace(h.said(t, filepath.Join(h.root, "var/run/spotd-member")))
}

// withoutCurl hides curl from a command, so that it is Python that asks.
func withoutCurl(t *testing.T, h host, cmd *exec.Cmd) {
	t.Helper()
	path := cmd.Args[len(cmd.Args)-1]
	script := h.said(t, path)
	hidden := strings.Replace(script, "\nhas() {", "\nhas() { [ \"$1\" != curl ] || return 1;", 1)
	if hidden == script {
		t.Fatal("the bootstrap has no has()")
	}
	h.write(t, "000-spotd", hidden)
}

func TestTheBootWaitsUntilTheItemIsThere(t *testing.T) {
	t.Parallel()
	for i, shell := range shells(t) {
		for _, tool := range []string{"curl", "python"} {
			for _, v1 := range []bool{false, true} {
				if i > 0 && (v1 || tool != "curl") { // takes two seconds each
					continue
				}
				t.Run(fmt.Sprint(strings.Join(shell, " "), tool, v1), func(t *testing.T) {
					t.Parallel()
					s, h := awaiting(release(t, fakeSpotd)), newHost(t, "SPOTD_FOREGROUND=1")
					m := &imds{from: 3, v1: v1, seen: filepath.Join(h.root, "var/run/spotd-member")}
					h.env = append(h.env, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+m.serve(t)+"/")
					cmd := h.command(t, shell, s)
					if tool == "python" {
						withoutCurl(t, h, cmd)
					}
					if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
						t.Fatalf("%v, %s", err, out)
					}
					if m.looks != 3 || len(m.odd) > 0 || h.mark(t) != "member" || m.first != "waiting" {
						t.Errorf("%d looks, odd %q, first %q, then %q; log:\n%s", m.looks, m.odd, m.first, h.mark(t), h.said(t, h.log))
					}
					for i := 1; i < len(m.times); i++ {
						if apart := m.times[i].Sub(m.times[i-1]); apart < 900*time.Millisecond {
							t.Errorf("looked again after %v", apart)
						}
					}
					if !strings.HasPrefix(h.said(t, h.record), "== install\n") {
						t.Errorf("spotd is not installed: %q", h.said(t, h.record))
					}
				})
			}
		}
	}
}

func TestTheBootGoesOnWithoutMembershipAndNeverFails(t *testing.T) {
	t.Parallel()
	down := deadServer(t)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	for _, c := range []struct {
		name, url string
		imds      *imds
		env       []string
		tool      string
		noRelease bool
		unmarked  bool
		patience  int
	}{
		{name: "never a member", imds: &imds{}, patience: 3},
		{name: "never a member, asked by Python", imds: &imds{}, tool: "python"},
		{name: "a metadata service that is switched off", imds: &imds{answers: http.StatusForbidden}},
		{name: "one that fails", imds: &imds{answers: http.StatusInternalServerError}},
		{name: "one that sends elsewhere", imds: &imds{answers: http.StatusFound}},
		{name: "one that sends Python elsewhere", imds: &imds{answers: http.StatusFound}, tool: "python"},
		{name: "nobody there", url: down},
		{name: "somebody who says nothing", url: silent.URL},
		{name: "the same to Python", url: silent.URL, tool: "python"},
		{name: "no address", url: "nonsense", tool: "python"},
		{name: "a download that fails as well", imds: &imds{}, noRelease: true},
		{name: "nowhere to write", imds: &imds{}, env: []string{"SPOTD_PREFIX=/dev/null"}, unmarked: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, h := awaiting(release(t, fakeSpotd)), newHost(t, append([]string{"SPOTD_FOREGROUND=1"}, c.env...)...)
			h.env = append(h.env, fmt.Sprintf("SPOTD_PATIENCE=%d", c.patience))
			if c.noRelease {
				s.ReleaseURL = down
			}
			if c.imds != nil {
				c.url = c.imds.serve(t)
			}
			h.env = append(h.env, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+c.url)
			cmd := h.command(t, []string{"/bin/sh"}, s)
			if c.tool == "python" {
				withoutCurl(t, h, cmd)
			}
			began := time.Now()
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%v, %s", err, out)
			}
			took := time.Since(began)
			if limit := 20 * time.Second; took < time.Duration(c.patience-1)*time.Second || took > limit { // a loaded machine is slow
				t.Errorf("went on after %v", took)
			}
			if got := h.mark(t); (got != "no-member") != c.unmarked || got == "member" {
				t.Errorf("marked %q", got)
			}
			if c.imds != nil && c.imds.looks == 0 || !strings.Contains(h.said(t, h.log), "the boot goes on: no-member") {
				t.Errorf("log:\n%s", h.said(t, h.log))
			}
			if c.noRelease && !strings.Contains(h.said(t, h.log), "download 2 of") {
				t.Errorf("did not try to install; log:\n%s", h.said(t, h.log))
			}
		})
	}
}

// The download is answered only once the wait is over, and the wait ends only once the
// download was asked for: each would hang if it waited for the other.
func TestWaitAndInstallationDoNotHoldUpEachOther(t *testing.T) {
	t.Parallel()
	asked, over := make(chan struct{}), make(chan struct{})
	var once, twice sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/latest/") {
			once.Do(func() { close(asked) })
			<-over
			http.Error(w, "", http.StatusGone)
			return
		}
		select {
		case <-asked:
			_, _ = w.Write([]byte("InService"))
			if r.Method == "GET" {
				twice.Do(func() { close(over) })
			}
		case <-time.After(time.Second):
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	s, h := awaiting(sample()), newHost(t, "SPOTD_FOREGROUND=1", "SPOTD_TRIES=1", "AWS_EC2_METADATA_SERVICE_ENDPOINT="+server.URL)
	s.ReleaseURL = server.URL
	if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v, %s", err, out)
	}
	if h.mark(t) != "member" {
		t.Errorf("marked %q; log:\n%s", h.mark(t), h.said(t, h.log))
	}
}

func TestWithoutAwaitNothingOfItIsInTheScripts(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{"sh": render(all()), "ps1": renderWindows(all())} {
		for _, word := range []string{"AWAIT", "spotd-member", "lifecycle-state", "spotd-await"} {
			if strings.Contains(script, word) {
				t.Errorf("%s holds %s", name, word)
			}
		}
	}
	for name, script := range map[string]string{"sh": render(awaiting(all())), "ps1": renderWindows(awaiting(all()))} {
		if !strings.Contains(script, "autoscaling/target-lifecycle-state") || strings.Contains(script, "spotd-await") {
			t.Errorf("%s: the wait is missing, or its marks are left:\n%s", name, script)
		}
	}
}

func TestTheWaitAloneInstallsNothing(t *testing.T) {
	t.Parallel()
	alone := Settings{Await: true, WaitOnly: true}
	for name, script := range map[string]string{"sh": render(alone), "ps1": renderWindows(alone)} {
		for _, word := range []string{"SPOTD_URL", "SPOTD_TOPIC", "spotd-member", "install", "setup", "ProgramData", "-alone", "daemon"} {
			if strings.Contains(script, word) {
				t.Errorf("%s holds %s:\n%s", name, word, script)
			}
		}
	}
	if err := (Settings{WaitOnly: true}).Validate(); err == nil {
		t.Error("only the wait, and no wait")
	}
	h := newHost(t)
	m := &imds{from: 2}
	h.env = append(h.env, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+m.serve(t))
	if out, err := h.command(t, []string{"/bin/sh"}, alone).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v, %s", err, out)
	}
	if m.looks != 2 || !strings.Contains(h.said(t, h.log), "the boot goes on: member") {
		t.Errorf("%d looks; log:\n%s", m.looks, h.said(t, h.log))
	}
	left := 0
	_ = filepath.WalkDir(h.root, func(path string, d fs.DirEntry, err error) error {
		if name := d.Name(); err == nil && !d.IsDir() && path != h.log && name != "000-spotd" { // the script and what it says
			left++
			t.Log(path)
		}
		return nil
	})
	if left > 0 {
		t.Errorf("%d files are left under the root", left)
	}
	for name, owner := range corpus(t) {
		owner = Remove(owner)
		out, note := inject(t, owner, alone)
		got, ok := Injected(out)
		if !strings.HasPrefix(note, Unchanged) && (!ok || !got.WaitOnly || !got.Await || !bytes.Equal(Remove(out), owner)) {
			t.Errorf("%s: %t, %+v", name, ok, got)
		}
	}
}

func TestAwaitComesBackFromEveryFormat(t *testing.T) {
	t.Parallel()
	injected := 0
	for name, owner := range corpus(t) {
		owner = Remove(owner)
		s := awaiting(all())
		out, note := inject(t, owner, s)
		got, ok := Injected(out)
		if strings.HasPrefix(note, Unchanged) {
			if ok {
				t.Errorf("%s: injected all the same: %s", name, note)
			}
			continue
		}
		injected++
		if !ok || !got.Await || !bytes.Equal(Remove(out), owner) {
			t.Errorf("%s: %v, %+v; removed %v", name, ok, got, bytes.Equal(Remove(out), owner))
		}
		again, _ := inject(t, out, all()) // the wait goes with the injection that had it
		if direct, _ := inject(t, owner, all()); !bytes.Equal(again, direct) {
			t.Errorf("%s: injected again without the wait, it is not as injected at once", name)
		}
		if len(out) > Limit {
			t.Errorf("%s: %d bytes", name, len(out))
		}
	}
	if injected < 50 {
		t.Errorf("only %d files took it", injected)
	}
}

// A wait costs less than a tenth of what user data may be.
func TestTheWaitIsSmall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		owner string
		most  int
	}{"Linux": {"#!/bin/sh\n", 1900}, "Windows": {"<powershell>\nGet-Date\n</powershell>", 3000}} {
		with, _ := inject(t, []byte(c.owner), awaiting(nominal))
		without, _ := inject(t, []byte(c.owner), nominalWithout())
		if more := len(with) - len(without); more > c.most {
			t.Errorf("%s: the wait costs %d bytes of %d", name, more, len(with))
		}
		t.Logf("%s: %d bytes, %d with the wait", name, len(without), len(with))
	}
}

// On Windows nothing of ours can be run here, so this reads the order: spotd's process may look as soon as it is
// made, and neither a folder that is not ours nor a failed start skips the wait.
func TestOnWindowsTheWaitComesBesideTheInstallation(t *testing.T) {
	t.Parallel()
	script := renderWindows(awaiting(all()))
	at := -1
	for _, line := range []string{
		"$clock = [System.Diagnostics.Stopwatch]::StartNew()\n", "\ntry {\n  Own\n", "\n  if (-not $Detached) { Mark 'waiting' }", "Win32_Process",
		"} catch { Say \"failed: $_\" }\n", "if (-not $Detached) { try { Await } catch { Say \"failed: $_\" } }\n", "\nexit 0\n",
	} {
		next := strings.Index(script[at+1:], line)
		if next < 0 {
			t.Fatalf("%q does not come behind what comes before it:\n%s", line, script)
		}
		at += 1 + next
	}
	s, ok := read(script)
	if !ok || !s.Await {
		t.Errorf("read back as %+v", s)
	}
}
