package stack

import (
	"strings"
	"testing"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/settings"
	"autospotting/pkg/message"
)

type tags = map[string][]string

// The resources of the samples.
const (
	ec2ARN      = "arn:aws:ec2:" + region + ":" + account + ":"
	instanceARN = ec2ARN + "instance/i-1"
	templateARN = ec2ARN + "launch-template/lt-1"
	groupARN    = "arn:aws:autoscaling:" + region + ":" + account + ":autoScalingGroup:6a1c:autoScalingGroupName/web"
	webRole     = "arn:aws:iam::" + account + ":role/web"
	eventsARN   = "arn:aws:sns:" + region + ":" + account + ":EventsTopic"
	reportsARN  = "arn:aws:sns:" + region + ":" + account + ":ReportsTopic"
)

type sample struct {
	name, action, resource string
	context                tags
	want                   bool
}

func check(t *testing.T, statements []map[string]any, samples []sample) {
	t.Helper()
	for _, c := range samples {
		if got := allowed(statements, request{action: c.action, resource: c.resource, context: c.context}); got != c.want {
			t.Errorf("%s: %s on %s: allowed %t", c.name, c.action, c.resource, got)
		}
	}
}

var (
	ours    = tags{"aws:ResourceTag/autospotting-group": {"web"}, "aws:ResourceTag/aws:ec2:fleet-id": {"fleet-1"}}
	tagged  = tags{"aws:ResourceTag/autospotting-group": {"web"}}
	member  = tags{"aws:ResourceTag/aws:autoscaling:groupName": {"web"}}
	asked   = tags{"aws:RequestTag/autospotting-group": {"web"}, "aws:RequestTag/autospotting-launch": {"n1"}}
	optedIn = tags{"autoscaling:ResourceTag/spot-enabled": {"true"}}
	toEC2   = tags{"iam:PassedToService": {"ec2.amazonaws.com"}}
)

func TestWhatTheFunctionMayDoToInstances(t *testing.T) {
	t.Parallel()
	s := deploy(t, Autospotting, map[string]any{"InstanceRoleArns": split(webRole)}).statements("FunctionRole")
	check(t, s, []sample{
		{"terminate what is ours", "ec2:TerminateInstances", instanceARN, ours, true},
		{"terminate somebody else's instance", "ec2:TerminateInstances", instanceARN, tags{"aws:ResourceTag/Name": {"db"}}, false},
		{"terminate what only carries our tag", "ec2:TerminateInstances", instanceARN, tagged, false},
		{"terminate what only a fleet launched", "ec2:TerminateInstances", instanceARN, tags{"aws:ResourceTag/aws:ec2:fleet-id": {"fleet-1"}}, false},
		{"terminate in another account", "ec2:TerminateInstances", "arn:aws:ec2:" + region + ":999999999999:instance/i-1", ours, false},
		{"stop what is ours", "ec2:StopInstances", instanceARN, ours, false},
		{"launch an instance with our tag", "ec2:CreateFleet", instanceARN, asked, true},
		{"launch it by RunInstances, as the rehearsal asks", "ec2:RunInstances", instanceARN, asked, true},
		{"launch an instance without our tag", "ec2:CreateFleet", instanceARN, nil, false},
		{"launch an instance with an empty tag", "ec2:RunInstances", instanceARN, tags{"aws:RequestTag/autospotting-group": {""}}, false},
		{"launch it by RunInstances without our tag", "ec2:RunInstances", instanceARN, tags{"aws:RequestTag/Name": {"x"}}, false},
		{"make a fleet with our tag", "ec2:CreateFleet", ec2ARN + "fleet/fleet-1", asked, true},
		{"make a fleet without", "ec2:CreateFleet", ec2ARN + "fleet/fleet-1", nil, false},
		{"launch from our template", "ec2:CreateFleet", templateARN, tagged, true},
		{"launch from the owner's template", "ec2:CreateFleet", templateARN, nil, false},
		{"launch into a shared subnet", "ec2:CreateFleet", "arn:aws:ec2:" + region + ":999999999999:subnet/subnet-1", nil, true},
		{"launch a public image", "ec2:RunInstances", "arn:aws:ec2:" + region + "::image/ami-1", nil, true},
		{"tag an instance at its launch", "ec2:CreateTags", instanceARN, tags{"ec2:CreateAction": {"CreateFleet"}}, true},
		{"tag an instance that runs", "ec2:CreateTags", instanceARN, nil, false},
		{"take our tags from what is ours", "ec2:DeleteTags", instanceARN, with(tagged, "aws:TagKeys", "autospotting-group", "autospotting-launch"), true},
		{"take another tag from it", "ec2:DeleteTags", instanceARN, with(tagged, "aws:TagKeys", "Name"), false},
		{"take all its tags", "ec2:DeleteTags", instanceARN, tagged, false},
		{"take tags from another's", "ec2:DeleteTags", instanceARN, tags{"aws:TagKeys": {"autospotting-group"}}, false},
		{"ask a member to drain", "ec2:CreateTags", instanceARN, with(member, "aws:TagKeys", message.DrainTag), true},
		{"ask it no more", "ec2:DeleteTags", instanceARN, with(member, "aws:TagKeys", message.DrainTag), true},
		{"ask what is ours and no member yet", "ec2:CreateTags", instanceARN, with(tagged, "aws:TagKeys", message.DrainTag), true},
		{"ask what is nobody's", "ec2:CreateTags", instanceARN, tags{"aws:TagKeys": {message.DrainTag}}, false},
		{"give a member another tag", "ec2:CreateTags", instanceARN, with(member, "aws:TagKeys", message.DrainTag, "Name"), false},
		{"give a member no tag", "ec2:CreateTags", instanceARN, member, false},
		{"make our template", "ec2:CreateLaunchTemplate", templateARN, asked, true},
		{"make a template without our tag", "ec2:CreateLaunchTemplate", templateARN, nil, false},
		{"make a version of ours", "ec2:CreateLaunchTemplateVersion", templateARN, tagged, true},
		{"make a version of the owner's", "ec2:CreateLaunchTemplateVersion", templateARN, nil, false},
		{"delete the owner's template", "ec2:DeleteLaunchTemplate", templateARN, nil, false},
		{"make another version the owner's default", "ec2:ModifyLaunchTemplate", templateARN, tagged, false},
	})
}

func TestWhichRolesTheFunctionMayPass(t *testing.T) {
	t.Parallel()
	minimal := "arn:aws:iam::" + account + ":role/InstanceRole"
	s := deploy(t, Autospotting, map[string]any{"InstanceRoleArns": split(webRole + ",arn:aws:iam::" + account + ":role/path/api")}).statements("FunctionRole")
	check(t, s, []sample{
		{"a listed role to EC2", "iam:PassRole", webRole, toEC2, true},
		{"the second listed role", "iam:PassRole", "arn:aws:iam::" + account + ":role/path/api", toEC2, true},
		{"to EC2 as it is called in China", "iam:PassRole", webRole, tags{"iam:PassedToService": {"ec2.amazonaws.com.cn"}}, true},
		{"the minimal role", "iam:PassRole", minimal, toEC2, true},
		{"to Lambda", "iam:PassRole", webRole, tags{"iam:PassedToService": {"lambda.amazonaws.com"}}, false},
		{"to nobody in particular", "iam:PassRole", webRole, nil, false},
		{"a role that is not listed", "iam:PassRole", "arn:aws:iam::" + account + ":role/admin", toEC2, false},
		{"a role that begins like a listed one", "iam:PassRole", webRole + "-admin", toEC2, false},
		{"the role of spot", "iam:CreateServiceLinkedRole", "arn:aws:iam::" + account + ":role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot", tags{"iam:AWSServiceName": {"spot.amazonaws.com"}}, true},
		{"the role of another service", "iam:CreateServiceLinkedRole", "arn:aws:iam::" + account + ":role/aws-service-role/x.amazonaws.com/X", tags{"iam:AWSServiceName": {"x.amazonaws.com"}}, false},
		{"a role", "iam:CreateRole", webRole, nil, false},
	})
	none := deploy(t, Autospotting, nil).statements("FunctionRole")
	check(t, none, []sample{
		{"without a list, a role of a group", "iam:PassRole", webRole, toEC2, false},
		{"without a list, the minimal role", "iam:PassRole", minimal, toEC2, true},
	})
}

func TestWhichGroupsTheFunctionMayChange(t *testing.T) {
	t.Parallel()
	left := tags{"autoscaling:ResourceTag/autospotting:status": {"managed"}}
	for _, action := range []string{"AttachInstances", "SetDesiredCapacity", "SetInstanceProtection", "TerminateInstanceInAutoScalingGroup", "UpdateAutoScalingGroup"} {
		action = "autoscaling:" + action
		check(t, deploy(t, Autospotting, nil).statements("FunctionRole"), []sample{
			{"a member of an opted-in group", action, groupARN, optedIn, true},
			{"of a group that did not opt in", action, groupARN, nil, false},
			{"of one that says no", action, groupARN, tags{"autoscaling:ResourceTag/spot-enabled": {"false"}}, false},
			{"of one that left and still has our status", action, groupARN, left, true},
			{"of an opted-in group elsewhere", action, "arn:aws:autoscaling:us-east-1:" + account + ":autoScalingGroup:6a1c:autoScalingGroupName/web", optedIn, false},
		})
		check(t, deploy(t, Autospotting, map[string]any{"Scope": "opt-out"}).statements("FunctionRole"), []sample{
			{"opt-out, of a group without the tag", action, groupARN, nil, true},
			{"opt-out, of a group that opted out", action, groupARN, tags{"autoscaling:ResourceTag/spot-enabled": {"false"}}, false},
		})
		check(t, deploy(t, Autospotting, map[string]any{"Tag": "team/spot=on"}).statements("FunctionRole"), []sample{
			{"another tag", action, groupARN, tags{"autoscaling:ResourceTag/team/spot": {"on"}}, true},
			{"not the default then", action, groupARN, optedIn, false},
		})
	}
	status, other := with(optedIn, "aws:TagKeys", "autospotting:status"), with(optedIn, "aws:TagKeys", "spot-enabled")
	check(t, deploy(t, Autospotting, nil).statements("FunctionRole"), []sample{
		{"write the status", "autoscaling:CreateOrUpdateTags", groupARN, status, true},
		{"write another tag", "autoscaling:CreateOrUpdateTags", groupARN, other, false},
		{"write the status where nobody opted in, and so let itself in", "autoscaling:CreateOrUpdateTags", groupARN, tags{"aws:TagKeys": {"autospotting:status"}}, false},
		{"write it where it was left", "autoscaling:CreateOrUpdateTags", groupARN, with(left, "aws:TagKeys", "autospotting:status"), false},
		{"remove the status", "autoscaling:DeleteTags", groupARN, status, true},
		{"remove it from a group that left", "autoscaling:DeleteTags", groupARN, with(left, "aws:TagKeys", "autospotting:status"), true},
		{"remove the owner's tag", "autoscaling:DeleteTags", groupARN, other, false},
		{"delete a group", "autoscaling:DeleteAutoScalingGroup", groupARN, optedIn, false},
		{"suspend its processes", "autoscaling:SuspendProcesses", groupARN, optedIn, false},
	})
}

func TestWhatTheFunctionMayDoWithItsOwnParts(t *testing.T) {
	t.Parallel()
	d := deploy(t, Autospotting, map[string]any{"KMSKeyArn": "create"})
	key, ec2 := d.attribute("Key", "Arn"), tags{"kms:ViaService": {"ec2." + region + ".suffix.invalid"}}
	check(t, d.statements("FunctionRole"), []sample{
		{"take from the work queue", "sqs:ReceiveMessage", d.arn("sqs", "Work"), nil, true},
		{"send to the inbox", "sqs:SendMessage", d.arn("sqs", "Inbox"), nil, true},
		{"take from the dead letters", "sqs:ReceiveMessage", d.arn("sqs", "InboxDeadLetters"), nil, false},
		{"purge a queue", "sqs:PurgeQueue", d.arn("sqs", "Work"), nil, false},
		{"publish to events", "sns:Publish", eventsARN, nil, false},
		{"read the ledger", "dynamodb:GetItem", d.arn("dynamodb", "table/autospotting-ledger"), nil, true},
		{"read another table", "dynamodb:GetItem", d.arn("dynamodb", "table/customers"), nil, false},
		{"delete the ledger", "dynamodb:DeleteTable", d.arn("dynamodb", "table/autospotting-ledger"), nil, false},
		{"write its log", "logs:PutLogEvents", d.arn("logs", "log-group:/aws/lambda/autospotting:log-stream:x"), nil, true},
		{"make a log group, and so leave one behind", "logs:CreateLogGroup", d.arn("logs", "log-group:/aws/lambda/autospotting"), nil, false},
		{"decrypt by the stack's key", "kms:Decrypt", key, nil, true},
		{"decrypt by another key", "kms:Decrypt", d.arn("kms", "key/other"), nil, false},
		{"decrypt a volume by another key", "kms:Decrypt", d.arn("kms", "key/other"), ec2, true},
		{"grant a volume's key", "kms:CreateGrant", d.arn("kms", "key/other"), with(ec2, "kms:GrantIsForAWSResource", "true"), true},
		{"grant it to anybody", "kms:CreateGrant", d.arn("kms", "key/other"), with(ec2, "kms:GrantIsForAWSResource", "false"), false},
		{"read a parameter that AWS publishes", "ssm:GetParameters", "arn:aws:ssm:" + region + "::parameter/aws/service/ami-amazon-linux-latest/x", nil, true},
		{"read a parameter of the account", "ssm:GetParameters", d.arn("ssm", "parameter/password"), nil, false},
	})
}

// Who may speak to the coordinator: the policies of the topics and of the inbox.
func TestWhoMayPublish(t *testing.T) {
	t.Parallel()
	d := deploy(t, Autospotting, map[string]any{"OrganizationId": "o-abcdefghij"})
	policy := func(id string) (out []map[string]any) {
		for _, s := range list(at(d.properties(id), "PolicyDocument", "Statement")) {
			out = append(out, s.(map[string]any))
		}
		return out
	}
	here := tags{"aws:PrincipalAccount": {account}, "aws:PrincipalIsAWSService": {"false"}, "aws:PrincipalOrgID": {"o-abcdefghij"}, "aws:PrincipalArn": {webRole}}
	admin := with(here, "aws:PrincipalArn", "arn:aws:iam::"+account+":role/admin")
	outside := with(here, "aws:PrincipalAccount", "999999999999")
	stranger := with(outside, "aws:PrincipalOrgID", "o-other00000")
	scheduler := with(here, "aws:PrincipalArn", d.attribute("SchedulerRole", "Arn"))
	everything := map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"} // an administrator's own policy
	for _, c := range []struct {
		name, topic, principal, action string
		context                        tags
		own                            []map[string]any
		want                           bool
	}{
		{"a role of this account reports", "Reports", webRole, "sns:Publish", here, nil, true},
		{"another account of the organization does not report", "Reports", webRole, "sns:Publish", outside, nil, false},
		{"nobody reports in the clear", "Reports", webRole, "sns:Publish", with(here, "aws:SecureTransport", "false"), nil, false},
		{"EventBridge publishes events, with the context that AWS says it lacks", "Events", "events.amazonaws.com", "sns:Publish", nil, nil, true},
		{"EventBridge publishes events, if it has it after all", "Events", "events.amazonaws.com", "sns:Publish", tags{"aws:PrincipalIsAWSService": {"true"}, "aws:SourceAccount": {account}}, nil, true},
		{"another service does not", "Events", "s3.amazonaws.com", "sns:Publish", nil, nil, false},
		{"the tick is published", "Events", d.attribute("SchedulerRole", "Arn"), "sns:Publish", scheduler, nil, true},
		{"a role of this account publishes no event", "Events", webRole, "sns:Publish", here, nil, false},
		{"not even an administrator does", "Events", webRole, "sns:Publish", admin, []map[string]any{everything}, false},
		{"an administrator reads the topic's settings", "Events", webRole, "sns:GetTopicAttributes", admin, []map[string]any{everything}, true},
		{"the organization subscribes", "Events", webRole, "sns:Subscribe", outside, nil, true},
		{"others do not", "Events", webRole, "sns:Subscribe", stranger, nil, false},
		{"nobody outside subscribes to reports", "Reports", webRole, "sns:Subscribe", outside, nil, false},
	} {
		r := request{action: c.action, resource: d.arn("sns", c.topic+"Topic"), context: c.context, principal: c.principal}
		if got := allowed(append(policy(c.topic+"TopicPolicy"), c.own...), r); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	for _, c := range []struct {
		queue, principal, source string
		want                     bool
	}{
		{"Inbox", "sns.amazonaws.com", reportsARN, true},
		{"Inbox", "sns.amazonaws.com", eventsARN, true},
		{"Inbox", "sns.amazonaws.com", d.arn("sns", "other"), false},
		{"Inbox", "events.amazonaws.com", d.arn("events", "rule/autospotting-tick"), false},
		{"Inbox", "events.amazonaws.com", d.arn("events", "rule/autospotting-interruption"), true},
		{"Inbox", "events.amazonaws.com", d.arn("events", "rule/autospotting-interruption-2"), false},
		{"Changes", "sns.amazonaws.com", reportsARN, true},
		{"Changes", "sns.amazonaws.com", eventsARN, true},
		{"Changes", "sns.amazonaws.com", d.arn("sns", "other"), false},
		{"Changes", "events.amazonaws.com", d.arn("events", "rule/autospotting-state-change"), false},
		{"InboxDeadLetters", "sns.amazonaws.com", eventsARN, true},
		{"InboxDeadLetters", "events.amazonaws.com", d.arn("events", "rule/autospotting-interruption"), true},
		{"InboxDeadLetters", "events.amazonaws.com", d.arn("events", "rule/other"), false},
	} {
		r := request{action: "sqs:SendMessage", resource: d.arn("sqs", c.queue), principal: c.principal, context: tags{"aws:SourceArn": {c.source}}}
		if got := allowed(policy(c.queue+"Policy"), r); got != c.want {
			t.Errorf("%s from %s to %s: %t", c.source, c.principal, c.queue, got)
		}
	}
}

func with(of tags, key string, values ...string) tags {
	out := tags{key: values}
	for k, v := range of {
		if k != key {
			out[k] = v
		}
	}
	return out
}

// The policy speaks of tags by name; the code is what sets them.
func TestTheTagsOfThePolicyAreTheCodes(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, s := range deploy(t, Autospotting, nil).statements("FunctionRole") {
		conditions, _ := s["Condition"].(map[string]any)
		for _, of := range conditions {
			for key, values := range of.(map[string]any) {
				if _, tag, isTag := strings.Cut(key, "Tag/"); isTag {
					seen[tag]++
				}
				if key == "aws:TagKeys" {
					for _, tag := range words(values) {
						seen[tag]++
					}
				}
			}
		}
	}
	for _, tag := range []string{decide.TagGroup, decide.TagLaunch, settings.StatusTag, message.DrainTag, "aws:ec2:fleet-id", "aws:autoscaling:groupName", "spot-enabled"} {
		if seen[tag] == 0 {
			t.Errorf("no statement speaks of %s", tag)
		}
		delete(seen, tag)
	}
	delete(seen, "false") // Null: aws:TagKeys
	if len(seen) > 0 {
		t.Errorf("the code knows none of %v", seen)
	}
}
