package cloudsim

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// DescribeLaunchConfigurations finds none: accounts of after 2024-10-01 cannot create any (aws-facts 1.8), and this one
// is new.
func (a *AutoScaling) DescribeLaunchConfigurations(ctx context.Context, in *autoscaling.DescribeLaunchConfigurationsInput, _ ...func(*autoscaling.Options)) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
	return call(ctx, a.s, request{svcAutoScaling, "DescribeLaunchConfigurations", false}, in, func(*autoscaling.DescribeLaunchConfigurationsInput) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
		return &autoscaling.DescribeLaunchConfigurationsOutput{}, nil
	})
}
