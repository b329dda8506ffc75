package deploy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/pkg/message"
)

// outputs are those of the stack.
func (a *account) outputs() map[string]string {
	a.t.Helper()
	out, _ := a.must("outputs", "--format", "json")
	docs := map[string]map[string]string{}
	if err := json.Unmarshal([]byte(out), &docs); err != nil {
		a.t.Fatal(err)
	}
	return docs[region]
}

// lost puts messages into a dead-letter queue; those of a FIFO queue into one message group.
func (a *account) lost(url string, bodies ...string) {
	a.t.Helper()
	for i, body := range bodies {
		in := &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}
		if strings.HasSuffix(url, ".fifo") {
			in.MessageGroupId, in.MessageDeduplicationId = aws.String("web"), aws.String(fmt.Sprint("first-", i))
		}
		if _, err := sqs.NewFromConfig(a.config()).SendMessage(a.t.Context(), in); err != nil {
			a.t.Fatal(err)
		}
	}
}

// waiting takes what a queue would give at once.
func (a *account) waiting(url string) (bodies []string) {
	a.t.Helper()
	for len(bodies) < 100 {
		out, err := sqs.NewFromConfig(a.config()).ReceiveMessage(a.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, VisibilityTimeout: 600, WaitTimeSeconds: 1,
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"All"}})
		if err != nil {
			a.t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			break
		}
		for _, m := range out.Messages {
			bodies = append(bodies, aws.ToString(m.Body))
		}
	}
	return bodies
}

// member starts the group's instance, and ends another one that it had.
func (a *account) members(group string) (live, dead string) {
	a.t.Helper()
	scaling := autoscaling.NewFromConfig(a.config())
	if _, err := scaling.UpdateAutoScalingGroup(a.t.Context(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &group, DesiredCapacity: aws.Int32(2)}); err != nil {
		a.t.Fatal(err)
	}
	out, err := scaling.DescribeAutoScalingGroups(a.t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err != nil || len(out.AutoScalingGroups[0].Instances) != 2 {
		a.t.Fatal(out, err)
	}
	live, dead = aws.ToString(out.AutoScalingGroups[0].Instances[0].InstanceId), aws.ToString(out.AutoScalingGroups[0].Instances[1].InstanceId)
	if _, err := ec2.NewFromConfig(a.config()).TerminateInstances(a.t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{dead}}); err != nil {
		a.t.Fatal(err)
	}
	return live, dead
}

type deadLetters struct {
	Messages []struct {
		ID, Kind, Group, Action string
		Age                     *int64 `json:"age_s"`
	}
}

func (a *account) deadLetters(args ...string) (d deadLetters, short []string) {
	a.t.Helper()
	out, _ := a.must(append([]string{"dead-letters", "-o", "json"}, args...)...)
	dec := json.NewDecoder(strings.NewReader(out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil || dec.More() {
		a.t.Fatalf("%v: %s", err, out)
	}
	for _, m := range d.Messages {
		if m.ID == "" || m.Age == nil || *m.Age < 0 || *m.Age > 2*3600 {
			a.t.Errorf("%+v", m)
		}
		action, _, _ := strings.Cut(m.Action, ":")
		short = append(short, m.Kind+" of "+m.Group+": "+action)
	}
	slices.Sort(short)
	return d, short
}

func inEnvelope(topic string, text []byte) string {
	b, _ := json.Marshal(map[string]string{"Type": "Notification", "TopicArn": topic, "Message": string(text)})
	return string(b)
}

func reported(t *testing.T, kind message.Kind, instance string, at, deadline time.Time) []byte {
	t.Helper()
	r := message.New(kind, message.Source{Instance: instance}, at, deadline)
	if kind == message.Terminating {
		r.Action = message.ActionTerminate
	}
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDeadLettersAreShownAndWhatIsTrueGoesBack(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.group("web")
	a.up("v1")
	out := a.outputs()
	live, dead := a.members("web")
	now := time.Now().Truncate(time.Second)
	warning := func(instance string, at time.Time) []byte {
		return fmt.Appendf(nil, `{"version":"0","id":"e-%d","detail-type":"EC2 Spot Instance Interruption Warning","source":"aws.ec2","time":%q,"detail":{"instance-id":%q,"instance-action":"terminate"}}`,
			at.Unix(), at.UTC().Format(time.RFC3339), instance)
	}
	ready := inEnvelope(out["ReportsTopicArn"], reported(t, message.Ready, live, now, time.Time{}))
	a.lost(out["InboxDeadLettersURL"], ready, ready,
		inEnvelope(out["ReportsTopicArn"], reported(t, message.Ready, dead, now, time.Time{})),
		inEnvelope(out["ReportsTopicArn"], reported(t, message.Terminating, live, now.Add(-time.Hour), now.Add(-58*time.Minute))),
		inEnvelope(out["EventsTopicArn"], warning(live, now.Add(-10*time.Minute))), string(warning(live, now)),
		inEnvelope(out["EventsTopicArn"], []byte(`{"id":"t","detail-type":"Scheduled Event"}`)), "what?")
	hint := func(end time.Time) string {
		b, _ := json.Marshal(handle.Request{Group: "web", Hints: []decide.Hint{{Kind: decide.HeardTerminating, Instance: live, At: end.Add(-2 * time.Minute), Deadline: end, Trusted: true}}})
		return string(b)
	}
	a.lost(out["WorkDeadLettersURL"], hint(now.Add(-time.Minute)), hint(now.Add(time.Hour)), hint(now.Add(2*time.Hour)))

	const w = "EC2 Spot Instance Interruption Warning of web: "
	shown := func(fresh string) []string {
		want := []string{w + fresh, w + "stale", "ready of web: " + fresh, "ready of DEAD: stale", "request of web: " + fresh, "request of web: " + fresh, "request of web: stale", "terminating of web: stale", "tick of unknown: stale", "unreadable of unknown: unreadable"}
		slices.Sort(want)
		return want
	}
	// Whether Auto Scaling still has a dead instance depends on when it looks.
	same := func(got, want []string) bool {
		text := strings.Join(want, "\n")
		return slices.ContainsFunc([]string{"web", "unknown"}, func(group string) bool {
			one := strings.Split(strings.ReplaceAll(text, "DEAD", group), "\n")
			slices.Sort(one)
			return slices.Equal(got, one)
		})
	}
	if _, got := a.deadLetters(); !same(got, shown("redrive")) {
		t.Fatalf("shown are %q", got)
	}
	if _, got := a.deadLetters(); !same(got, shown("redrive")) {
		t.Fatalf("looked at again, shown are %q", got)
	}
	if _, got := a.deadLetters("--redrive"); !same(got, shown("redriven")) {
		t.Fatalf("redriven are %q", got)
	}
	a.hasInItsInbox(out, "EC2 Spot Instance Interruption Warning", "ready")
	if got := a.waiting(out["WorkURL"]); !slices.Equal(got, []string{hint(now.Add(time.Hour)), hint(now.Add(2 * time.Hour))}) {
		t.Errorf("the work queue has %q", got)
	}
	text, _ := a.must("dead-letters")
	if strings.Count(text, "stale: ")+strings.Count(text, "unreadable: ") != 6 || strings.Contains(text, "  redrive") {
		t.Errorf("left are\n%s", text)
	}
}

// hasInItsInbox holds what the coordinator would read in the inbox against what is wanted.
func (a *account) hasInItsInbox(out map[string]string, want ...string) {
	a.t.Helper()
	topics := handle.Topics{Reports: out["ReportsTopicArn"], Events: out["EventsTopicArn"]}
	var kinds []string
	for _, body := range a.waiting(out["InboxURL"]) {
		e, err := handle.Decode([]byte(body), topics)
		if err != nil {
			a.t.Error(err)
		}
		kinds = append(kinds, e.What)
	}
	if slices.Sort(kinds); !slices.Equal(kinds, want) {
		a.t.Errorf("the inbox has %q, want %q", kinds, want)
	}
}

func TestWhatWasBeingReadIsGivenBackAfterAnInterruption(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.up("v1")
	url := a.outputs()["InboxDeadLettersURL"]
	a.lost(url, "one", "two")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := a.command(ctx, "dead-letters")
	started := make(chan struct{})
	var looks atomic.Int32
	a.answer = func(r *http.Request, _ []byte) (int, string) {
		// At the second look the first has been answered, and it finds a message that nobody has seen yet.
		if r.Header.Get("X-Amz-Target") == "AmazonSQS.ReceiveMessage" && looks.Add(1) == 2 {
			<-started
			a.lost(url, "three")
			_ = cmd.Process.Signal(os.Interrupt)
		}
		return 0, ""
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if err := cmd.Wait(); err == nil {
		t.Error("an interrupted reading is a success")
	}
	a.answer = nil
	if got := a.waiting(url); len(got) != 3 {
		t.Errorf("%q can be read after it", got)
	}
}

// An installation by Terraform is one without a stack.
func TestDeadLettersOfTerraformsInstallationAreFoundByItsFunction(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.up("v1")
	out := a.outputs()
	a.lost(out["InboxDeadLettersURL"], `{"id":"x","detail-type":"EC2 Instance Launch Successful","detail":{"AutoScalingGroupName":"\u001b[2J"}}`)
	a.lost(out["WorkDeadLettersURL"], "what?")
	a.answer = instead("DescribeStacks", 400, "ValidationError", "Stack with id autospotting does not exist")
	if _, got := a.deadLetters(); !slices.Equal(got, []string{"EC2 Instance Launch Successful of \x1b[2J: redrive", "unreadable of unknown: unreadable"}) {
		t.Errorf("shown are %q", got)
	}
	if text, _ := a.must("dead-letters"); strings.Contains(text, "\x1b") || !strings.Contains(text, "group ?[2J") {
		t.Errorf("what a stranger wrote reaches the terminal: %q", text)
	}
}

func TestDeadLettersOfNoInstallationAreAnErrorAndNoDocumentIsMissing(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	out, said, err := a.deploy("dead-letters", "-o", "json")
	if err == nil || !strings.Contains(said, "stack autospotting is not installed") || strings.TrimSpace(out) != "{\n  \"messages\": []\n}" {
		t.Errorf("%v: %s, on standard output %s", err, said, out)
	}
	if _, said, err := a.deploy("dead-letters", "--region", "us-east-1,eu-west-1"); err == nil || !strings.Contains(said, "one region") {
		t.Errorf("%v: %s", err, said)
	}
}
