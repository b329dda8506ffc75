package stack

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"autospotting/coordinator/handle"
	"autospotting/coordinator/ledger/dynamo"
)

// The numbers of protocol.md 10, read from the template.
func TestTheQueuesAreAsTheProtocolNeedsThem(t *testing.T) {
	t.Parallel()
	d := everything(t)
	timeout := d.properties("Function")["Timeout"].(int)
	if timeout != 30 {
		t.Errorf("the function runs for %d s, the protocol says 30", timeout)
	}
	for _, q := range []string{"Inbox", "Changes", "Work"} {
		p := d.properties(q)
		if v := p["VisibilityTimeout"]; v != 40 {
			t.Errorf("%s: visibility %v s, the protocol says 40: above the function's time-out, well below a notice", q, v)
		}
		if n := at(p, "RedrivePolicy", "maxReceiveCount"); n.(int) < 3 {
			t.Errorf("%s: dead after %v receives", q, n)
		}
	}
	if d.properties("Work")["FifoQueue"] != true || !strings.HasSuffix(d.properties("Work")["QueueName"].(string), ".fifo") || d.properties("Work")["ContentBasedDeduplication"] == true {
		t.Error("work is a FIFO queue whose deduplication ids are given")
	}
	if d.properties("Inbox")["FifoQueue"] != nil || d.properties("Inbox")["DelaySeconds"] != nil {
		t.Error("the inbox is a standard queue, which alone delays single messages, and delays none by itself")
	}
	for mapping, batch := range map[string]int{"InboxMapping": 10, "WorkMapping": 1} {
		p := d.properties(mapping)
		if p["BatchSize"] != batch || p["MaximumBatchingWindowInSeconds"] != nil {
			t.Errorf("%s: batches of %v, want %d without a window: a notice must not wait for others", mapping, p["BatchSize"], batch)
		}
	}
	slow := d.properties("ChangesMapping")
	if window, most := slow["MaximumBatchingWindowInSeconds"].(int), d.properties("Changes")["VisibilityTimeout"].(int)-timeout; window < 1 || window > most {
		t.Errorf("changes are collected for %d s, of which more than %d would bring them twice", window, most)
	}
	for _, mapping := range []string{"InboxMapping", "ChangesMapping", "WorkMapping"} {
		if !slices.Equal(words(d.properties(mapping)["FunctionResponseTypes"]), []string{"ReportBatchItemFailures"}) {
			t.Errorf("%s: one bad record would fail its batch", mapping)
		}
	}
	if d.properties("InboxMapping")["ScalingConfig"] != nil {
		t.Error("notices must not wait for a turn")
	}
	if name := d.properties("Ledger")["TableName"]; name != dynamo.DefaultTable {
		t.Errorf("the table is called %v, the coordinator's is %s", name, dynamo.DefaultTable)
	}
	if rate := d.parameters["TickRate"]["Default"]; rate != "rate(5 minutes)" {
		t.Errorf("the tick is %v", rate)
	}
}

// What the coordinator calls slow goes to the queue of changes, and all else to the inbox, which hears of what is urgent without a topic between.
func TestWhatIsSlowHasAQueueOfItsOwn(t *testing.T) {
	t.Parallel()
	d := everything(t)
	only, others := at(d.properties("ReportsToChanges"), "FilterPolicy", "kind"), at(d.properties("ReportsToInbox"), "FilterPolicy", "kind", 0, "anything-but")
	if want := slices.Sorted(slices.Values(handle.SlowReports)); !slices.Equal(words(only), want) || !slices.Equal(words(others), want) {
		t.Errorf("of spotd %v go to the changes, and all but %v to the inbox; want %v", only, others, want)
	}
	begins := at(d.properties("EventsToChanges"), "FilterPolicy", "detail-type", 0, "prefix")
	if but := at(d.properties("EventsToInbox"), "FilterPolicy", "detail-type", 0, "anything-but", "prefix"); but != begins {
		t.Errorf("of AWS what begins with %q goes to the changes, and what does not with %q to the inbox", begins, but)
	}
	for _, rule := range []string{"StateChangeRule", "AutoScalingRule"} {
		for _, kind := range words(at(d.properties(rule), "EventPattern", "detail-type")) {
			if slow := strings.HasPrefix(kind, begins.(string)); slow != slices.Contains(handle.SlowEvents, kind) {
				t.Errorf("%q goes to the changes: %t", kind, slow)
			}
		}
	}
	if kinds := words(at(d.properties("InterruptionRule"), "EventPattern", "detail-type")); !slices.Equal(kinds, slices.Sorted(slices.Values(handle.UrgentEvents))) {
		t.Errorf("straight into the inbox go %v", kinds)
	}
	if target := at(d.properties("InterruptionRule"), "Targets", 0, "Arn"); fmt.Sprint(target) != d.attribute("Inbox", "Arn") {
		t.Errorf("notices go to %v", target)
	}
}

// Nothing that is sent on may be lost in silence.
func TestEveryAsynchronousEdgeHasDeadLetters(t *testing.T) {
	t.Parallel()
	d := everything(t)
	edges := 0
	edge := func(name string, target any) {
		t.Helper()
		edges++
		if fmt.Sprint(target) != d.attribute("InboxDeadLetters", "Arn") && !(name == "Work" && fmt.Sprint(target) == d.attribute("WorkDeadLetters", "Arn")) {
			t.Errorf("%s leaves what it cannot deliver in %v", name, target)
		}
	}
	for _, id := range d.of("") {
		p := d.properties(id)
		switch d.resources[id].Type {
		case "AWS::SNS::Subscription":
			edge(id, at(p, "RedrivePolicy", "deadLetterTargetArn"))
			if raw := p["RawMessageDelivery"]; raw != nil && raw != false {
				t.Errorf("%s: without the envelope nobody knows which topic a message is from", id)
			}
		case "AWS::Events::Rule":
			for i := range list(p["Targets"]) {
				edge(id, at(p, "Targets", i, "DeadLetterConfig", "Arn"))
			}
		case "AWS::Scheduler::Schedule":
			edge(id, at(p, "Target", "DeadLetterConfig", "Arn"))
		case "AWS::SQS::Queue":
			if !strings.Contains(id, "DeadLetters") {
				edge(id, at(p, "RedrivePolicy", "deadLetterTargetArn"))
			} else if p["MessageRetentionPeriod"] != 1209600 {
				t.Errorf("%s keeps for %v s: 14 days are the longest", id, p["MessageRetentionPeriod"])
			}
		}
	}
	if edges != 13 {
		t.Errorf("%d edges: five subscriptions, three rules, two ticks and three queues are known", edges)
	}
}

func TestNothingOutlivesTheStack(t *testing.T) {
	t.Parallel()
	keeps := []string{"AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup", "AWS::KMS::Key", "AWS::S3::Bucket"}
	for _, name := range Names() {
		d := read(t, name)
		for _, id := range d.of("") {
			r := d.resources[id]
			if !slices.Contains([]string{"", "Delete"}, r.DeletionPolicy) || !slices.Contains([]string{"", "Delete"}, r.UpdateReplacePolicy) {
				t.Errorf("%s: %s stays behind: %s, %s", name, id, r.DeletionPolicy, r.UpdateReplacePolicy)
			}
			if slices.Contains(keeps, r.Type) && (r.DeletionPolicy == "" || r.UpdateReplacePolicy == "") {
				t.Errorf("%s: %s holds data: say that it goes with the stack", name, id)
			}
			if r.Type == "AWS::DynamoDB::Table" && r.Properties["DeletionProtectionEnabled"] != nil {
				t.Errorf("%s: %s cannot be deleted", name, id)
			}
		}
	}
}

func TestWhatIsKeptIsEncrypted(t *testing.T) {
	t.Parallel()
	own, d := deploy(t, Autospotting, map[string]any{"KMSKeyArn": "arn:aws:kms:" + region + ":" + account + ":key/mine"}), deploy(t, Autospotting, nil)
	for kind, property := range map[string]string{"AWS::SNS::Topic": "KmsMasterKeyId", "AWS::SQS::Queue": "KmsMasterKeyId", "AWS::Logs::LogGroup": "KmsKeyId", "AWS::Lambda::Function": "KmsKeyArn"} {
		for _, id := range d.of(kind) {
			if own.properties(id)[property] != "arn:aws:kms:"+region+":"+account+":key/mine" || d.properties(id)[property] != nil {
				t.Errorf("%s: %s is %v with a key, %v without", id, property, own.properties(id)[property], d.properties(id)[property])
			}
			if kind == "AWS::SQS::Queue" && (d.properties(id)["SqsManagedSseEnabled"] != true || own.properties(id)["SqsManagedSseEnabled"] != nil) {
				t.Errorf("%s: encrypted by SQS where there is no key, by the key where there is one; both at once are refused", id)
			}
		}
	}
	if s := own.properties("Ledger")["SSESpecification"]; at(s, "KMSMasterKeyId") != "arn:aws:kms:"+region+":"+account+":key/mine" || at(s, "SSEType") != "KMS" {
		t.Errorf("the ledger: %v", s)
	}
	if at(d.properties("Ledger"), "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true {
		t.Error("the ledger cannot be restored")
	}
	bucket := deploy(t, Artifacts, nil).properties("Bucket")
	if at(bucket, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm") == nil || at(bucket, "VersioningConfiguration", "Status") != "Enabled" ||
		at(bucket, "PublicAccessBlockConfiguration", "RestrictPublicBuckets") != true {
		t.Errorf("the bucket is %v", bucket)
	}
	if d.properties("Log")["RetentionInDays"] != 30 {
		t.Error("the log is kept for ever")
	}
}

// wildcards are the statements that may hold one, with the reason.
var wildcards = map[string]string{
	"TheAccountAdministers":       "a key that nobody administers cannot be deleted",
	"OnlyEncryptedOnTheWay":       "denies",
	"Observe":                     "AWS knows no resource for these",
	"WatchTheAlarms":              "read-only, and what composite alarms need",
	"TopicsAndRulesDeliver":       "a key's policy is about that key",
	"TheLogIsWritten":             "a key's policy is about that key",
	"AnybodyOfThisAccountReports": "a key's policy is about that key",
}

func TestNoPolicyIsWiderThanItSays(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, name := range Names() {
		d := deploy(t, name, nil)
		if name == Autospotting {
			d = everything(t)
		}
		for _, id := range d.of("") {
			each(d.policies(id), func(s map[string]any) {
				seen++
				sid, _ := s["Sid"].(string)
				if sid == "" && s["Action"] != "sts:AssumeRole" {
					t.Errorf("%s: a statement without a name: %v", id, s)
				}
				for _, a := range words(s["Action"]) {
					if strings.Contains(a, "*") && s["Effect"] == "Allow" && sid != "TheAccountAdministers" {
						t.Errorf("%s %s: action %s", id, sid, a)
					}
				}
				if slices.Contains(words(s["Resource"]), "*") && wildcards[sid] == "" {
					t.Errorf("%s %s: any resource", id, sid)
				}
				if who := s["Principal"]; (who == "*" || slices.Contains(words(at(who, "AWS")), "*")) && s["Effect"] == "Allow" && s["Condition"] == nil {
					t.Errorf("%s %s: anybody", id, sid)
				}
			})
		}
	}
	if seen < 40 {
		t.Errorf("only %d statements were looked at", seen)
	}
}

// policies gives every policy document of a resource.
func (d deployed) policies(id string) []map[string]any {
	var out []map[string]any
	p := d.resources[id].Properties
	for _, key := range []string{"PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy"} {
		if p[key] != nil {
			out = append(out, d.document(p[key]))
		}
	}
	for _, own := range list(p["Policies"]) {
		out = append(out, d.document(at(own, "PolicyDocument")))
	}
	return out
}

func each(policies []map[string]any, f func(map[string]any)) {
	for _, p := range policies {
		for _, s := range list(p["Statement"]) {
			f(s.(map[string]any))
		}
	}
}

// A service principal is a name and the same in every partition; hosts and ARNs are not.
func TestTheTemplatesWorkInEveryPartition(t *testing.T) {
	t.Parallel()
	service := regexp.MustCompile(`^(sns|events|scheduler|lambda|spot|ec2fleet|ec2)\.amazonaws\.com(\.cn)?$`)
	host, arn := regexp.MustCompile(`[A-Za-z0-9.${}:-]*amazonaws\.com[A-Za-z.]*`), regexp.MustCompile(`arn:[a-z-]+:`)
	for _, name := range Names() {
		for n, line := range strings.Split(read(t, name).text, "\n") {
			line, _, _ = strings.Cut(line, "#")
			for _, h := range host.FindAllString(line, -1) {
				if !service.MatchString(h) {
					t.Errorf("%s.yaml:%d: %s", name, n+1, h)
				}
			}
			if a := arn.FindString(line); a != "" {
				t.Errorf("%s.yaml:%d: %s", name, n+1, a)
			}
		}
	}
}

func TestWhatGoesIntoARequestIsTheTemplate(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		text, err := Inline(name)
		var whole, sent map[string]any
		err = errors.Join(err, yaml.Unmarshal([]byte(read(t, name).text), &whole), yaml.Unmarshal([]byte(text), &sent))
		for _, r := range sub[map[string]any](whole["Resources"]) {
			delete(r, "Metadata") // which CloudFormation does nothing with
		}
		for _, of := range []map[string]any{whole, sent} {
			for _, p := range sub[map[string]any](of["Parameters"]) {
				delete(p, "Description") // which only the console shows, of a stack that somebody changes by hand
			}
		}
		if err != nil || !reflect.DeepEqual(whole, sent) {
			t.Errorf("%s: what is sent is another: %v", name, err)
		}
	}
	if _, err := Template("nothing"); err == nil || !strings.Contains(err.Error(), `"nothing"`) || !strings.Contains(err.Error(), Autospotting) {
		t.Errorf("a template that there is not: %v", err)
	}
}
