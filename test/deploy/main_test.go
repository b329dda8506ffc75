// Package deploy_test runs the deploy command as a process against an emulator that we did not write.
package deploy_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"autospotting/deploy/artifact"
)

var lab struct {
	missing string // why nothing can be run
	deploy  string // the built command
	moto    string // its address
	dist    string // artefacts, small ones
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "deploy-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	python := filepath.Join("..", "..", ".cache", "venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		lab.missing = "the emulator is not installed: run make emulator, which needs Python 3"
		fmt.Fprintln(os.Stderr, "*** deploy: SKIPPED:", lab.missing)
		return m.Run()
	}
	lab.deploy, lab.dist = filepath.Join(dir, "deploy"), filepath.Join(dir, "dist")
	if out, err := exec.Command("go", "build", "-o", lab.deploy, "autospotting/deploy").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build deploy: %v\n%s", err, out)
		return 1
	}
	for _, version := range []string{"v1", "v2"} {
		if err := packageSmall(version); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	stop, err := startMoto(python)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer stop()
	return m.Run()
}

// packageSmall writes a version as deploy package does, but for the programs in it: what they hold is nothing to the command.
func packageSmall(version string) error {
	m := artifact.Manifest{Version: version, Time: time.Unix(0, 0)}
	add := func(key, kind, goos, arch string, content []byte) error {
		name := filepath.Join(lab.dist, key)
		sum := sha256.Sum256(content)
		m.Artifacts = append(m.Artifacts, artifact.Artifact{Key: key, Kind: kind, OS: goos, Arch: arch, SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(content))})
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		return os.WriteFile(name, content, 0o644)
	}
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	f, err := w.Create("bootstrap")
	if err != nil {
		return err
	}
	fmt.Fprint(f, version)
	if err := w.Close(); err != nil {
		return err
	}
	for _, err := range []error{
		add("function/"+version+"/coordinator-arm64.zip", artifact.Function, "linux", "arm64", z.Bytes()),
		add("function/"+version+"/coordinator-x86_64.zip", artifact.Function, "linux", "amd64", z.Bytes()),
		add("spotd/"+version+"/spotd-linux-amd64", artifact.Spotd, "linux", "amd64", []byte("amd64 "+version)),
		add("spotd/"+version+"/spotd-linux-arm64", artifact.Spotd, "linux", "arm64", []byte("arm64 "+version)),
	} {
		if err != nil {
			return err
		}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	name := filepath.Join(lab.dist, m.Key())
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, raw, 0o644)
}

var listening = regexp.MustCompile(`Running on (http://127\.0\.0\.1:[0-9]+)`)

// startMoto starts the emulator on a free loopback port, which it names itself; it dies with this process.
func startMoto(python string) (stop func(), err error) {
	cmd := exec.Command(python, "emulator.py")
	cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1", "NO_COLOR=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			lab.moto = found[1]
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return stop, nil
		}
	}
	stop()
	return nil, fmt.Errorf("the emulator ended before it listened")
}

// needEmulator skips a test where there is no emulator; in CI that is a failure.
func needEmulator(t *testing.T) {
	t.Helper()
	if lab.missing == "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(lab.missing)
	}
	t.Skip(lab.missing)
}
