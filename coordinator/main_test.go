package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autospotting/pkg/cli"
	"autospotting/pkg/message"
)

// call runs a command line as the binary would, without any AWS credentials.
func call(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = execute(args, strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

// alone takes away whatever could reach AWS.
func alone(t *testing.T) {
	t.Helper()
	for _, v := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"} {
		t.Setenv(v, "")
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_REGION", "us-east-1")
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(f, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func report(t *testing.T, instance string) string {
	t.Helper()
	b, err := message.New(message.Ready, message.Source{Account: "123456789012", Region: "us-east-1", Zone: "us-east-1a", Instance: instance, Type: "m5.large",
		Lifecycle: "spot", Group: "web"}, time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), time.Time{}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOnceRefusesWhatItCannotReadAndNamesFileAndPlace(t *testing.T) {
	alone(t)
	for name, c := range map[string]struct{ content, place string }{
		"bytes.json":     {"\x00\x01\x02", "byte 1"},
		"half.json":      {"{\n  \"version\": 1,\n  \"kind\"", "line 3"},
		"version.json":   {strings.Replace(report(t, "i-0123456789abcdef0"), `"version":1`, `"version":42`, 1), "version"},
		"enveloped.json": {`{"Type":"Notification","TopicArn":"arn:x","Message":"not json"}`, "byte"},
	} {
		f := file(t, name, c.content)
		code, out, errs := call(t, "", "once", "--event", f)
		if code == cli.Done || !strings.Contains(errs, f) || !strings.Contains(errs, c.place) || out != "" {
			t.Errorf("%s: exit %d, stdout %q, stderr %q: want a failure that names file and place", name, code, out, errs)
		}
	}
	if code, _, errs := call(t, "nonsense", "once"); code == cli.Done || !strings.Contains(errs, "standard input") {
		t.Errorf("exit %d, %q: want standard input named", code, errs)
	}
}

func TestOnceNeedsNoCredentialsForWhatIsOfNoInterest(t *testing.T) {
	alone(t)
	code, out, errs := call(t, `{"id":"abc-1","detail-type":"Something Else","source":"x","detail":{}}`, "once")
	if code != cli.Done || !strings.Contains(out, "abc-1") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	code, out, _ = call(t, `{"id":"abc-2","detail-type":"Something Else","detail":{}}`, "once", "--format", "json")
	var doc struct{ Outcomes []struct{ ID string } }
	if err := json.Unmarshal([]byte(out), &doc); code != cli.Done || err != nil || doc.Outcomes[0].ID != "abc-2" {
		t.Errorf("exit %d, %q, %v", code, out, err)
	}
}

// changed is an event of AWS's about an instance.
func changed(instance string) string {
	return `{"id":"e1","detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","detail":{"instance-id":"` + instance + `","state":"running"}}`
}

func TestOnceSaysWhenAWSIsOutOfReach(t *testing.T) {
	alone(t)
	code, _, errs := call(t, changed("i-0123456789abcdef0"), "once")
	if code != cli.Failed || !strings.Contains(errs, "once") || errs == "" {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestOnceReadsAContextFile(t *testing.T) {
	alone(t)
	good := file(t, "context.json", `{"AwsRequestID":"r1","InvokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f"}`)
	if code, _, errs := call(t, `{"detail-type":"x"}`, "once", "--context", good); code != cli.Done {
		t.Errorf("exit %d, %q", code, errs)
	}
	bad := file(t, "context.json", `{`)
	if code, _, errs := call(t, `{"detail-type":"x"}`, "once", "--context", bad); code == cli.Done || !strings.Contains(errs, bad) {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestBadUsageSaysWhatAndExitsWithTwo(t *testing.T) {
	alone(t)
	for _, args := range [][]string{{}, {"nonsense"}, {"once", "--format", "xml"}, {"serve"}, {"serve", "extra"}, {"serve", "--metrics", "statsd", "--inbox-url", "i", "--work-url", "w.fifo", "--reports-topic", "r", "--events-topic", "e"}, {"once", "--metrics", "emf"}} {
		if code, out, errs := call(t, "", args...); code != cli.Bad || out != "" || !strings.HasSuffix(errs, "\nTry coordinator --help.\n") || strings.Count(errs, "\n") != 2 {
			t.Errorf("%v: exit %d, %q, %q", args, code, out, errs)
		}
	}
	if code, out, _ := call(t, "", "--help"); code != cli.Done || !strings.Contains(out, "once") {
		t.Errorf("--help: exit %d, %q", code, out)
	}
	if code, out, _ := call(t, "", "--version"); code != cli.Done || !strings.HasPrefix(out, "coordinator ") {
		t.Errorf("--version: exit %d, %q", code, out)
	}
}

// Beside the program of these tests lies no spotctl.
func TestWhatIsSpotctlsNowIsNoLongerDoneHere(t *testing.T) {
	alone(t)
	for _, line := range [][]string{{"plan", "--help"}, {"simulate", "--help"}, {"demo", "--help"}, {"userdata", "--help"}, {"once", "--sim"}} {
		verb := line[0]
		code, out, errs := call(t, "", line...)
		if code != cli.Failed || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "coordinator "+verb+" is spotctl "+verb+" now") || !strings.Contains(errs, "make build") {
			t.Errorf("%s: exit %d, %q, %q", verb, code, out, errs)
		}
	}
}
