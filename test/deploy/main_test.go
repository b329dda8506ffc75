// Package deploy_test runs spotctl as a process against an emulator that we did not write.
package deploy_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"autospotting/test/rig"
)

var lab struct {
	missing string // why nothing can be run
	spotctl string // the built command
	moto    string // its address
	dist    string // artefacts, small ones
}

// versions are packaged, small ones.
var versions = []string{"v1", "v2", "v1.0.0", "v2.0.0", "v2.0.1", "v2.0.0-dirty"}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "deploy-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := rig.Installed(); err != nil {
		lab.missing = err.Error()
		fmt.Fprintln(os.Stderr, "*** deploy: SKIPPED:", lab.missing)
		return m.Run()
	}
	lab.spotctl, lab.dist = filepath.Join(dir, "spotctl"), filepath.Join(dir, "dist")
	if out, err := exec.Command("go", "build", "-o", lab.spotctl, "autospotting/deploy").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build spotctl: %v\n%s", err, out)
		return 1
	}
	for _, version := range versions {
		if err := errors.Join(rig.SmallRelease(lab.dist, version), smallPackage(version)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	moto, err := rig.StartMoto()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer moto.Stop()
	lab.moto = moto.URL
	return m.Run()
}

// smallPackage is what else belongs to a version.
func smallPackage(version string) error {
	dir := filepath.Join(lab.dist, "packages", version)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "spotd-amd64.deb"), []byte("deb "+version), 0o644)
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
