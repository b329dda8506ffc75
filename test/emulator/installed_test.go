package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"autospotting/test/rig"
)

// installation is an account in which `spotctl up` made everything; nothing of the stack is typed here again.
type installation struct {
	*account
	plain   *httptest.Server  // the account without the corrections, for what speaks other protocols than they know
	cfg     aws.Config        // of clients that go there
	outputs map[string]string // of the stack
	group   string
}

// spotctl is built once.
var spotctl = sync.OnceValues(func() (string, error) { return build("spotctl") })

// packaged is a release, made once, for spotctl to install.
var packaged = sync.OnceValue(func() error { return rig.SmallRelease(filepath.Join(lab.dir, "dist"), "v1") })

// installs makes an owner's group, and runs spotctl up.
func installs(t *testing.T, group string, s size) *installation {
	t.Helper()
	if other != "" {
		t.Skip("what a stack is made of is corrected in moto only")
	}
	a := emptyAccount(t)
	i := &installation{account: a, group: group}
	i.plain = httptest.NewServer(a.uncorrected())
	t.Cleanup(i.plain.Close)
	i.cfg = aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("AK", "secret", ""), BaseEndpoint: &i.plain.URL}
	if err := rig.Role(t.Context(), i.cfg, aws.ToString(profile.Name)); err != nil {
		t.Fatal(err)
	}
	a.own(userData)
	a.newGroup(group, s, "a")
	i.must("up", "--yes", "--dist", filepath.Join(lab.dir, "dist"), "--version", "v1")
	i.readOutputs()
	return i
}

// uncorrected hands requests to the emulator as they are, in the account's name.
func (a *account) uncorrected() http.Handler {
	to, err := url.Parse(home(a.cloud.account).url)
	if err != nil {
		a.t.Fatal(err)
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Header.Set("X-Moto-Account-Id", a.cloud.account)
		r.Out.Close = true // as client does
	}}
}

// deploy runs spotctl with --endpoint, and with another in the environment that must not be asked.
func (i *installation) deploy(args ...string) (out, said string, err error) {
	i.t.Helper()
	binary, err := spotctl()
	if err := errors.Join(err, packaged()); err != nil {
		i.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(i.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append(args, "--poll", "50ms", "--endpoint", i.plain.URL)...)
	cmd.Env = rig.Environment("http://127.0.0.1:1")
	var o, e strings.Builder
	cmd.Stdout, cmd.Stderr = &o, &e
	err = cmd.Run()
	return o.String(), e.String(), err
}

func (i *installation) must(args ...string) (out, said string) {
	i.t.Helper()
	out, said, err := i.deploy(args...)
	if err != nil {
		i.t.Fatalf("spotctl %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return out, said
}

// document runs the command for its one document.
func (i *installation) document(into any, args ...string) {
	i.t.Helper()
	out, _ := i.must(append(args, "--format", "json")...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		i.t.Fatalf("spotctl %s: %v:\n%s", args[0], err, out)
	}
}

func (i *installation) readOutputs() {
	i.t.Helper()
	var doc map[string]map[string]string
	i.document(&doc, "outputs")
	i.outputs = doc[region]
	for name, into := range map[string]*string{"InboxURL": &i.inbox, "ChangesURL": &i.changes, "WorkURL": &i.work, "ReportsTopicArn": &i.reports, "EventsTopicArn": &i.events} {
		if *into = i.outputs[name]; *into == "" {
			i.t.Fatalf("output %s is missing: %v", name, i.outputs)
		}
	}
	i.queues.lane(i.changes)
	i.queues.lane(i.inbox) // what is published before anybody listens is there as well
}

// environment is what the stack gives its function.
func (i *installation) environment() map[string]string {
	i.t.Helper()
	name := i.outputs["FunctionName"]
	return do(i.t, "read the function's configuration", func(ctx context.Context) (*lambda.GetFunctionConfigurationOutput, error) {
		return lambda.NewFromConfig(i.cfg).GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	}).Environment.Variables
}

// servesInstead lets coordinator serve, with the environment of the function, take the function's place: it listens no more.
func (i *installation) servesInstead() *coordinator {
	i.t.Helper()
	name, functions := i.outputs["FunctionName"], lambda.NewFromConfig(i.cfg)
	heard := do(i.t, "list what the function listens to", func(ctx context.Context) (*lambda.ListEventSourceMappingsOutput, error) {
		return functions.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: &name})
	})
	if len(heard.EventSourceMappings) != 3 {
		i.t.Fatalf("the function listens to %d queues", len(heard.EventSourceMappings))
	}
	for _, m := range heard.EventSourceMappings {
		do(i.t, "let the function listen no more", func(ctx context.Context) (*lambda.UpdateEventSourceMappingOutput, error) {
			return functions.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: m.UUID, Enabled: aws.Bool(false)})
		})
	}
	cmd := exec.Command(lab.coordinator, "serve", "--certificates", lab.signer.file)
	for k, v := range i.environment() {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	c, err := i.run(cmd)
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(c.kill)
	showOnFailure(i.t, "the coordinator", c.log)
	return c
}

// schedulerTicks publishes what the stack's schedule does when its time comes, to where it does.
func (i *installation) schedulerTicks() {
	i.t.Helper()
	res, err := i.get("scheduler", "/schedules/autospotting-tick")
	if err != nil {
		i.t.Fatal(err)
	}
	var schedule struct {
		Arn    string
		Target struct{ Arn, Input string }
	}
	if err := json.Unmarshal(res, &schedule); err != nil || schedule.Target.Arn == "" {
		i.t.Fatalf("the schedule is %s (%v)", res, err)
	}
	i.ticks++
	said := strings.NewReplacer("<aws.scheduler.execution-id>", fmt.Sprintf("tick-%d", i.ticks), "<aws.scheduler.schedule-arn>", schedule.Arn,
		"<aws.scheduler.scheduled-time>", time.Now().UTC().Format(time.RFC3339)).Replace(schedule.Target.Input)
	if err := i.publish(i.t.Context(), schedule.Target.Arn, []byte(said)); err != nil {
		i.t.Fatal(err)
	}
}

// get asks in the REST protocol, of which the corrections know nothing.
func (i *installation) get(service, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(i.t.Context(), http.MethodGet, i.plain.URL+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header = signed(service)
	req.Header.Del("Content-Type") // with which it is a form to the emulator
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: HTTP %d %.300s", path, res.StatusCode, body)
	}
	return body, err
}

// happens lets EventBridge hear an event on its default bus, so that the stack's rules are asked.
func (i *installation) happens(source, kind string, detail map[string]string) {
	i.t.Helper()
	text, err := json.Marshal(detail)
	if err != nil {
		i.t.Fatal(err)
	}
	k := askJSON("events", "AWSEvents.PutEvents", "application/x-amz-json-1.1")
	k.doc["Entries"] = []any{map[string]any{"Source": source, "DetailType": kind, "Detail": string(text)}}
	res, err := i.corrected()(i.t.Context(), k)
	if err != nil || !res.ok() || !strings.Contains(string(res.body), "EventId") {
		i.t.Fatalf("%s: HTTP %d %s (%v)", kind, res.status, res.body, err)
	}
}
