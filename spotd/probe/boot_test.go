//go:build !windows

package probe

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// put writes a file below a folder; an empty text makes a folder.
func put(t *testing.T, root, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestTheBootIsOverWhenTheMachineSaysSo(t *testing.T) {
	const fine = `{"v1": {"datasource": "DataSourceEc2Local", "errors": []}}`
	for _, c := range []struct {
		name    string
		files   map[string]string
		systemd string // what systemctl says; empty where systemd does not run
		want    string // empty: over
	}{
		{"cloud-init is done", map[string]string{"result.json": fine}, "degraded", ""},
		{"it has begun", map[string]string{"enabled": ""}, "running", "not done"},
		{"it had errors", map[string]string{"result.json": `{"v1":{"errors":["('scripts_user', RuntimeError('Runparts: 1 failures'))"]}}`}, "running", "1 errors, the first"},
		{"its result is cut", map[string]string{"result.json": fine[:20]}, "running", "result.json"},
		{"its result is of another version", map[string]string{"result.json": `{"v2":{}}`}, "running", "no v1"},
		{"it is disabled, and systemd runs", map[string]string{"disabled": ""}, "running", ""},
		{"there is none, and systemd runs", nil, "running", ""},
		{"systemd starts", nil, "starting", "starting"},
		{"systemd is degraded", nil, "degraded", "degraded"},
		{"systemd does not know us", nil, "unknown", "does not know our account"},
		{"nobody tells", nil, "", "neither cloud-init nor systemd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range c.files {
				put(t, root, "run/cloud-init/"+name, text, 0o644)
			}
			if c.systemd != "" {
				put(t, root, "run/systemd/system/x", "", 0o644)
				put(t, root, "bin/systemctl", "#!/bin/sh\n[ \"$*\" = is-system-running ] && echo "+c.systemd+"\n", 0o755)
				t.Setenv("PATH", filepath.Join(root, "bin"))
			}
			err := Boot(root, time.Time{})(t.Context())
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if errors.Is(err, ErrUnderWay) != (c.want == "not done") {
				t.Errorf("under way: %v", err)
			}
		})
	}
}

func TestTheLaunchAgentOfWindowsSaysWhenItIsDone(t *testing.T) {
	launched := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const done = "2026/11/23 12:01:05Z: Userdata execution done\r\n"
	const before = "2026/11/20 12:01:05Z: Userdata execution done\r\n"
	const failed = "2026/11/23 12:01:04Z: ERROR: Unable to execute userdata: x\r\n"
	for _, c := range []struct{ name, status, log, want string }{
		{"EC2Launch v2 is done", "0", "", ""},
		{"it runs still", "2", done, "exit status 2"},
		{"it had errors", "1", done, "exit status 1"},
		{"EC2Launch v1 is done", "", before + "2026/11/23 12:01:00Z: Userdata execution begins\r\n" + done, ""},
		{"its log is long", "", strings.Repeat("x", 100<<10) + "\r\n" + done, ""},
		{"the log is the image's", "", before, "not done"},
		{"it could not run it", "", failed + done, "Unable to execute userdata"},
		{"the owner's script says so", "", "2026/11/23 12:01:04Z: Message: The output: Userdata execution done\r\n", "not done"},
		{"there is none", "", "", "no launch agent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			if c.status != "" {
				put(t, root, "Amazon/EC2Launch/EC2Launch.exe", "#!/bin/sh\n[ \"$*\" = status ] || exit 9\nexit "+c.status+"\n", 0o755)
			}
			if c.log != "" {
				put(t, root, "Amazon/EC2-Windows/Launch/Log/UserdataExecution.log", c.log, 0o644)
			}
			err := launchAgent(root, root, launched)(t.Context())
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if errors.Is(err, ErrUnderWay) != (c.want == "not done" || c.status == "2") {
				t.Errorf("under way: %v", err)
			}
		})
	}
}
