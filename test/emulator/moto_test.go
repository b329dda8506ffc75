package emulator

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"autospotting/test/rig"
)

// moto is the running emulator.
type moto struct {
	url  string
	stop func()
}

func startMoto() (*moto, error) {
	images, err := filepath.Abs(filepath.Join("testdata", "images.json"))
	if err != nil {
		return nil, err
	}
	m, err := rig.StartMoto("MOTO_AMIS_PATH=" + images)
	if err != nil {
		return nil, err
	}
	return &moto{m.URL, m.Stop}, nil
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
