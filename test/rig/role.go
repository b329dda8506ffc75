package rig

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// Role makes an owner's role, and the instance profile of the same name with it.
func Role(ctx context.Context, cfg aws.Config, name string) error {
	identities := iam.NewFromConfig(cfg)
	if _, err := identities.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[]}`)}); err != nil {
		return fmt.Errorf("make role %s: %w", name, err)
	}
	if _, err := identities.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &name}); err != nil {
		return fmt.Errorf("make instance profile %s: %w", name, err)
	}
	if _, err := identities.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &name}); err != nil {
		return fmt.Errorf("put role %s into its profile: %w", name, err)
	}
	return nil
}
