package bootstrap

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// binaries are built once, the way they are shipped.
type binaries struct{ bootstrap, bare string }

var built binaries

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bootstrap")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	built = binaries{filepath.Join(dir, "bootstrap"), filepath.Join(dir, "bare")}
	for out, pkg := range map[string]string{built.bootstrap: "autospotting/coordinator", built.bare: "autospotting/test/bootstrap/bare"} {
		cmd := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w -X main.version=v0.0.1-test", "-o", out, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			panic(string(text) + err.Error())
		}
	}
	return m.Run()
}

const (
	eventsTopic = "arn:aws:sns:eu-west-1:123456789012:events"
	inboxARN    = "arn:aws:sqs:eu-west-1:123456789012:inbox"
	workARN     = "arn:aws:sqs:eu-west-1:123456789012:work.fifo"
)

// function is a running process with its output.
type function struct {
	cmd      *exec.Cmd
	began    time.Time
	out, err bytes.Buffer // to be read once it has ended
	over     bool
}

// start runs a binary with the environment that the stack gives its function, and nothing of this machine's.
func start(t testing.TB, aws, runtime string, more []string, binary string, args ...string) *function {
	t.Helper()
	f := &function{cmd: exec.Command(binary, args...)}
	f.cmd.Env = append([]string{"AWS_ENDPOINT_URL=" + aws, "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=AK", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "NO_PROXY=*",
		"AWS_LAMBDA_RUNTIME_API=" + runtime, "AWS_LAMBDA_FUNCTION_NAME=coordinator", "_HANDLER=bootstrap",
		"AUTOSPOTTING_INBOX_URL=" + aws + "/123456789012/inbox", "AUTOSPOTTING_WORK_URL=" + aws + "/123456789012/work.fifo",
		"AUTOSPOTTING_REPORTS_TOPIC=arn:aws:sns:eu-west-1:123456789012:reports", "AUTOSPOTTING_EVENTS_TOPIC=" + eventsTopic}, more...)
	f.cmd.Stdout, f.cmd.Stderr = &f.out, &f.err
	f.began = time.Now()
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.end(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("stdout:\n%s\nstderr:\n%s", f.out.String(), f.err.String())
		}
	})
	return f
}

// end sends the signal and returns when the process is gone.
func (f *function) end(s syscall.Signal) {
	if f.over {
		return
	}
	f.over = true
	_ = f.cmd.Process.Signal(s)
	_ = f.cmd.Wait() // killed is an error too
}
