package emulator

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
)

// moto is the running emulator.
type moto struct {
	url string
	cmd *exec.Cmd
	log *tail
}

var listening = regexp.MustCompile(`Running on (http://127\.0\.0\.1:[0-9]+)`)

// startMoto starts the server on a free loopback port, which it names itself.
func startMoto(python string) (*moto, error) {
	images, err := filepath.Abs(filepath.Join("testdata", "images.json"))
	if err != nil {
		return nil, err
	}
	// Not bin/moto_server: its first line names the interpreter by a path that a moved checkout does not have.
	cmd := exec.Command(python, "server.py")
	cmd.Env = append(os.Environ(), "MOTO_AMIS_PATH="+images, "PYTHONUNBUFFERED=1", "NO_COLOR=1")
	out, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = io.Discard
	if err := start(cmd); err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	m := &moto{cmd: cmd, log: &tail{}}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Fprintln(m.log, lines.Text())
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			m.url = found[1]
			go func() { _, _ = io.Copy(m.log, out) }()
			return m, nil
		}
	}
	m.stop()
	return nil, fmt.Errorf("the emulator ended before it listened:\n%s", m.log)
}

// warmUp makes the server read its descriptions of the services, which takes it seconds. It does not hold others back
// meanwhile: asked for the first time by sixteen tests at once, it reads each sixteen times.
func (m *moto) warmUp() error {
	for _, first := range []*call{
		ask("ec2", "DescribeInstances", "2016-11-15", nil),
		ask("autoscaling", "DescribeAutoScalingGroups", "2011-01-01", nil),
		ask("sns", "ListTopics", "2010-03-31", nil),
		askJSON("sqs", "AmazonSQS.ListQueues", "application/x-amz-json-1.0"),
		askJSON("dynamodb", "DynamoDB_20120810.ListTables", "application/x-amz-json-1.0"),
	} {
		if a, err := m.forward(context.Background(), nobody, first); err != nil || !a.ok() {
			return fmt.Errorf("ask the emulator %s: HTTP %d %.300s (%w)", first.action, a.status, a.body, err)
		}
	}
	// Types are the dearest of what is the same for all.
	_, err := lab.catalog.correct(func(ctx context.Context, k *call) (answer, error) { return m.forward(ctx, nobody, k) })(
		context.Background(), ask("ec2", "DescribeInstanceTypes", "2016-11-15", map[string]string{"MaxResults": "100"}))
	return err
}

// nobody is an account that no test has.
const nobody = "999999999999"

func (m *moto) stop() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
}

// tail keeps the end of what is written to it. It may be read and written by several goroutines.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailBytes = 32 << 10

func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b = append(l.b, p...)
	if over := len(l.b) - tailBytes; over > 0 {
		l.b = append([]byte(nil), l.b[over:]...)
	}
	return len(p), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.b)
}

// showOnFailure prints a process's log where the test failed.
func showOnFailure(t *testing.T, what string, log *tail) {
	t.Cleanup(func() {
		if t.Failed() || os.Getenv("SHOW") != "" {
			t.Logf("%s said at last:\n%s", what, log)
		}
	})
}
