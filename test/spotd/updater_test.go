package spotd

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"autospotting/pkg/channel"
	"autospotting/spotd/update"
)

// signer's seed is anything: the test is its only user.
var signer = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

// updaterEnv makes this test's own program the updater, which dies at a step.
const updaterEnv = "SPOTD_TEST_UPDATER"

// dying is what that is told.
type dying struct {
	Binary, State, Run, Base string
	Patience                 time.Duration
	At                       int    // the step that it dies before, from 1; 0 is never
	Steps                    string // file that gets the steps' names
}

// updateAndDie is the process.
func updateAndDie(text string) int {
	var d dying
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return 1
	}
	n := 0
	u := update.Updater{
		Binary: d.Binary, State: d.State, Run: d.Run, Version: "v1.0.0", Channel: "stable", Patience: d.Patience,
		Keys:   []ed25519.PublicKey{signer.Public().(ed25519.PublicKey)},
		Source: update.HTTP{Address: update.Address{Base: d.Base, Name: "stable"}, Client: http.DefaultClient},
		Restart: func(ctx context.Context) error {
			return exec.CommandContext(ctx, "systemctl", "restart", "spotd.service").Run()
		},
		Step: func(name string) {
			f, err := os.OpenFile(d.Steps, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err == nil {
				fmt.Fprintln(f, name)
				f.Close()
			}
			if n++; n == d.At {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		},
	}
	if version, err := u.Once(context.Background()); err != nil {
		fmt.Println(version, err)
		return 1
	}
	return 0
}

// updating is a machine with a daemon, a service manager and a channel.
type updating struct {
	t                  *testing.T
	bin, state, run    string // where the program is, the updater's and the daemon's directories
	imds               *metadata
	sns                *topic
	base               string // of the channel
	env                []string
	old, next          []byte
	stopSupervisor     func()
	path, restartOrder string
	patience           time.Duration // for a hello
}

func (u *updating) program() string { return filepath.Join(u.bin, "spotd") }

// newUpdating starts the old program; the channel has the next one.
func newUpdating(t *testing.T, old, next []byte, patience time.Duration) *updating {
	dir := t.TempDir()
	u := &updating{t: t, patience: patience, bin: filepath.Join(dir, "bin"), state: filepath.Join(dir, "state"), run: filepath.Join(dir, "run"), old: old, next: next,
		imds: newMetadata(t), sns: newTopic(t), path: filepath.Join(dir, "path"), restartOrder: filepath.Join(dir, "restart")}
	for _, d := range []string{u.bin, u.state, u.run, u.path, filepath.Join(dir, "daemon")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	u.put(u.program(), old)
	// What systemctl restart is here: an order to the supervisor, and waiting until it is carried out.
	u.put(filepath.Join(u.path, "systemctl"), []byte(fmt.Sprintf("#!/bin/sh\n: >%[1]s\nn=0\nwhile [ -e %[1]s ] && [ $n -lt 1000 ]; do sleep 0.01; n=$((n+1)); done\n", u.restartOrder)))
	u.env = append(os.Environ(), "PATH="+u.path+":"+os.Getenv("PATH"), "AWS_EC2_METADATA_SERVICE_ENDPOINT="+u.imds.URL, "AWS_ENDPOINT_URL_SNS="+u.sns.URL,
		"AWS_ACCESS_KEY_ID=AK", "AWS_SECRET_ACCESS_KEY=secret", "RUNTIME_DIRECTORY="+u.run)
	u.base = u.serve()
	u.supervise(filepath.Join(dir, "daemon"))
	u.until("the old daemon's hello", func() bool { return u.status().Heard })
	return u
}

func (u *updating) put(path string, body []byte) {
	u.t.Helper()
	if err := os.WriteFile(path, body, 0o755); err != nil {
		u.t.Fatal(err)
	}
}

// serve is the channel, with version v1.1.0.
func (u *updating) serve() string {
	name := fmt.Sprintf("spotd/v1.1.0/spotd-linux-%s", runtime.GOARCH)
	now := time.Now()
	manifest, err := channel.Seal(channel.Manifest{Schema: channel.Schema, Channel: "stable", Version: "v1.1.0", Serial: 5, Created: now.Add(-time.Hour), Expires: now.Add(time.Hour),
		Artifacts: []channel.Artifact{{Name: name, Kind: channel.Spotd, OS: "linux", Arch: runtime.GOARCH, Size: int64(len(u.next)), SHA256: sum(u.next)}}}, signer)
	if err != nil {
		u.t.Fatal(err)
	}
	mux := http.NewServeMux()
	for path, body := range map[string][]byte{channel.Key("stable"): manifest, name: u.next} {
		mux.HandleFunc("/releases/"+path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
	}
	s := httptest.NewServer(mux)
	u.t.Cleanup(s.Close)
	return s.URL + "/releases"
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// supervise is the service manager: it starts the program whenever none runs, and anew when told to.
func (u *updating) supervise(state string) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	u.stopSupervisor = func() { stop(); <-done }
	u.t.Cleanup(u.stopSupervisor)
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			u.oneLife(ctx, state)
		}
	}()
}

func (u *updating) oneLife(ctx context.Context, state string) {
	daemon := exec.Command(u.program(), "run", "--topic", topicARN, "--group", "web", "--grace", "24h", "--poll", "50ms")
	daemon.Dir, daemon.Env = state, append(slices.Clone(u.env), "STATE_DIRECTORY="+state)
	if err := daemon.Start(); err != nil {
		time.Sleep(20 * time.Millisecond) // as RestartSec=
		return
	}
	_ = os.Remove(u.restartOrder) // carried out
	ended := make(chan struct{})
	go func() { _ = daemon.Wait(); close(ended) }()
	for {
		_, err := os.Stat(u.restartOrder)
		if err == nil || ctx.Err() != nil {
			_ = daemon.Process.Signal(syscall.SIGTERM)
			<-ended
			return
		}
		select {
		case <-ended:
			time.Sleep(20 * time.Millisecond)
			return
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (u *updating) status() (s update.Status) {
	body, _ := os.ReadFile(filepath.Join(u.run, update.StatusFile))
	_ = json.Unmarshal(body, &s)
	return s
}

func (u *updating) until(what string, ok func() bool) {
	u.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			u.t.Fatalf("waited in vain for %s; status %+v", what, u.status())
		}
	}
}

// dies runs the updater until it dies before a step, and tells whether it did; it returns the steps.
func (u *updating) dies(at int) (died bool, steps []string) {
	u.t.Helper()
	d := dying{u.program(), u.state, u.run, u.base, u.patience, at, filepath.Join(u.t.TempDir(), "steps")}
	text, err := json.Marshal(d)
	if err != nil {
		u.t.Fatal(err)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(slices.Clone(u.env), updaterEnv+"="+string(text))
	_ = c.Run()
	names, _ := os.ReadFile(d.Steps)
	return c.ProcessState.Sys().(syscall.WaitStatus).Signaled(), strings.Split(strings.TrimSpace(string(names)), "\n")
}

// unit is what the service manager runs: the shipped command by the shipped line of shell.
func (u *updating) unit() (string, error) {
	c := exec.Command("/bin/sh", "-c", update.Launcher, u.program(), "update", "--topic", topicARN, "--group", "web",
		"--update-channel", u.base+"/channel/stable.json", "--update-keys", channel.FormatKey(signer.Public().(ed25519.PublicKey)), "--update-patience", u.patience.String())
	c.Env = append(slices.Clone(u.env), "STATE_DIRECTORY="+u.state)
	out, err := c.CombinedOutput()
	return string(out), err
}

func (u *updating) pending() bool {
	_, err := os.Stat(filepath.Join(u.state, update.PendingFile))
	return err == nil
}

// recover is what the path unit does: the unit runs anew as long as something is pending.
func (u *updating) recover() {
	u.t.Helper()
	for range 5 {
		if !u.pending() {
			return
		}
		out, err := u.unit()
		u.t.Logf("taken up again: %s %v", out, err)
	}
	u.t.Error("an update is pending for ever")
}

// isWhole says that the program's path names the old or the new program, which it has to at any time.
func (u *updating) isWhole() {
	u.t.Helper()
	got, err := os.ReadFile(u.program())
	if s := sum(got); err != nil || s != sum(u.old) && s != sum(u.next) {
		u.t.Fatalf("the program is neither the old nor the new one: %d bytes, %v", len(got), err)
	}
}

// works says that this version runs, and has said hello.
func (u *updating) works(version string) {
	u.t.Helper()
	u.until("a hello of "+version, func() bool {
		s := u.status()
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", s.PID))
		return err == nil && exe == u.program() && s.Version == version && s.Heard
	})
}
