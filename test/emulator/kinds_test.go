package emulator

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"autospotting/coordinator/handle"
	"autospotting/coordinator/identity"
	"autospotting/pkg/message"
)

// maintenance is what the metadata of an instance says that AWS will reboot.
const maintenance = `[{"NotBefore":"21 Jan 2030 09:00:43 GMT","Code":"system-reboot","Description":"scheduled reboot",` +
	`"EventId":"instance-event-0d59937288b749b32","NotAfter":"21 Jan 2030 09:17:23 GMT","State":"active"}]`

// Whatever spotd can say is published by the real daemon, comes through a topic and a queue that we did not write, is decoded by
// the coordinator and proves to be of the instance.
func TestEveryKindOfReportReachesTheCoordinatorAsItWasMeant(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	i := instance{id: "i-0123456789abcdef0", kind: "m5.large", zone: region + "a", spot: true, launched: time.Now()}
	m, err := newMetadata(a.cloud.account, i)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	m.set("meta-data/events/recommendations/rebalance", `{"noticeTime":"`+time.Now().UTC().Format(time.RFC3339)+`"}`)
	m.set("meta-data/events/maintenance/scheduled", maintenance)
	log, err := startSpotd(t, m.URL, a.side.URL, a.reports, "web", "--poll-targets", "100ms", "--poll-events", "100ms", "--probe", "exec:/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	showOnFailure(t, "spotd", log)

	heard := map[message.Kind]handle.Event{}
	a.hear(heard, message.Hello, message.Started, message.Ready, message.Rebalance, message.Maintenance)
	end := time.Now().Add(2 * time.Minute).UTC().Truncate(time.Second)
	m.set("meta-data/spot/instance-action", `{"action":"terminate","time":"`+end.Format(time.RFC3339)+`"}`)
	a.hear(heard, message.Terminating)

	if e := heard[message.Terminating]; len(e.Hints) != 1 || !e.Hints[0].Deadline.Equal(end) || e.Hints[0].Action != "terminate" {
		t.Errorf("of the interruption at %s came %+v", end, e)
	}
	for kind, e := range heard {
		if from := e.Report.From; from.Instance != i.id || from.Group != "web" || from.Zone != i.zone || from.Lifecycle != "spot" {
			t.Errorf("%s comes from %+v", kind, from)
		}
	}
}

// hear takes messages from the changes and the inbox until each of the kinds came, once.
func (a *account) hear(heard map[message.Kind]handle.Event, kinds ...message.Kind) {
	a.t.Helper()
	certificate, err := identity.ReadFiles(lab.signer.file)
	if err != nil {
		a.t.Fatal(err)
	}
	verifier, err := identity.New(certificate...)
	if err != nil {
		a.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	for lacking(heard, kinds) != "" {
		queue := a.inbox
		if slow := strings.Split(lacking(heard, kinds), ", ")[0]; slices.Contains(handle.SlowReports, slow) {
			queue = a.changes
		}
		out, err := a.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 20})
		if err != nil {
			a.t.Fatalf("waiting for %s: %v", lacking(heard, kinds), err)
		}
		for _, m := range out.Messages {
			e, err := handle.Decode([]byte(aws.ToString(m.Body)), handle.Topics{Reports: a.reports, Events: a.events})
			if err == nil {
				err = verifier.VerifyReport(e.Report)
			}
			if err != nil {
				a.t.Errorf("%v: %s", err, aws.ToString(m.Body))
			}
			if known := heard[e.Report.Kind]; known.ID != "" {
				a.t.Errorf("%s came twice: %+v and %+v", e.Report.Kind, known, e)
			}
			heard[e.Report.Kind] = e
			do(a.t, "delete a message", func(ctx context.Context) (*sqs.DeleteMessageOutput, error) {
				return a.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle})
			})
		}
	}
}

func lacking(heard map[message.Kind]handle.Event, kinds []message.Kind) string {
	var out []string
	for _, k := range kinds {
		if heard[k].ID == "" {
			out = append(out, string(k))
		}
	}
	return strings.Join(out, ", ")
}
