package spotd

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"autospotting/pkg/message"
)

// mockPackage is the metadata service that AWS publishes for tests.
const mockPackage = "github.com/aws/amazon-ec2-metadata-mock/cmd/ec2-metadata-mock@v1.13.0"

// tools builds, once, what the tests of this file run.
var tools = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "spotd-mock-"); err != nil {
		return "", err
	}
	install := exec.Command("go", "install", mockPackage)
	install.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := install.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("%s: %w\n%s", mockPackage, err, out)
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	if text := os.Getenv(updaterEnv); text != "" {
		os.Exit(updateAndDie(text))
	}
	code := m.Run()
	if dir, _ := tools(); dir != "" && toolsUsed {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

var toolsUsed bool

// mock starts the metadata mock, IMDSv2 only, and returns its address.
func mock(t *testing.T, args ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the metadata mock")
	}
	toolsUsed = true
	dir, err := tools()
	if err != nil {
		t.Skipf("the metadata mock cannot be had: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	home := t.TempDir() // it writes its settings there
	start(t, []string{"HOME=" + home}, filepath.Join(dir, "ec2-metadata-mock"), append(args, "--imdsv2", "-n", "127.0.0.1", "-p", port)...)
	url := "http://127.0.0.1:" + port
	for deadline := time.Now().Add(patience); ; {
		if answer, err := http.Get(url); err == nil {
			answer.Body.Close()
			return url
		}
		if time.Now().After(deadline) {
			t.Fatal("the metadata mock does not come up")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

var spotdBinary = sync.OnceValues(func() (string, error) {
	dir, err := tools()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "spotd")
	out, err := exec.Command("go", "build", "-o", path, "autospotting/spotd").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestAgainstTheMetadataMockOfAWS(t *testing.T) {
	for _, c := range []struct {
		name  string
		args  []string
		kinds []message.Kind // after hello, in any order
		check func(*testing.T, message.Report)
	}{
		{"a spot interruption", []string{"spot", "--action", "terminate"}, []message.Kind{message.Terminating}, func(t *testing.T, r message.Report) {
			if left := time.Until(r.Deadline); r.Action != "terminate" || left < time.Minute || left > 3*time.Minute {
				t.Errorf("%+v", r)
			}
		}},
		{"a spot stop", []string{"spot", "--action", "stop"}, []message.Kind{message.Terminating}, func(t *testing.T, r message.Report) {
			if r.Action != "stop" {
				t.Errorf("%+v", r)
			}
		}},
		{"a hibernation", []string{"spot", "--action", "hibernate"}, []message.Kind{message.Terminating}, func(t *testing.T, r message.Report) {
			if r.Action != "hibernate" {
				t.Errorf("%+v", r)
			}
		}},
		{"a rebalance recommendation, an interruption later", []string{"spot", "--rebalance-delay-sec", "0", "--mock-delay-sec", "3600"}, []message.Kind{message.Rebalance}, nil},
		{"a scheduled event", []string{"events", "--code", "system-reboot", "--state", "active"}, []message.Kind{message.Maintenance}, func(t *testing.T, r message.Report) {
			if r.Action != "system-reboot" || r.Deadline.IsZero() {
				t.Errorf("%+v", r)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			heard := hearMock(t, c.args, append(c.kinds, message.Hello))
			if c.check != nil {
				c.check(t, heard[c.kinds[0]])
			}
		})
	}
}

// hearMock runs spotd against the mock until each of these kinds was heard, and a
// while longer: nothing may be said twice.
func hearMock(t *testing.T, args []string, kinds []message.Kind) map[message.Kind]message.Report {
	t.Helper()
	url, sns := mock(t, args...), newTopic(t)
	spotd, err := spotdBinary()
	if err != nil {
		t.Fatal(err)
	}
	run(t, spotd, url, sns.URL, "--grace", "24h", "--poll", "100ms", "--poll-targets", "100ms", "--poll-events", "100ms")
	heard := map[message.Kind]message.Report{}
	hear := func(r message.Report) {
		if heard[r.Kind].ID != "" {
			t.Errorf("said again: %+v", r)
		}
		heard[r.Kind] = r
	}
	for _, kind := range kinds {
		for heard[kind].ID == "" {
			hear(sns.hear(t))
		}
	}
	time.Sleep(2 * time.Second) // the mock gives another time at each request
	for len(sns.reports) > 0 {
		hear(<-sns.reports)
	}
	return heard
}

func TestTheGroupsTerminationOfTheMockRunsHandlers(t *testing.T) {
	url, sns := mock(t, "asglifecycle", "--asg-termination-delay-sec", "2"), newTopic(t)
	spotd, err := spotdBinary()
	if err != nil {
		t.Fatal(err)
	}
	dir, mark := t.TempDir(), filepath.Join(t.TempDir(), "mark")
	if err := os.WriteFile(filepath.Join(dir, "10-drain"), []byte("#!/bin/sh\necho \"$@\" >"+mark+".half && mv "+mark+".half "+mark+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, spotd, url, sns.URL, "--grace", "24h", "--poll", "100ms", "--poll-targets", "100ms", "--handlers", dir)
	sns.hearKind(t, message.Hello)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if body, err := os.ReadFile(mark); err == nil {
			if !strings.HasPrefix(string(body), "terminated i-") {
				t.Errorf("called with %q", body)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the handler was not run")
		}
	}
}
