package userdata

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeSpotd is what the release server serves: it notes its arguments, one a
// line, and fails at the verbs of $FAIL.
const fakeSpotd = `#!/bin/sh
verb=$1
{ echo "== $1"; shift; for a; do echo "$a"; done; echo "env $PROBE"; } >>"$RECORD"
case " $FAIL " in *" $verb "*) exit 1 ;; esac
`

// host is a machine to run the bootstrap on: a temporary root, a shell, and
// what fakeSpotd and the bootstrap said.
type host struct {
	root, record, log string
	env               []string
}

func newHost(t *testing.T, env ...string) host {
	root := t.TempDir()
	h := host{root: root, record: filepath.Join(root, "record"), log: filepath.Join(root, "log")}
	h.env = append([]string{"PATH=" + os.Getenv("PATH"), "SPOTD_PREFIX=" + root, "SPOTD_LOG=" + h.log, "SPOTD_TRIES=2", "SPOTD_WAIT=0",
		"SPOTD_MACHINE=x86_64", "RECORD=" + h.record}, env...)
	return h
}

// command prepares the bootstrap as injected user data holds it.
func (h host) command(t *testing.T, shell []string, s Settings) *exec.Cmd {
	t.Helper()
	out, note := inject(t, []byte("#!/bin/sh\n"), s)
	_, script, ok := split(out)
	if !ok {
		t.Fatalf("not injected: %s", note)
	}
	path := filepath.Join(h.root, "000-spotd")
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell[0], append(shell[1:], path)...)
	cmd.Env = h.env
	return cmd
}

func (h host) said(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// shells are those of this machine that instances have as /bin/sh.
func shells(t *testing.T) [][]string {
	t.Helper()
	found := [][]string{{"/bin/sh"}}
	for _, sh := range [][]string{{"dash"}, {"busybox", "ash"}, {"bash", "--posix"}} {
		if path, err := exec.LookPath(sh[0]); err == nil {
			found = append(found, append([]string{path}, sh[1:]...))
		}
	}
	return found
}

// release serves spotd for amd64 and returns settings that fit it.
func release(t *testing.T, spotd string) Settings {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/spotd-linux-amd64" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(spotd)) // a client that hangs up fails its own test
	}))
	t.Cleanup(server.Close)
	sum := sha256.Sum256([]byte(spotd))
	s := sample()
	s.Group = `it's "$(touch pwned)" \ a group`
	s.ReleaseURL = server.URL + "/v1/"
	s.SHA256["amd64"] = hex.EncodeToString(sum[:])
	s.Env = map[string]string{"PROBE": "set to 'this'"}
	return s
}

func TestTheBootstrapInstallsWhatTheChecksumNames(t *testing.T) {
	t.Parallel()
	for _, shell := range shells(t) {
		t.Run(strings.Join(shell, " "), func(t *testing.T) {
			t.Parallel()
			s, h := release(t, fakeSpotd), newHost(t, "SPOTD_FOREGROUND=1")
			s.Probe = "exec:/bin/check it's up"
			for range 2 { // user data may run again
				if out, err := h.command(t, shell, s).CombinedOutput(); err != nil || len(out) > 0 {
					t.Fatalf("%v, %s", err, out)
				}
			}
			run := "== install\n--topic\n" + s.Topic + "\n--group\n" + s.Group + "\n--grace\n5m0s\n--probe\n" + s.Probe + "\nenv set to 'this'\n== restart\nenv set to 'this'\n"
			want := run + run // the first too: the image's package may have started one
			if got := h.said(t, h.record); got != want {
				t.Errorf("spotd was called as\n%s\nwant\n%s\nlog:\n%s", got, want, h.said(t, h.log))
			}
			entries, err := os.ReadDir(filepath.Join(h.root, "usr/local/bin"))
			if err != nil || len(entries) != 1 || entries[0].Name() != "spotd" {
				t.Errorf("left in /usr/local/bin: %v, %v", entries, err)
			}
		})
	}
}

func TestEachToolCanDownloadAndCheck(t *testing.T) {
	t.Parallel()
	for _, tools := range [][]string{{"curl", "sha256sum"}, {"wget", "openssl"}, {"python3"}, {"busybox"}} {
		t.Run(strings.Join(tools, " "), func(t *testing.T) {
			t.Parallel()
			s, h := release(t, fakeSpotd), newHost(t, "SPOTD_FOREGROUND=1")
			bin := filepath.Join(h.root, "tools")
			if err := os.Mkdir(bin, 0o755); err != nil {
				t.Fatal(err)
			}
			for _, tool := range append(tools, "sh", "uname", "mkdir", "chmod", "rm", "mv", "cp", "cut", "sed", "tr", "grep", "sleep") {
				path, err := exec.LookPath(tool)
				if err != nil {
					t.Skipf("%s is not installed here", tool)
				}
				if tool == "busybox" { // as wget and sha256sum
					for _, applet := range []string{"wget", "sha256sum"} {
						if err := os.Symlink(path, filepath.Join(bin, applet)); err != nil {
							t.Fatal(err)
						}
					}
				}
				script := "#!/bin/sh\nPATH=" + os.Getenv("PATH") + " exec " + path + " \"$@\"\n"
				if err := os.WriteFile(filepath.Join(bin, tool), []byte(script), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			cmd := h.command(t, []string{"/bin/sh"}, s)
			// The bootstrap appends the usual folders to PATH: take that line
			// out, so that only the chosen tools are found.
			path := cmd.Args[len(cmd.Args)-1]
			script := h.said(t, path)
			narrow := strings.Replace(script, "\nPATH=$PATH:", "\n: $PATH:", 1)
			if narrow == script {
				t.Fatal("the bootstrap sets no PATH")
			}
			if err := os.WriteFile(path, []byte(narrow), 0o700); err != nil {
				t.Fatal(err)
			}
			cmd.Env = append(slices.Clone(h.env), "PATH="+bin)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v, %s", err, out)
			}
			if got := h.said(t, h.record); !strings.HasPrefix(got, "== install\n") {
				t.Errorf("not installed; log:\n%s", h.said(t, h.log))
			}
		})
	}
}

func TestTheBootstrapNeverFailsTheBoot(t *testing.T) {
	t.Parallel()
	down := deadServer(t)
	tests := []struct {
		name   string
		env    []string
		change func(*Settings)
		says   string
	}{
		{name: "another checksum", change: func(s *Settings) { s.SHA256["amd64"] = strings.Repeat("0", 64) }, says: "want 0000"},
		{name: "a server that is down", change: func(s *Settings) { s.ReleaseURL = down }, says: "failed"},
		{name: "a file that is not there", change: func(s *Settings) { s.ReleaseURL += "other" }, says: "failed"},
		{name: "a machine without spotd", env: []string{"SPOTD_MACHINE=riscv64"}, change: func(*Settings) {}, says: "no spotd for"},
		{name: "an architecture without checksum", change: func(s *Settings) { delete(s.SHA256, "amd64") }, says: "no spotd for amd64"},
		{name: "no folder to install to", env: []string{"SPOTD_PREFIX=/dev/null"}, change: func(*Settings) {}, says: "cannot install"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, h := release(t, fakeSpotd), newHost(t, append(tt.env, "SPOTD_FOREGROUND=1")...)
			tt.change(&s)
			if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v, %s", err, out)
			}
			if got := h.said(t, h.log); !strings.Contains(got, tt.says) {
				t.Errorf("log %q should say %q", got, tt.says)
			}
			if got := h.said(t, h.record); got != "" {
				t.Errorf("spotd was run:\n%s", got)
			}
			if left, _ := filepath.Glob(filepath.Join(h.root, "usr/local/bin/.*spotd*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestWithoutAServiceManagerSpotdRunsByItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fail, want string }{
		{"install", "install uninstall run"},
		{"install uninstall", "install uninstall run"},
		{"restart start", "install restart start uninstall run"}, // what was installed must not start a second one later
	} {
		s, h := release(t, fakeSpotd), newHost(t, "SPOTD_FOREGROUND=1", "FAIL="+c.fail)
		if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil {
			t.Fatalf("%v, %s", err, out)
		}
		got := h.said(t, h.record)
		var verbs []string
		for line := range strings.Lines(got) {
			if verb, is := strings.CutPrefix(line, "== "); is {
				verbs = append(verbs, strings.TrimSpace(verb))
			}
		}
		if strings.Join(verbs, " ") != c.want || !strings.Contains(got, "== run\n--topic\n"+s.Topic+"\n") {
			t.Errorf("where %s fails, spotd was called as\n%s", c.fail, got)
		}
	}
}

func TestWhereNothingCanBeRestartedItIsStarted(t *testing.T) {
	t.Parallel()
	s, h := release(t, fakeSpotd), newHost(t, "SPOTD_FOREGROUND=1", "FAIL=restart")
	if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	if got := h.said(t, h.record); !strings.Contains(got, "== restart\n") || !strings.Contains(got, "== start\n") || strings.Contains(got, "== run\n") {
		t.Errorf("spotd was called as\n%s", got)
	}
}

func TestAFolderThatRunsNothingIsPassedOver(t *testing.T) {
	t.Parallel()
	s, h := release(t, fakeSpotd), newHost(t, "SPOTD_FOREGROUND=1")
	if err := os.WriteFile(filepath.Join(h.root, "usr"), nil, 0o644); err != nil { // no folder can be made here
		t.Fatal(err)
	}
	if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(h.root, "opt/spotd/spotd")); err != nil {
		t.Errorf("not in /opt/spotd: %v; log:\n%s", err, h.said(t, h.log))
	}
}

// TestTheBootIsNotHeldUp answers the download only after the bootstrap has
// returned: if it waited for it, the test would never end.
func TestTheBootIsNotHeldUp(t *testing.T) {
	t.Parallel()
	asked, answer, done := make(chan struct{}, 10), make(chan struct{}), make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-answer
		w.WriteHeader(http.StatusGone)
		done <- struct{}{}
	}))
	t.Cleanup(server.Close)
	s, h := sample(), newHost(t, "SPOTD_TRIES=1")
	s.ReleaseURL = server.URL
	// CombinedOutput reads to the end, so this also shows that nothing in the
	// background keeps our output open.
	if out, err := h.command(t, []string{"/bin/sh"}, s).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v, %s", err, out)
	}
	<-asked
	close(answer)
	<-done
}

// write puts a file below the host's root.
func (h host) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(h.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// deadServer is a URL at which every connection ends at once. Its port stays taken, so that no other test's server comes to stand there.
func deadServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}
