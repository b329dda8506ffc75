package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"autospotting/pkg/message"
	"autospotting/spotd/fakes"
)

// binary is spotd as it is shipped, with a stamped version.
var binary string

func TestMain(m *testing.M) {
	os.Exit(withBinary(m.Run))
}

func withBinary(run func() int) int {
	dir, err := os.MkdirTemp("", "spotd-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "spotd")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=v1.2.3-test", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return run()
}

// patience ends a test that waits for something that does not come.
const patience = 30 * time.Second

func hear(t *testing.T, s *fakes.Sink) message.Report {
	t.Helper()
	select {
	case r := <-s.Heard:
		return r
	case <-time.After(patience):
		t.Fatalf("nothing more arrived")
		return message.Report{}
	}
}

func TestTheProcessReportsALifeAndStopsCleanly(t *testing.T) {
	imds := fakes.NewMetadata(time.Now())
	topic := &fakes.Sink{Heard: make(chan message.Report, 100)}
	imdsServer, topicServer := httptest.NewServer(imds), httptest.NewServer(topic)
	defer imdsServer.Close()
	defer topicServer.Close()

	var log bytes.Buffer
	spotd := exec.Command(binary, "run", "--topic", fakes.Topic, "--group", "web", "--grace=1s", "--poll=50ms", "--state-dir", t.TempDir())
	spotd.Stderr = &log
	spotd.Env = []string{
		"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + imdsServer.URL, "AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_ENDPOINT_URL_SNS=" + topicServer.URL,
		"AWS_ACCESS_KEY_ID=AK", "AWS_SECRET_ACCESS_KEY=secret", "SPOTD_PREFIX=" + t.TempDir(),
	}
	if err := spotd.Start(); err != nil {
		t.Fatal(err)
	}
	defer spotd.Process.Kill()
	hear(t, topic)
	hear(t, topic)
	imds.Interrupt(time.Now().Add(2 * time.Minute))
	hear(t, topic)
	if err := spotd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := spotd.Wait(); err != nil {
		t.Errorf("exit: %v\n%s", err, &log)
	}
	got := topic.Kinds(t)
	slices.Sort(got)
	if !slices.Equal(got, []string{"hello", "ready", "terminating"}) {
		t.Errorf("arrived %q\n%s", got, &log)
	}
	if !strings.HasPrefix(log.String(), `{"level":`) {
		t.Errorf("the log is not JSON:\n%s", &log)
	}
}

func TestTheProcessExplainsWhatIsWrongWithItsFlags(t *testing.T) {
	out, err := exec.Command(binary, "run", "--group", "web", "--topic", "reports").CombinedOutput()
	exit, ok := err.(*exec.ExitError)
	if !ok || exit.ExitCode() != exitUsage || !strings.Contains(string(out), "--topic") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTheProcessKnowsItsVersion(t *testing.T) {
	for _, how := range []string{"--version", "version"} {
		if out, err := exec.Command(binary, how).Output(); err != nil || string(out) != "v1.2.3-test\n" {
			t.Errorf("%s: %q, %v", how, out, err)
		}
	}
}

func TestTheBinaryStaysSmall(t *testing.T) {
	const most = 9_000_000 // bytes, stripped: people put it on every instance
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > most {
		t.Errorf("%d bytes, at most %d", info.Size(), most)
	}
}
