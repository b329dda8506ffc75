package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		if code == exitDone || !strings.Contains(errs, f) || !strings.Contains(errs, c.place) || out != "" {
			t.Errorf("%s: exit %d, stdout %q, stderr %q: want a failure that names file and place", name, code, out, errs)
		}
	}
	if code, _, errs := call(t, "nonsense", "once"); code == exitDone || !strings.Contains(errs, "standard input") {
		t.Errorf("exit %d, %q: want standard input named", code, errs)
	}
}

func TestOnceNeedsNoCredentialsForWhatIsOfNoInterest(t *testing.T) {
	alone(t)
	code, out, errs := call(t, `{"id":"abc-1","detail-type":"Something Else","source":"x","detail":{}}`, "once")
	if code != exitDone || !strings.Contains(out, "abc-1") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	code, out, _ = call(t, `{"id":"abc-2","detail-type":"Something Else","detail":{}}`, "once", "--format", "json")
	var doc struct{ Outcomes []struct{ ID string } }
	if err := json.Unmarshal([]byte(out), &doc); code != exitDone || err != nil || doc.Outcomes[0].ID != "abc-2" {
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
	if code != exitFailed || !strings.Contains(errs, "once") || errs == "" {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestOnceOnTheSimulatedCloud(t *testing.T) {
	alone(t)
	code, out, errs := call(t, changed("i-0123456789abcdef0"), "once", "--sim")
	if code != exitDone || !strings.Contains(out, "not ours") || !strings.Contains(out, "i-0123456789abcdef0") {
		t.Errorf("a stranger's event: exit %d, %q, %q", code, out, errs)
	}
	code, out, errs = call(t, report(t, "i-0123456789abcdef0"), "once", "--sim")
	if code != exitDone || !strings.Contains(out, "no signed identity") || !strings.Contains(out, "dropped") {
		t.Errorf("an unsigned report: exit %d, %q, %q", code, out, errs)
	}
	code, out, errs = call(t, `{"id":"t1","detail-type":"Scheduled Event","source":"aws.events","detail":{}}`, "once", "--sim")
	if code != exitDone || !strings.Contains(out, "launch spot") {
		t.Errorf("a tick: exit %d, %q, %q", code, out, errs)
	}
}

func TestOnceReadsAContextFile(t *testing.T) {
	alone(t)
	good := file(t, "context.json", `{"AwsRequestID":"r1","InvokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f"}`)
	if code, _, errs := call(t, `{"detail-type":"x"}`, "once", "--context", good); code != exitDone {
		t.Errorf("exit %d, %q", code, errs)
	}
	bad := file(t, "context.json", `{`)
	if code, _, errs := call(t, `{"detail-type":"x"}`, "once", "--context", bad); code == exitDone || !strings.Contains(errs, bad) {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestTheDemoInVirtualTimeIsAFunctionOfItsSeed(t *testing.T) {
	code, out, story := call(t, "", "demo", "--virtual", "--seed", "7", "--format", "json")
	if code != exitDone || strings.Count(out, "\n") != 1 {
		t.Fatalf("exit %d, %q, %q", code, out, story)
	}
	var r map[string]any
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"desired": 6, "on_demand_before": 6, "spot_after": 6, "lowest_ready_caused_by_us": 6, "interruptions": 1, "orphans": 0, "seed": 7} {
		if r[name] != want {
			t.Errorf("%s is %v, want %v", name, r[name], want)
		}
	}
	if r["max_size_restored"] != true || r["savings_percent"].(float64) <= 0 || r["notice_to_request_ms"].(float64) <= 0 {
		t.Errorf("got %v", r)
	}
	if _, again, story2 := call(t, "", "demo", "--virtual", "--seed", "7", "--format", "json"); again != out || story2 != story {
		t.Error("the same seed told another story")
	}
	if _, other, _ := call(t, "", "demo", "--virtual", "--seed", "8", "--format", "json"); other == out {
		t.Error("another seed told the same story")
	}
}

func TestTheDemoSaysWhenSpotdIsMissing(t *testing.T) {
	code, _, errs := call(t, "", "demo", "--spotd", filepath.Join(t.TempDir(), "spotd"))
	if code == exitDone || !strings.Contains(errs, "spotd") || !strings.Contains(errs, "make build") {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestTheDemoNoticesASpotdThatNeverSpeaks(t *testing.T) {
	code, _, errs := call(t, "", "demo", "--spotd", "/bin/false")
	if code == exitDone || !strings.Contains(errs, "no spotd was heard") {
		t.Errorf("exit %d, %q", code, errs[max(0, len(errs)-300):])
	}
}

func TestUserdataGoesInAndOutToTheByte(t *testing.T) {
	owner := "#!/bin/bash\necho hello\r\n"
	sum := strings.Repeat("ab", 32)
	code, out, errs := call(t, owner, "userdata", "inject", "--topic", "arn:aws:sns:us-east-1:123456789012:reports", "--group", "web",
		"--release-url", "https://example.com/r", "--sha256", "amd64="+sum+",arm64="+sum)
	if code != exitDone || !strings.Contains(out, "spotd") {
		t.Fatalf("exit %d, %q", code, errs)
	}
	if _, back, _ := call(t, out, "userdata", "remove"); back != owner {
		t.Errorf("came back as %q", back)
	}
	code, show, _ := call(t, out, "userdata", "show")
	var doc map[string]any
	if err := json.Unmarshal([]byte(show), &doc); code != exitDone || err != nil || doc["injected"] != true {
		t.Errorf("show says %q", show)
	}
}

func TestBadUsageSaysWhatAndExitsWithTwo(t *testing.T) {
	alone(t)
	for _, args := range [][]string{{}, {"nonsense"}, {"once", "--format", "xml"}, {"serve"}, {"demo", "extra"}, {"userdata"}, {"serve", "--metrics", "statsd", "--inbox-url", "i", "--work-url", "w.fifo", "--reports-topic", "r", "--events-topic", "e"}, {"once", "--metrics", "emf"}, {"once", "--tag", "x", "--sim", "--event", "/dev/null"}} {
		if code, _, errs := call(t, "", args...); code == exitDone || errs == "" {
			t.Errorf("%v: exit %d, %q", args, code, errs)
		}
	}
	if code, out, _ := call(t, "", "--help"); code != exitDone || !strings.Contains(out, "once") {
		t.Errorf("--help: exit %d, %q", code, out)
	}
	if code, out, _ := call(t, "", "--version"); code != exitDone || !strings.HasPrefix(out, "coordinator ") {
		t.Errorf("--version: exit %d, %q", code, out)
	}
}
