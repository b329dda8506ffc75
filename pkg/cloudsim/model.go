package cloudsim

import (
	"errors"

	"autospotting/pkg/awsmodel"
)

// models are the services as the table of AWS's models calls them.
var models = map[string]string{svcEC2: "ec2", svcAutoScaling: "autoscaling", svcSNS: "sns", svcSQS: "sqs", svcDynamoDB: "dynamodb", svcELB: "elasticloadbalancingv2", svcEventBridge: "eventbridge", svcLattice: "vpclattice", svcECS: "ecs", svcBeanstalk: "elasticbeanstalk"}

// fits refuses an input that AWS would refuse for its form alone: too long, too many, another alphabet.
func fits(rec Call) error {
	err := awsmodel.Check(models[rec.Service], rec.Op, rec.Input)
	var fault *awsmodel.Fault
	if errors.As(err, &fault) {
		return apiError(fault.Code, "%s", fault.Message)
	}
	return err
}
