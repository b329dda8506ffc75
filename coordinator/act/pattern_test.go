package act

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// Each shape that a pattern may have (EventBridge user guide, "Comparison operators for use in event patterns"), against the launching hook "warm" of
// the group "web". Where it is not known whether it matches, it does.
func TestWhichPatternsHearOfALaunchingHook(t *testing.T) {
	t.Parallel()
	e := launchOf(astypes.AutoScalingGroup{AutoScalingGroupName: aws.String("web"), AutoScalingGroupARN: aws.String(groupARN)},
		astypes.LifecycleHook{LifecycleHookName: aws.String("warm"), NotificationMetadata: aws.String("blue")})
	for pattern, hears := range map[string]bool{
		// texts
		`{"source": ["aws.autoscaling"]}`: true,
		`{"source": ["aws.ec2"]}`:         false,
		`{"source": ["aws.ec2", "aws.autoscaling"], "detail-type": ["EC2 Instance-launch Lifecycle Action"]}`: true,
		`{"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance-terminate Lifecycle Action"]}`:         false,
		`{"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance Launch Successful"]}`:                  false,
		`{"detail-type": ["EC2 instance-launch lifecycle action"]}`:                                           false, // exact, says the guide
		`{"detail-type": []}`:            false,
		`{"source": [null, 7]}`:          false,
		`{"source": [true]}`:             false,
		`{"version": ["0"]}`:             true, // not among what is known
		`{"time": [{"prefix": "2026"}]}`: true,
		// account, region and resources
		`{"account": ["123456789012"], "region": ["us-east-1"]}`:          true,
		`{"account": ["210987654321"]}`:                                   false, // what another account sends to this bus
		`{"region": ["eu-west-1"]}`:                                       false,
		`{"resources": ["` + groupARN + `"]}`:                             true,
		`{"resources": [{"suffix": "autoScalingGroupName/api"}]}`:         false,
		`{"resources": [{"wildcard": "arn:*:autoScalingGroupName/web"}]}`: true,
		// within detail
		`{"detail": {"AutoScalingGroupName": ["web"]}}`:                                 true,
		`{"detail": {"AutoScalingGroupName": ["api"]}}`:                                 false,
		`{"detail": {"AutoScalingGroupName": ["api", {"prefix": "we"}]}}`:               true,
		`{"detail": {"LifecycleHookName": ["drain"]}}`:                                  false,
		`{"detail": {"LifecycleHookName": ["warm"], "AutoScalingGroupName": ["api"]}}`:  false,
		`{"detail": {"LifecycleTransition": ["autoscaling:EC2_INSTANCE_TERMINATING"]}}`: false,
		`{"detail": {"Destination": ["WarmPool"]}}`:                                     false,
		`{"detail": {"NotificationMetadata": ["green"]}}`:                               false,
		`{"detail": {"EC2InstanceId": ["i-1"]}}`:                                        true, // any instance may have it
		`{"detail": {"instance-id": [{"exists": true}]}}`:                               true, // a field that is not known of
		`{"detail": {"AutoScalingGroupName": {"within": ["x"]}}}`:                       true, // no such shape of this event: not judged
		`{"detail": [{"exists": true}]}`:                                                true,
		// operators
		`{"source": [{"prefix": "aws."}]}`:                                            true,
		`{"source": [{"prefix": "my."}]}`:                                             false,
		`{"source": [{"prefix": {"equals-ignore-case": "AWS.A"}}]}`:                   true,
		`{"source": [{"prefix": ""}]}`:                                                true,
		`{"source": [{"suffix": ".autoscaling"}]}`:                                    true,
		`{"source": [{"suffix": {"equals-ignore-case": ".EC2"}}]}`:                    false,
		`{"source": [{"equals-ignore-case": "AWS.AutoScaling"}]}`:                     true,
		`{"source": [{"equals-ignore-case": "aws.ec2"}]}`:                             false,
		`{"source": [{"wildcard": "aws.*scaling"}]}`:                                  true,
		`{"source": [{"wildcard": "*"}]}`:                                             true,
		`{"source": [{"wildcard": "aws.*ec2"}]}`:                                      false,
		`{"source": [{"wildcard": "*.auto*ing"}]}`:                                    true,
		`{"source": [{"wildcard": "aws.autoscaling*g"}]}`:                             false, // the g is taken already
		`{"source": [{"wildcard": "aws\\*"}]}`:                                        false,
		`{"source": [{"exists": true}]}`:                                              true,
		`{"source": [{"exists": false}]}`:                                             false,
		`{"source": [{"anything-but": "aws.ec2"}]}`:                                   true,
		`{"source": [{"anything-but": "aws.autoscaling"}]}`:                           false,
		`{"source": [{"anything-but": ["aws.ec2", "aws.autoscaling"]}]}`:              false,
		`{"source": [{"anything-but": [1, 2]}]}`:                                      true,
		`{"source": [{"anything-but": 7}]}`:                                           true,
		`{"source": [{"anything-but": {"prefix": "aws."}}]}`:                          false,
		`{"source": [{"anything-but": {"prefix": ["my.", "aws."]}}]}`:                 false,
		`{"source": [{"anything-but": {"suffix": "ec2"}}]}`:                           true,
		`{"source": [{"anything-but": {"wildcard": "*.auto*"}}]}`:                     false,
		`{"source": [{"anything-but": {"equals-ignore-case": "AWS.EC2"}}]}`:           true,
		`{"source": [{"anything-but": {"equals-ignore-case": ["AWS.AUTOSCALING"]}}]}`: false,
		`{"source": [{"numeric": [">", 0]}]}`:                                         true, // not judged
		`{"source": [{"cidr": "10.0.0.0/8"}]}`:                                        true,
		`{"source": [{"of-tomorrow": "x"}]}`:                                          true,
		`{"source": [{"anything-but": {"of-tomorrow": "x"}}]}`:                        true,
		`{"source": [{"prefix": 7}]}`:                                                 true,
		`{"source": [{}]}`:                                                            true,
		// $or
		`{"$or": [{"source": ["aws.ec2"]}, {"detail": {"AutoScalingGroupName": ["web"]}}]}`:                                         true,
		`{"$or": [{"source": ["aws.ec2"]}, {"detail": {"AutoScalingGroupName": ["api"]}}]}`:                                         false,
		`{"source": ["aws.ec2"], "$or": [{"region": ["us-east-1"]}]}`:                                                               false,
		`{"source": ["aws.autoscaling"], "detail": {"$or": [{"AutoScalingGroupName": ["api"]}, {"LifecycleHookName": ["drain"]}]}}`: false,
		`{"source": ["aws.autoscaling"], "detail": {"$or": [{"AutoScalingGroupName": ["api"]}, {"LifecycleHookName": ["warm"]}]}}`:  true,
		`{"$or": 7}`: true,
		// what is no pattern
		`{}`: true, `[]`: true, `null`: true, `{"source": "aws.autoscaling"}`: true, `no JSON`: true,
	} {
		if got := mayMatch([]byte(pattern), e); got != hears {
			t.Errorf("%s: hears %t", pattern, got)
		}
	}
}

// Of what is not known nothing is said: another group's metadata, or a group without an ARN.
func TestWhatIsNotKnownOfAnEventMayBeAnything(t *testing.T) {
	t.Parallel()
	e := launchOf(astypes.AutoScalingGroup{AutoScalingGroupName: aws.String("web")}, astypes.LifecycleHook{LifecycleHookName: aws.String("warm")})
	for _, pattern := range []string{`{"account": ["1"]}`, `{"region": ["eu-west-1"]}`, `{"resources": ["x"]}`, `{"detail": {"NotificationMetadata": ["green"]}}`} {
		if !mayMatch([]byte(pattern), e) {
			t.Errorf("%s hears of nothing", pattern)
		}
	}
}

func FuzzPatterns(f *testing.F) {
	e := launchOf(astypes.AutoScalingGroup{AutoScalingGroupName: aws.String("web"), AutoScalingGroupARN: aws.String(groupARN)}, astypes.LifecycleHook{LifecycleHookName: aws.String("warm")})
	f.Add([]byte(`{"source": [{"anything-but": {"wildcard": "a*"}}], "$or": [{"detail": {"AutoScalingGroupName": ["web"]}}]}`))
	f.Fuzz(func(t *testing.T, pattern []byte) {
		mayMatch(pattern, e) // whatever it is, it is answered
	})
}
