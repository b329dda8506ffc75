package cloudsim

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func TestOneAPIIsOutWhileTheOthersAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	describe := func() error {
		_, err := r.s.EC2().DescribeInstances(bg, &ec2.DescribeInstancesInput{})
		return err
	}
	hooks := func() error {
		_, err := r.s.AutoScaling().DescribeLifecycleHooks(bg, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: aws.String("web")})
		return err
	}
	now := r.Now()
	r.Out(Outage{API: "EC2.DescribeInstances", From: now.Add(time.Minute), Until: now.Add(2 * time.Minute)})
	r.Out(Outage{API: "Auto Scaling.DescribeLifecycleHooks", From: now, Until: now.Add(time.Minute), Throttled: true})
	must(t, describe())
	wantCode(t, hooks(), "Throttling", "")
	r.pass(time.Minute)
	must(t, hooks())
	err := describe()
	wantCode(t, err, "ServiceUnavailable", "")
	var status interface{ HTTPStatusCode() int }
	if !errors.As(err, &status) || status.HTTPStatusCode() != http.StatusServiceUnavailable || !r.Down("EC2.DescribeInstances") {
		t.Errorf("%v", err)
	}
	r.pass(time.Minute)
	must(t, describe())
	r.Out(Outage{API: "EC2.DescribeInstances", From: now, Until: now.Add(time.Hour)})
	wantCode(t, describe(), "ServiceUnavailable", "")
	r.EndOutages()
	must(t, describe())
}
