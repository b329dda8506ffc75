package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
	"autospotting/pkg/message"
	"autospotting/userdata"
)

// models is spotd in virtual time: the stage's model speaks for it.
type models struct{ stage *stage.Stage }

func (m *models) boot(g *cloudsim.Guest) { m.stage.Speak(g) }
func (m *models) stop()                  {}

// releaseSums is what the user data will ask for: the checksum of the very binary that the demo runs.
func (s *show) releaseSums() (map[string]string, error) {
	if s.opt.Virtual {
		sum := sha256.Sum256([]byte("virtual"))
		return map[string]string{runtime.GOARCH: hex.EncodeToString(sum[:])}, nil
	}
	sum, err := sumOf(s.opt.Spotd)
	if err != nil {
		return nil, fmt.Errorf("the demo runs the real spotd, and it is not there: %w: build it with make build, or run with --virtual", err)
	}
	return map[string]string{runtime.GOARCH: sum}, nil
}

func sumOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// processes runs one real spotd per instance whose user data asks for it, against metadata and SNS on loopback. A
// process lives by the wall clock, the cloud by seconds for minutes: metadata shows it wall times, its settings are scaled
// down, and the times that it publishes are turned back.
type processes struct {
	stage  *stage.Stage
	spotd  string
	dir    string
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	wg      sync.WaitGroup
	stopped bool
}

func newProcesses(s *stage.Stage, spotd string) (*processes, error) {
	p := &processes{stage: s, spotd: spotd}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	var err error
	if p.dir, err = os.MkdirTemp("", "spotd-demo-"); err != nil {
		return nil, err
	}
	s.Cloud.TranslatePublish(p.translate)
	return p, nil
}

// translate turns the wall-clock times of a report into simulated ones.
func (p *processes) translate(_ string, body []byte) []byte {
	r, err := message.Decode(body)
	if err != nil {
		return body
	}
	deadline := r.Deadline
	if !deadline.IsZero() {
		deadline = p.stage.Cloud.Sim(deadline).UTC().Truncate(time.Millisecond)
	}
	out := message.New(r.Kind, r.From, p.stage.Cloud.Sim(r.At).UTC().Truncate(time.Millisecond), deadline)
	out.Action, out.Identity, out.Detail = r.Action, r.Identity, r.Detail
	if b, err := out.Encode(); err == nil {
		return b
	}
	return body
}

func (p *processes) boot(g *cloudsim.Guest) {
	settings, aboard := userdata.Injected(g.UserData())
	if !aboard {
		return
	}
	if sum, err := sumOf(p.spotd); err != nil || sum != settings.SHA256[runtime.GOARCH] {
		return // what the bootstrap refuses, too
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	addr, err := p.stage.Cloud.ListenInstance(p.ctx, g.Instance())
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo: metadata for", g.Instance(), err)
		return
	}
	cmd := p.command(g.Instance(), addr, settings)
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "demo: start spotd for", g.Instance(), err)
		return
	}
	g.OnStop(func() { _ = cmd.Process.Signal(syscall.SIGTERM) }) // gone already is as good
	p.wg.Go(func() { _ = cmd.Wait() })                           // how a daemon ends when its machine goes is of no interest
}

func (p *processes) command(instance, addr string, s userdata.Settings) *exec.Cmd {
	cmd := exec.CommandContext(p.ctx, p.spotd, "run", "--topic", s.Topic, "--group", s.Group,
		"--grace", (s.Grace / scale).String(), "--poll", "50ms", "--state-dir", filepath.Join(p.dir, instance), "--log-level", "error")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 3 * time.Second
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") && !strings.HasPrefix(v, "STATE_DIRECTORY=") && !strings.HasPrefix(v, "SPOTD_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env,
		"SPOTD_PREFIX="+filepath.Join(p.dir, instance), // where no file tells how the boot of this machine went
		"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://"+addr,
		"AWS_ENDPOINT_URL_SNS=http://"+addr,
		"AWS_ACCESS_KEY_ID=simulated", "AWS_SECRET_ACCESS_KEY=simulated", "NO_PROXY=127.0.0.1")
	cmd.Stderr = os.Stderr
	return cmd
}

// stop ends every process and waits for it.
func (p *processes) stop() {
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
	p.cancel()
	p.wg.Wait()
	if err := os.RemoveAll(p.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(os.Stderr, "demo: left behind:", err)
	}
}
