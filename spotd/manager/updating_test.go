package manager

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autospotting/spotd/config"
	"autospotting/spotd/update"
)

// begun leaves an update that was killed before the new program was in its place.
func begun(t *testing.T) (pending string) {
	t.Helper()
	own, err := os.ReadFile(daemonProgram())
	if err != nil {
		t.Fatal(err)
	}
	state, tools := t.TempDir(), t.TempDir()
	pending = filepath.Join(state, update.PendingFile)
	sum := sha256.Sum256(own)
	text := fmt.Sprintf(`{"version":"v9.9.9","new":"00","old":%q}`, hex.EncodeToString(sum[:]))
	err = errors.Join(os.WriteFile(pending, []byte(text), 0o600), os.WriteFile(filepath.Join(tools, "systemctl"), []byte("#!/bin/sh\n"), 0o755))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("STATE_DIRECTORY", state)
	t.Setenv("PATH", tools)
	return pending
}

func TestWhatWasBegunIsEndedAlsoWithoutAChannel(t *testing.T) {
	pending := begun(t)
	var out bytes.Buffer
	if err := Update(config.Config{}, &out); err != nil || strings.Contains(out.String(), "off") {
		t.Errorf("%v, %s", err, &out)
	}
	if _, err := os.Stat(pending); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("pending all the same, which the path unit would start it for again and again: %v", err)
	}
	out.Reset()
	if err := Update(config.Config{}, &out); err != nil || !strings.HasPrefix(out.String(), "off") {
		t.Errorf("%v, %s", err, &out)
	}
}

func TestTheTimerAloneNeverReachesTheLimitOfStarts(t *testing.T) {
	for _, every := range []time.Duration{time.Minute, 7 * time.Minute, time.Hour, 6 * time.Hour, 30 * 24 * time.Hour} {
		unit := updateService("/usr/local/bin/spotd", nil, every)
		_, rest, found := strings.Cut(unit, "\nStartLimitIntervalSec=1h\nStartLimitBurst=")
		var burst int
		if _, err := fmt.Sscan(rest, &burst); !found || err != nil || burst < 10+int(time.Hour/every) || burst > 70 {
			t.Errorf("every %v: %d starts an hour, %v", every, burst, err)
		}
	}
}
