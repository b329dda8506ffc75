package cloudsim

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"autospotting/pkg/awsmodel"
)

// A limit that leads to no field of the SDK's would never be held.
func TestEveryLimitLeadsToAFieldOfItsInput(t *testing.T) {
	t.Parallel()
	s, checked := New(Config{}).NewSession("model"), 0
	for service, client := range map[string]any{svcEC2: s.EC2(), svcAutoScaling: s.AutoScaling(), svcSNS: s.SNS(), svcSQS: s.SQS(), svcDynamoDB: s.DynamoDB(), svcELB: s.LoadBalancing(), svcEventBridge: s.EventBridge(), svcLattice: s.Lattice()} {
		methods := reflect.TypeOf(client)
		for i := range methods.NumMethod() {
			m := methods.Method(i)
			if m.Type.NumIn() < 3 || !strings.HasSuffix(m.Type.In(2).String(), m.Name+"Input") {
				continue
			}
			if !awsmodel.Known(models[service], m.Name) {
				t.Errorf("%s %s has no row: run pkg/awsmodel/generate.py", service, m.Name)
			}
			for _, l := range awsmodel.Limits(models[service], m.Name) {
				checked++
				if !l.Reaches(m.Type.In(2)) {
					t.Errorf("%s %s: %s leads nowhere", service, m.Name, l.Path)
				}
			}
		}
	}
	if checked < 200 {
		t.Errorf("%d limits were looked at", checked)
	}
}

func TestWhatAWSsModelsRefuseIsRefusedAndHasNoEffect(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	long := "i-0123456789abcdef01"
	name := aws.String("web")
	for _, c := range []struct {
		name, code string
		call       func() error
	}{
		{"one overlong id of many", "ValidationError", func() error {
			_, err := r.s.AutoScaling().DescribeAutoScalingInstances(bg, &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{r.group().Members[0].ID, long}})
			return err
		}},
		{"a status of 257 characters", "ValidationError", func() error {
			_, err := r.s.AutoScaling().CreateOrUpdateTags(bg, &autoscaling.CreateOrUpdateTagsInput{Tags: []astypes.Tag{{Key: aws.String("k"), ResourceId: name,
				ResourceType: aws.String("auto-scaling-group"), Value: aws.String(strings.Repeat("x", 257)), PropagateAtLaunch: aws.Bool(false)}}})
			return err
		}},
		{"21 instances attached", "ValidationError", func() error {
			_, err := r.s.AutoScaling().AttachInstances(bg, &autoscaling.AttachInstancesInput{AutoScalingGroupName: name, InstanceIds: make([]string, 21)})
			return err
		}},
		{"an id that is none", "InvalidInstanceID.Malformed", func() error {
			_, err := r.s.EC2().TerminateInstances(bg, &ec2.TerminateInstancesInput{InstanceIds: []string{r.group().Members[0].ID, long}})
			return err
		}},
		{"201 values of filters", "FilterLimitExceeded", func() error {
			var ids []string
			for i := range 201 {
				ids = append(ids, fmt.Sprintf("i-%017x", i))
			}
			_, err := r.s.EC2().DescribeInstances(bg, &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{{Name: aws.String("instance-id"), Values: ids}}})
			return err
		}},
		{"a client token of 65 characters", "InvalidParameterValue", func() error {
			_, err := r.s.EC2().CreateFleet(bg, &ec2.CreateFleetInput{ClientToken: aws.String(strings.Repeat("x", 65)),
				LaunchTemplateConfigs:       []ec2types.FleetLaunchTemplateConfigRequest{{}},
				TargetCapacitySpecification: &ec2types.TargetCapacitySpecificationRequest{TotalTargetCapacity: aws.Int32(1)}})
			return err
		}},
		{"a message that markup made too long", "InvalidParameterValue", func() error {
			_, err := r.s.SQS().SendMessage(bg, &sqs.SendMessageInput{QueueUrl: aws.String("q"), MessageBody: aws.String(strings.Repeat(`\u003c`, 60*1024))})
			return err
		}},
		{"a report that is too long", "InvalidParameter", func() error {
			_, err := r.s.SNS().Publish(bg, &sns.PublishInput{TopicArn: aws.String("t"), Message: aws.String(strings.Repeat("x", 256*1024+1))})
			return err
		}},
		{"a record that is too long", "ValidationException", func() error {
			_, err := r.s.DynamoDB().PutItem(bg, &dynamodb.PutItemInput{TableName: aws.String("table"), Item: map[string]ddb.AttributeValue{
				"asg": &ddb.AttributeValueMemberS{Value: "web"}, "body": &ddb.AttributeValueMemberS{Value: strings.Repeat("x", 400*1024+1)}}})
			return err
		}},
		{"a group without its name", "ValidationError", func() error {
			_, err := r.s.AutoScaling().UpdateAutoScalingGroup(bg, &autoscaling.UpdateAutoScalingGroupInput{MaxSize: aws.Int32(9)})
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) { wantCode(t, c.call(), c.code, "") })
	}
	if g := r.group(); len(g.Members) != 6 || g.Max == 9 {
		t.Errorf("it had an effect: %+v", g)
	}
}
