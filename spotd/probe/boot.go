package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// ErrUnderWay is in Boot's error while the boot is known to be under way. Errors, and a
// machine that does not tell, are something else: who waits for their end waits in vain.
var ErrUnderWay = errors.New("under way")

// Boot asks whether the boot is over without errors, for instances whose application
// nobody probes. It reads what the machine says of itself: cloud-init's result where that
// runs, else the state of systemd; on Windows the launch agent's. The launch tells this
// boot's lines in a log from the image's. The prefix is empty but in tests.
func Boot(prefix string, launched time.Time) Probe {
	if runtime.GOOS == "windows" {
		return launchAgent(os.Getenv("ProgramFiles"), os.Getenv("ProgramData"), launched)
	}
	return func(ctx context.Context) error {
		run := filepath.Join(prefix, "/run/cloud-init")
		_, disabled := os.Stat(filepath.Join(run, "disabled")) // by its generator, see ds-identify
		if _, err := os.Stat(run); err == nil && disabled != nil {
			return cloudInit(filepath.Join(run, "result.json"))
		}
		if _, err := os.Stat(filepath.Join(prefix, "/run/systemd/system")); err != nil { // sd_booted(3)
			return errors.New("neither cloud-init nor systemd tells when the boot is over")
		}
		return systemRunning(false)(ctx)
	}
}

// cloudInit reads the result that it writes at its very end (cloud-init documentation,
// "Status": result.json).
func cloudInit(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cloud-init is not done: %w", ErrUnderWay)
	}
	if err != nil {
		return fmt.Errorf("cloud-init's result: %w", err)
	}
	var result struct {
		V1 *struct {
			Errors []string `json:"errors"`
		} `json:"v1"`
	}
	switch err := json.Unmarshal(text, &result); {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case result.V1 == nil:
		return fmt.Errorf("%s holds no v1", path)
	case len(result.V1.Errors) > 0:
		return fmt.Errorf("cloud-init had %d errors, the first: %.200q", len(result.V1.Errors), result.V1.Errors[0])
	}
	return nil
}

// stillRuns is the exit status of EC2Launch.exe status while the agent has not run all tasks.
const stillRuns = 2

// launchAgent asks EC2Launch v2 for its status, which is 0 once it has run its tasks, user
// data among them, and all went well. EC2Launch v1 is known by the last line of its log.
// EC2Config, of Windows Server 2012, is not asked.
func launchAgent(programs, data string, launched time.Time) Probe {
	return func(ctx context.Context) error {
		agent := filepath.Join(programs, "Amazon", "EC2Launch", "EC2Launch.exe")
		if _, err := os.Stat(agent); err == nil {
			err := exec.CommandContext(ctx, agent, "status").Run()
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == stillRuns {
				return fmt.Errorf("EC2Launch status: %w: %w", ErrUnderWay, err)
			}
			if err != nil {
				return fmt.Errorf("EC2Launch status: %w", err)
			}
			return nil
		}
		text, err := tail(filepath.Join(data, "Amazon", "EC2-Windows", "Launch", "Log", "UserdataExecution.log"))
		if err != nil {
			return fmt.Errorf("no launch agent tells when the boot is over: %w", err)
		}
		return launchLog(text, launched)
	}
}

// launchLog looks for the last line that EC2Launch v1 writes about user data, of this
// launch: "2026/11/23 12:01:05Z: Userdata execution done".
func launchLog(text string, launched time.Time) error {
	failed := ""
	for line := range strings.Lines(text) {
		stamp, said, _ := strings.Cut(strings.TrimSpace(line), "Z: ")
		when, err := time.Parse("2006/01/02 15:04:05", stamp)
		switch {
		case err != nil || when.Before(launched):
		case strings.Contains(said, "Unable to execute userdata"):
			failed = said
		case said == "Userdata execution done" && failed == "":
			return nil
		}
	}
	if failed != "" {
		return fmt.Errorf("EC2Launch: %.200s", failed)
	}
	return fmt.Errorf("EC2Launch is not done with the user data: %w", ErrUnderWay)
}

// tail is the end of a file that may have grown for years.
func tail(path string) (string, error) {
	const most = 64 << 10
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > most {
		if _, err := f.Seek(-most, io.SeekEnd); err != nil {
			return "", err
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, most))
	return string(text), err
}
