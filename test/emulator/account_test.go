package emulator

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dytypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"autospotting/coordinator/handle"
	"autospotting/test/rig"
)

const (
	region   = rig.Region
	image    = "ami-0abc0abc0abc0abc0" // of testdata/images.json
	table    = "autospotting-ledger"
	userData = "#!/bin/sh\necho the owner's own script\n"
)

// account is an installation: both topics, the three queues, the table, and the owner's template.
type account struct {
	*cloud
	t                    *testing.T
	ec2                  *ec2.Client
	scaling              *autoscaling.Client
	sns                  *sns.Client
	sqs                  *sqs.Client
	dynamo               *dynamodb.Client
	bus                  *eventbridge.Client
	inbox, changes, work string // URLs
	reports, events      string // ARNs
	template             string
	owners               string            // the user data of the owner's template
	pools                int               // that some fleet must be offered
	release              string            // what is injected: the prefix of spotd's downloads,
	checksum             string            // and spotd's SHA-256
	subnets              map[string]string // by zone
	vpc                  string
	ticks                int
	leave                func() // lets another story begin
	nudge                func() // what comes when all is quiet: the tick, unless a test says otherwise
	waited               int    // messages at most that brought no write, one after the other
}

// newAccount installs what the CloudFormation stack would.
func newAccount(t *testing.T) *account {
	t.Helper()
	return ownersAccount(t, userData)
}

// ownersAccount has a template with this user data.
func ownersAccount(t *testing.T, script string) *account {
	t.Helper()
	a := emptyAccount(t)
	a.messaging()
	a.ledgerTable()
	a.own(script)
	return a
}

// own makes the owner's template.
func (a *account) own(script string) {
	a.t.Helper()
	a.owners, a.pools = script, fewestPools
	a.template = a.newTemplate("owners", script)
}

// emptyAccount has a network, and nothing is installed.
func emptyAccount(t *testing.T) *account {
	t.Helper()
	needEmulator(t)
	lab.busy <- struct{}{}
	a := &account{cloud: newCloud(t), t: t, leave: sync.OnceFunc(func() { <-lab.busy }), release: release, checksum: checksum}
	t.Cleanup(a.leave)
	a.nudge = a.tick
	a.connect()
	a.network()
	return a
}

func (a *account) connect() {
	key := credentials.NewStaticCredentialsProvider("AK", "secret", "")
	cfg := aws.Config{Region: region, Credentials: key, BaseEndpoint: &a.side.URL}
	a.ec2, a.scaling = ec2.NewFromConfig(cfg), autoscaling.NewFromConfig(cfg)
	a.bus = eventbridge.NewFromConfig(cfg)
	a.sns, a.sqs, a.dynamo = sns.NewFromConfig(cfg), sqs.NewFromConfig(cfg), dynamodb.NewFromConfig(cfg)
}

// do fails the test on an error of what the test itself asks.
func do[O any](t *testing.T, what string, f func(context.Context) (O, error)) O {
	t.Helper()
	out, err := f(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return out
}

func (a *account) messaging() {
	a.t.Helper()
	queue := func(name string, attributes map[string]string) string {
		return aws.ToString(do(a.t, "create queue "+name, func(ctx context.Context) (*sqs.CreateQueueOutput, error) {
			return a.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
		}).QueueUrl)
	}
	seconds := fmt.Sprint(int(visibility.Seconds()))
	a.inbox = queue("inbox", map[string]string{"VisibilityTimeout": seconds})
	a.work = queue("work.fifo", map[string]string{"VisibilityTimeout": seconds, "FifoQueue": "true"})
	a.queues.lane(a.inbox) // what is published before anybody listens is there as well
	a.changes = queue("changes", map[string]string{"VisibilityTimeout": seconds})
	a.queues.lane(a.changes)
	for name, into := range map[string]*string{"reports": &a.reports, "events": &a.events} {
		*into = aws.ToString(do(a.t, "create topic "+name, func(ctx context.Context) (*sns.CreateTopicOutput, error) {
			return a.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: &name})
		}).TopicArn)
		key, slow := "kind", handle.SlowReports
		if name == "events" {
			key, slow = "detail-type", handle.SlowEvents
		}
		a.subscribe(*into, "changes", map[string]any{key: slow})
		a.subscribe(*into, "inbox", map[string]any{key: []any{map[string]any{"anything-but": slow}}})
	}
}

func (a *account) subscribe(topic, queue string, filter map[string]any) {
	a.t.Helper()
	policy, err := json.Marshal(filter)
	if err != nil {
		a.t.Fatal(err)
	}
	arn := fmt.Sprintf("arn:aws:sqs:%s:%s:%s", region, a.cloud.account, queue)
	do(a.t, "subscribe "+queue+" to "+topic, func(ctx context.Context) (*sns.SubscribeOutput, error) {
		return a.sns.Subscribe(ctx, &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: &arn,
			Attributes: map[string]string{"FilterPolicyScope": "MessageBody", "FilterPolicy": string(policy)}})
	})
}

func (a *account) ledgerTable() {
	a.t.Helper()
	do(a.t, "create table", func(ctx context.Context) (*dynamodb.CreateTableOutput, error) {
		return a.dynamo.CreateTable(ctx, &dynamodb.CreateTableInput{
			TableName: aws.String(table), BillingMode: dytypes.BillingModePayPerRequest,
			KeySchema:            []dytypes.KeySchemaElement{{AttributeName: aws.String("asg"), KeyType: dytypes.KeyTypeHash}},
			AttributeDefinitions: []dytypes.AttributeDefinition{{AttributeName: aws.String("asg"), AttributeType: dytypes.ScalarAttributeTypeS}},
		})
	})
}

func (a *account) network() {
	a.t.Helper()
	out := do(a.t, "describe subnets", func(ctx context.Context) (*ec2.DescribeSubnetsOutput, error) {
		return a.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	})
	a.subnets = map[string]string{}
	for _, s := range out.Subnets {
		a.subnets[aws.ToString(s.AvailabilityZone)], a.vpc = aws.ToString(s.SubnetId), aws.ToString(s.VpcId)
	}
}

func (a *account) newTemplate(name, data string) string {
	a.t.Helper()
	return aws.ToString(do(a.t, "create the owner's template", func(ctx context.Context) (*ec2.CreateLaunchTemplateOutput, error) {
		return a.ec2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: &name,
			LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
				ImageId: aws.String(image), InstanceType: "m5.large", UserData: aws.String(encoded(data)), IamInstanceProfile: profile,
			}})
	}).LaunchTemplate.LaunchTemplateId)
}

// profile is what the owner's instances speak with.
var profile = &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("web")}

func encoded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// size of a group.
type size struct{ min, desired, max int }

// newGroup makes an enabled group over the zones a, b … of the region.
func (a *account) newGroup(name string, s size, zones string) {
	a.t.Helper()
	a.createGroup(name, s, zones, func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.LaunchTemplate = &astypes.LaunchTemplateSpecification{LaunchTemplateId: &a.template, Version: aws.String("$Default")}
	})
}

func (a *account) createGroup(name string, s size, zones string, from func(*autoscaling.CreateAutoScalingGroupInput)) {
	a.t.Helper()
	var subnets []string
	for _, z := range zones {
		subnets = append(subnets, a.subnets[region+string(z)])
	}
	tag := func(key, value string, propagate bool) astypes.Tag {
		return astypes.Tag{ResourceId: &name, ResourceType: aws.String("auto-scaling-group"), Key: &key, Value: &value, PropagateAtLaunch: &propagate}
	}
	in := &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &name, MinSize: aws.Int32(int32(s.min)), MaxSize: aws.Int32(int32(s.max)), DesiredCapacity: aws.Int32(int32(s.desired)),
		VPCZoneIdentifier: aws.String(strings.Join(subnets, ",")), Tags: []astypes.Tag{tag("spot-enabled", "true", false), tag("team", "web", true)},
	}
	from(in)
	do(a.t, "create group "+name, func(ctx context.Context) (*autoscaling.CreateAutoScalingGroupOutput, error) {
		return a.scaling.CreateAutoScalingGroup(ctx, in)
	})
}

// instance is one as the emulator has it, without the corrections.
type instance struct {
	id, kind, zone, state string
	spot                  bool
	launched              time.Time
	tags                  map[string]string
}

func (i instance) live() bool { return i.state == "pending" || i.state == "running" }
func (i instance) ours() bool { return i.tags["autospotting-launch"] != "" }

func (c *cloud) instances(ctx context.Context) (map[string]instance, error) {
	var doc struct {
		Items []struct {
			ID        string    `xml:"instanceId"`
			Type      string    `xml:"instanceType"`
			Zone      string    `xml:"placement>availabilityZone"`
			State     string    `xml:"instanceState>name"`
			Lifecycle string    `xml:"instanceLifecycle"`
			Launched  time.Time `xml:"launchTime"`
			Tags      []struct {
				Key   string `xml:"key"`
				Value string `xml:"value"`
			} `xml:"tagSet>item"`
		} `xml:"reservationSet>item>instancesSet>item"`
	}
	if err := c.read(ctx, ask("ec2", "DescribeInstances", "2016-11-15", map[string]string{"MaxResults": "1000"}), &doc); err != nil {
		return nil, err
	}
	out := map[string]instance{}
	for _, i := range doc.Items {
		tags := map[string]string{}
		for _, t := range i.Tags {
			tags[t.Key] = t.Value
		}
		out[i.ID] = instance{i.ID, i.Type, i.Zone, i.State, i.Lifecycle == "spot", i.Launched, tags}
	}
	return out, nil
}

func (c *cloud) instance(ctx context.Context, id string) (instance, error) {
	all, err := c.instances(ctx)
	return all[id], err
}
