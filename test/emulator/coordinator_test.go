package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"autospotting/test/rig"
)

// coordinator is a running `coordinator serve`.
type coordinator struct {
	cmd  *exec.Cmd
	log  *tail
	done chan error
}

// What is injected; nothing here downloads it.
const (
	release  = "https://spotd.example/v1"
	checksum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

// serve starts a coordinator for the account, which ends with the test.
func (a *account) serve(binary string) *coordinator {
	a.t.Helper()
	c, err := a.startCoordinator(binary)
	if err != nil {
		a.t.Fatal(err)
	}
	showOnFailure(a.t, "the coordinator", c.log)
	a.t.Cleanup(c.kill)
	return c
}

func (a *account) startCoordinator(binary string, more ...string) (*coordinator, error) {
	args := []string{"serve", "--inbox-url", a.inbox, "--changes-url", a.changes, "--work-url", a.work, "--table", table,
		"--reports-topic", a.reports, "--events-topic", a.events, "--certificates", lab.signer.file,
		"--release-url", a.release, "--spotd-sha256", "amd64=" + a.checksum + ",arm64=" + a.checksum}
	return a.run(exec.Command(binary, append(args, more...)...))
}

// run starts the command as a coordinator of the account, seen through the corrections.
func (a *account) run(cmd *exec.Cmd) (*coordinator, error) {
	c := &coordinator{cmd: cmd, log: &tail{}, done: make(chan error, 1)}
	c.cmd.Env = append(rig.Environment(a.front.URL), cmd.Env...)
	c.cmd.Stderr = c.log
	if err := rig.Start(c.cmd); err != nil {
		return nil, fmt.Errorf("start the coordinator: %w", err)
	}
	go func() { c.done <- c.cmd.Wait() }()
	return c, nil
}

// kill is SIGKILL, and returns when the process is gone.
func (c *coordinator) kill() {
	_ = c.cmd.Process.Kill()
	err := <-c.done
	c.done <- err
}

// stop is SIGTERM, on which it finishes what it has begun and exits with 0.
func (c *coordinator) stop(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := <-c.done
	c.done <- err
	if err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// publish says something on a topic.
func (a *account) publish(ctx context.Context, topic string, body []byte) error {
	_, err := a.sns.Publish(ctx, &sns.PublishInput{TopicArn: &topic, Message: aws.String(string(body))})
	return err
}

// event publishes what EventBridge would (aws-facts 4).
func (a *account) event(kind, source string, detail map[string]string) {
	a.t.Helper()
	if err := a.publish(a.t.Context(), a.events, a.eventBody(kind, source, detail)); err != nil {
		a.t.Fatalf("publish %s: %v", kind, err)
	}
}

func (a *account) eventBody(kind, source string, detail map[string]string) []byte {
	a.ticks++
	b, err := json.Marshal(map[string]any{
		"version": "0", "id": fmt.Sprintf("event-%d", a.ticks), "detail-type": kind, "source": source, "account": a.cloud.account,
		"time": time.Now().UTC().Format(time.RFC3339), "region": region, "resources": []string{}, "detail": detail,
	})
	if err != nil {
		panic(err) // strings always encode
	}
	return b
}

func (a *account) tick() { a.t.Helper(); a.event("Scheduled Event", "aws.events", nil) }

// interrupt says that AWS takes the instance in two minutes.
func (a *account) interrupt(id string) {
	a.t.Helper()
	a.event("EC2 Spot Instance Interruption Warning", "aws.ec2", map[string]string{"instance-id": id, "instance-action": "terminate"})
}
