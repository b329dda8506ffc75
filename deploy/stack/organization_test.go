package stack

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

const (
	organization = "o-abcdefghij"
	tickTopic    = "arn:aws:sns:" + region + ":210987654321:generator"
	webRoleArn   = "arn:aws:iam::" + account + ":role/web"
)

func TestWhoMayUseTheGenerator(t *testing.T) {
	t.Parallel()
	d := deploy(t, Generator, map[string]any{"OrganizationId": organization})
	policy := d.policies("EventsTopicPolicy")
	var statements []map[string]any
	each(policy, func(s map[string]any) { statements = append(statements, s) })
	everything := map[string]any{"Effect": "Allow", "Action": "sns:*", "Resource": "*"}
	member := func(protocol string) tags {
		return tags{"aws:PrincipalOrgID": {organization}, "aws:PrincipalArn": {webRoleArn}, "sns:Protocol": {protocol}}
	}
	for _, c := range []struct {
		name, principal, action string
		context                 tags
		own                     []map[string]any
		want                    bool
	}{
		{"the Scheduler ticks", d.attribute("SchedulerRole", "Arn"), "sns:Publish", tags{"aws:PrincipalArn": {d.attribute("SchedulerRole", "Arn")}}, nil, true},
		{"a queue of the organization subscribes", webRoleArn, "sns:Subscribe", member("sqs"), nil, true},
		{"a mail address of it does not", webRoleArn, "sns:Subscribe", member("email"), nil, false},
		{"another organization does not", webRoleArn, "sns:Subscribe", tags{"aws:PrincipalOrgID": {"o-zzzzzzzzzz"}, "sns:Protocol": {"sqs"}}, nil, false},
		{"an account without an organization does not", webRoleArn, "sns:Subscribe", tags{"sns:Protocol": {"sqs"}}, nil, false},
		{"a member does not tick", webRoleArn, "sns:Publish", member("sqs"), nil, false},
		{"an administrator of the hub does not tick", webRoleArn, "sns:Publish", tags{"aws:PrincipalArn": {webRoleArn}}, []map[string]any{everything}, false},
		{"EventBridge does not speak here", "events.amazonaws.com", "sns:Publish", nil, nil, false},
	} {
		r := request{action: c.action, resource: d.arn("sns", "EventsTopic"), context: c.context, principal: c.principal}
		if got := allowed(append(statements, c.own...), r); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

// The hub's role reaches nothing but its own topic and queue: no statement of the template names another account.
func TestTheGeneratorReachesNothingElse(t *testing.T) {
	t.Parallel()
	d := deploy(t, Generator, map[string]any{"OrganizationId": organization})
	for _, s := range d.statements("SchedulerRole") {
		for _, r := range words(s["Resource"]) {
			if r != d.arn("sns", "EventsTopic") && r != d.attribute("DeadLetters", "Arn") {
				t.Errorf("%s reaches %s", s["Sid"], r)
			}
		}
	}
	if at(d.properties("Tick"), "Target", "Input") != at(deploy(t, Autospotting, nil).properties("Tick"), "Target", "Input") {
		t.Error("its tick is another one than an installation's own")
	}
	if rate := d.parameters["TickRate"]["Default"]; rate != "rate(5 minutes)" {
		t.Errorf("it ticks at %v", rate)
	}
}

func TestAGeneratorTicksInThePlaceOfTheOwnSchedule(t *testing.T) {
	t.Parallel()
	own, hub := deploy(t, Autospotting, nil), deploy(t, Autospotting, map[string]any{"TickTopicArn": tickTopic})
	is := func(d deployed, id string) bool { return d.resolve(d.conditions[d.resources[id].Condition]).(bool) }
	if !is(own, "Tick") || is(own, "TicksToInbox") || is(hub, "Tick") || !is(hub, "TicksToInbox") {
		t.Error("want the own schedule or the subscription, and never both")
	}
	if got := at(hub.properties("Function"), "Environment", "Variables", "AUTOSPOTTING_TICK_TOPIC"); got != tickTopic {
		t.Errorf("the function believes ticks from %v", got)
	}
	for _, queue := range []string{"Inbox", "InboxDeadLetters"} {
		r := request{action: "sqs:SendMessage", resource: hub.arn("sqs", queue), principal: "sns.amazonaws.com", context: tags{"aws:SourceArn": {tickTopic}}}
		for d, want := range map[*deployed]bool{&own: false, &hub: true} {
			var statements []map[string]any
			each(d.policies(queue+"Policy"), func(s map[string]any) { statements = append(statements, s) })
			if got := allowed(statements, r); got != want {
				t.Errorf("%s from the generator, told of it %t: %t", queue, want, got)
			}
		}
	}
}

func TestWhoMayReadTheArtefacts(t *testing.T) {
	t.Parallel()
	alone, shared := deploy(t, Artifacts, nil), deploy(t, Artifacts, map[string]any{"OrganizationId": organization})
	kept := deploy(t, Artifacts, map[string]any{"OrganizationId": organization, "BucketReaders": "account"})
	here := tags{"aws:PrincipalAccount": {account}, "aws:PrincipalOrgID": {organization}, "aws:SecureTransport": {"true"}}
	member := tags{"aws:PrincipalAccount": {"210987654321"}, "aws:PrincipalOrgID": {organization}, "aws:SecureTransport": {"true"}}
	stranger := tags{"aws:PrincipalAccount": {"999999999999"}, "aws:PrincipalOrgID": {"o-zzzzzzzzzz"}, "aws:SecureTransport": {"true"}}
	for _, c := range []struct {
		name   string
		d      deployed
		key    string
		who    tags
		action string
		want   bool
	}{
		{"an instance of the account reads spotd", alone, "spotd/v1/spotd-linux-amd64", here, "s3:GetObject", true},
		{"it reads the channel", alone, "channel/stable.json", here, "s3:GetObject", true},
		{"by this policy it reads no function", alone, "function/v1/coordinator-arm64.zip", here, "s3:GetObject", false},
		{"another account of the organization reads nothing unasked", alone, "spotd/v1/spotd-linux-amd64", member, "s3:GetObject", false},
		{"asked, it reads spotd", shared, "spotd/v1/spotd-linux-amd64", member, "s3:GetObject", true},
		{"and the function, to install it", shared, "function/v1/coordinator-arm64.zip", member, "s3:GetObject", true},
		{"the own account still reads spotd", shared, "spotd/v1/spotd-linux-amd64", here, "s3:GetObject", true},
		{"nobody of the organization writes", shared, "function/v1/coordinator-arm64.zip", member, "s3:PutObject", false},
		{"a stranger reads nothing", shared, "spotd/v1/spotd-linux-amd64", stranger, "s3:GetObject", false},
		{"kept for the account, it reads spotd", kept, "spotd/v1/spotd-linux-amd64", here, "s3:GetObject", true},
		{"and nobody else of the organization does", kept, "spotd/v1/spotd-linux-amd64", member, "s3:GetObject", false},
		{"nor installs from there", kept, "function/v1/coordinator-arm64.zip", member, "s3:GetObject", false},
		{"nobody reads in the clear", shared, "spotd/v1/spotd-linux-amd64", with(member, "aws:SecureTransport", "false"), "s3:GetObject", false},
	} {
		var statements []map[string]any
		each(c.d.policies("BucketPolicy"), func(s map[string]any) { statements = append(statements, s) })
		r := request{action: c.action, resource: "arn:aws:s3:::Bucket/" + c.key, context: c.who, principal: webRoleArn}
		if got := allowed(statements, r); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

// nameLimits are the longest names that AWS takes, in characters.
var nameLimits = map[string]struct {
	property string
	most     int
}{
	"AWS::SQS::Queue": {"QueueName", 80}, "AWS::Events::Rule": {"Name", 64}, "AWS::Scheduler::Schedule": {"Name", 64},
	"AWS::Lambda::Function": {"FunctionName", 64}, "AWS::CloudWatch::Dashboard": {"DashboardName", 255}, "AWS::Logs::LogGroup": {"LogGroupName", 512},
}

// StackSets call their stacks StackSet-NAME-UUID.
func TestTheTemplateFitsAStackSet(t *testing.T) {
	t.Parallel()
	const stackSet = "StackSet-spot-01234567-89ab-cdef-0123-456789abcdef"
	d := everything(t)
	named := 0
	for _, id := range d.of("") {
		r := d.resources[id]
		limit, known := nameLimits[r.Type]
		name, _ := d.properties(id)[limit.property].(string)
		if known && name != "" {
			named++
			if long := strings.ReplaceAll(name, stackName, stackSet); len(long) > limit.most {
				t.Errorf("%s would be called %s, %d characters, and %d may be", id, long, len(long), limit.most)
			}
		}
		// CAPABILITY_NAMED_IAM would be needed, and two regions of one account would want the same name.
		for _, property := range []string{"RoleName", "ManagedPolicyName", "InstanceProfileName", "UserName", "GroupName"} {
			if d.properties(id)[property] != nil {
				t.Errorf("%s has a name of its own unasked, which IAM has once in an account", id)
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d names were looked at", named)
	}
	if strings.Contains(d.text, "Transform:") || strings.Contains(d.text, "Fn::ImportValue") || strings.Contains(d.text, "!ImportValue") {
		t.Error("a macro or another stack's export is not there in every account")
	}
}

// What has no default is the same in every account: where the artefacts are.
func TestNoParameterDiffersByAccount(t *testing.T) {
	t.Parallel()
	d := read(t, Autospotting)
	for name, of := range d.parameters {
		if of["Default"] == nil && name != "ArtifactBucket" && name != "FunctionKey" {
			t.Errorf("%s is required", name)
		}
	}
	// The roles of instances may be named for all accounts at once.
	roles := deploy(t, Autospotting, map[string]any{"InstanceRoleArns": split("arn:aws:iam::*:role/web")})
	var passes []string
	for _, s := range roles.statements("FunctionRole") {
		if fmt.Sprint(s["Action"]) == "iam:PassRole" {
			passes = words(s["Resource"])
		}
	}
	pattern := regexp.MustCompile(`^arn:aws:iam::(\*|` + account + `):role/`)
	for _, p := range passes {
		if !pattern.MatchString(p) {
			t.Errorf("it may pass %s", p)
		}
	}
	if len(passes) != 2 {
		t.Errorf("it may pass %q", passes)
	}
}
