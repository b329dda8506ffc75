package emulator

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"autospotting/test/rig"
)

// patience ends a test that waits for something that does not come. It is far above every bound of the product that a test
// waits for, the longest being the 60 s after which a read is taken to show an earlier write: the machine may be busy with
// other work, and how long a story takes is no assertion.
const patience = 5 * time.Minute

// lab is what all tests share. Its parts are read-only once TestMain has made them.
var lab struct {
	missing     string // why nothing can be run; empty if all is there
	dir         string
	coordinator string  // the built binary
	spotd       string  // the built binary
	motos       []*moto // one for each processor of a small machine: one server keeps one busy
	signer      *signer
	catalog     *catalog
	busy        chan struct{} // holds one for each story that is being told
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "emulator-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	lab.dir = dir
	if err := rig.Installed(); err != nil && other == "" {
		lab.missing = err.Error()
		fmt.Fprintln(os.Stderr, "*** emulator: SKIPPED:", lab.missing)
		return m.Run()
	}
	if err := setUp(); err != nil {
		fmt.Fprintln(os.Stderr, "emulator:", err)
		return 1
	}
	defer func() {
		for _, m := range lab.motos {
			m.stop()
		}
	}()
	// Many wait for a bound of the product; how many of the others work at once, lab.busy says.
	if err := flag.Set("test.parallel", "200"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

const (
	servers = 2 // emulators that share the accounts
	tellers = 6 // stories told at once: more would only make each of them slower, and what waits for a time-out comes again
)

func setUp() (err error) {
	if lab.coordinator, err = build("coordinator"); err != nil {
		return err
	}
	if lab.spotd, err = build("spotd"); err != nil {
		return err
	}
	if lab.signer, err = newSigner(filepath.Join(lab.dir, "identity.pem")); err != nil {
		return err
	}
	lab.catalog, lab.busy = &catalog{}, make(chan struct{}, tellers)
	return startEmulators()
}

// other is an emulator that is asked for a second opinion instead of moto; whoever asks has started it on loopback.
var other = os.Getenv("EMULATOR_URL")

func startEmulators() error {
	if other != "" {
		lab.motos = []*moto{{url: other, stop: func() {}}}
		return nil
	}
	warm := make(chan error, servers)
	for range servers {
		m, err := startMoto()
		if err != nil {
			return err
		}
		lab.motos = append(lab.motos, m)
		go func() { warm <- m.warmUp() }()
	}
	var errs []error
	for range servers {
		errs = append(errs, <-warm)
	}
	return errors.Join(errs...)
}

// build makes the binary as the Makefile does, but for the stamped version.
func build(command string, flags ...string) (string, error) {
	binary, dir := filepath.Join(lab.dir, command), command
	if command == "spotctl" {
		dir = "deploy"
	}
	args := append([]string{"build", "-trimpath", "-tags=lambda.norpc", "-o", binary}, flags...)
	if out, err := exec.Command("go", append(args, "autospotting/"+dir)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %v\n%s", command, err, out)
	}
	return binary, nil
}

// needEmulator skips a test where there is no emulator; in CI that is a failure, since a suite that was skipped proves nothing.
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
