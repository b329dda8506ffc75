package bootstrap

import (
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"autospotting/coordinator/metrics/conform"
)

// record is one message of a batch, as the event source mapping hands it over.
func record(id, arn, body string) map[string]any {
	return map[string]any{"messageId": id, "receiptHandle": "h-" + id, "body": body, "eventSource": "aws:sqs", "eventSourceARN": arn, "awsRegion": "eu-west-1",
		"attributes": map[string]string{"ApproximateReceiveCount": "1"}, "messageAttributes": map[string]any{}}
}

// again asks for another look at a group, as the coordinator does itself.
func again(group string) string {
	return fmt.Sprintf(`{"recheck":{"group":%q,"due":"2026-11-02T09:00:00Z"}}`, group)
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(b)
}

func batch(records ...map[string]any) string { return encode(map[string]any{"Records": records}) }

func TestOneBadRecordOfABatchFailsAlone(t *testing.T) {
	t.Parallel()
	aws, runtime := newCloud(t), newRuntime(t)
	f := start(t, aws.URL, runtime.Listener.Addr().String(), nil, built.bootstrap)
	a := runtime.invoke(t, batch(record("1", inboxARN, again("web")), record("2", inboxARN, again("bad")),
		record("3", inboxARN, "no message at all"), record("4", inboxARN, again("api"))))

	// Exactly these bytes: what the mapping cannot read counts as a failure of the whole batch.
	if want := `{"batchItemFailures":[{"itemIdentifier":"2"}]}`; a.kind != "response" || strings.TrimSpace(a.body) != want || a.id != "request-1" {
		t.Errorf("answered %+v, want a response of %s", a, want)
	}
	_, sent := aws.seen()
	var groups []string
	for _, s := range sent {
		groups = append(groups, s.Group)
		if !strings.HasSuffix(s.QueueURL, "/work.fifo") || !strings.Contains(s.Body, `"cause":"recheck"`) {
			t.Errorf("sent %+v, want a request to the work queue", s)
		}
	}
	if fmt.Sprint(groups) != "[web api]" {
		t.Errorf("work for %v, want it for web and api", groups)
	}
	// Lambda reads a null list as an empty one: complete success.
	if a := runtime.invoke(t, batch(record("5", inboxARN, again("web")))); a.kind != "response" || strings.TrimSpace(a.body) != `{"batchItemFailures":null}` {
		t.Errorf("a good batch is answered %+v", a)
	}
	f.end(syscall.SIGKILL)
	if f.out.Len() != 0 {
		t.Errorf("standard output has %q: nobody asked for metrics", f.out.String())
	}
	if !strings.Contains(f.err.String(), `"msg_id":"2"`) {
		t.Error("the log does not name the message that failed")
	}
}

func TestNoCallOfAWSComesBeforeTheFirstPoll(t *testing.T) {
	t.Parallel()
	aws, runtime := newCloud(t), newRuntime(t)
	start(t, aws.URL, runtime.Listener.Addr().String(), nil, built.bootstrap)
	hear(t, runtime.polls, "it does not poll")
	if calls, _ := aws.seen(); len(calls) != 0 {
		t.Errorf("called %v while starting: a cold start waits for it", calls)
	}
}

func TestAFunctionThatIsNotInstalledSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	aws, runtime := newCloud(t), newRuntime(t)
	f := start(t, aws.URL, runtime.Listener.Addr().String(), []string{"AUTOSPOTTING_INBOX_URL="}, built.bootstrap)
	_ = f.cmd.Wait()
	f.over = true
	if code := f.cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(f.err.String(), "--inbox-url") {
		t.Errorf("exit %d, %q: want 2 and the flag named", code, f.err.String())
	}
}

func TestTheFunctionWritesALineOfMetricsForEveryReconcile(t *testing.T) {
	t.Parallel()
	aws, runtime := newCloud(t), newRuntime(t)
	f := start(t, aws.URL, runtime.Listener.Addr().String(), []string{"AUTOSPOTTING_METRICS=emf"}, built.bootstrap)
	a := runtime.invoke(t, batch(record("1", workARN, `{"group":"web","cause":"test"}`)))
	if a.kind != "response" || strings.Contains(a.body, "itemIdentifier") {
		t.Errorf("answered %+v, want the message done with: a look in a moment is asked for instead", a)
	}
	f.end(syscall.SIGKILL)
	lineOfAFailure(t, f.out.String())
}

// lineOfAFailure wants one line, of a run whose ledger was out of reach.
func lineOfAFailure(t *testing.T, out string) {
	t.Helper()
	if err := conform.Check([]byte(out)); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(out), &line); err != nil {
		t.Fatal(err)
	}
	if _, known := line["CapacityDeficit"]; line["Group"] != "web" || line["Failures"] != 1.0 || known {
		t.Errorf("the line says %s, want one failure of web, and nothing of its state", out)
	}
}

func TestServeKeepsItsOutputCleanUnlessAskedForMetrics(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"none", "emf"} {
		aws := newCloud(t)
		aws.work = []string{`{"group":"web","cause":"test"}`}
		f := start(t, aws.URL, "", nil, built.bootstrap, "serve", "--metrics", mode)
		if got := hear(t, aws.deleted, "the message is not handled"); got != "h-1" {
			t.Errorf("deleted %q", got)
		}
		f.end(syscall.SIGTERM)
		if code := f.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("--metrics %s: exit %d after SIGTERM", mode, code)
		}
		switch mode {
		case "none":
			if f.out.Len() != 0 {
				t.Errorf("standard output has %q", f.out.String())
			}
		case "emf":
			lineOfAFailure(t, f.out.String())
		}
	}
}
