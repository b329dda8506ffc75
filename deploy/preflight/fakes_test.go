package preflight

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotatypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"autospotting/coordinator/settings"
	"autospotting/deploy/estate"
)

const (
	account  = "123456789012"
	function = "arn:aws:iam::123456789012:role/autospotting-FunctionRole-X"
	web      = "arn:aws:iam::123456789012:role/web"
	spotRole = "arn:aws:iam::123456789012:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
	key      = "arn:aws:kms:eu-west-1:123456789012:key/1111"
)

var errRefused = errors.New("AccessDenied: not you")

// cloud answers what the tests want. Nothing of it knows what is expected.
type cloud struct {
	optedOut, noRoles bool
	quota             float64
	concurrency       int32
	stacks            []string // NAME and its outputs
	refused           string   // the call that is refused
	denied            []string
	keys              map[string]kmstypes.KeyMetadata
	policy            string
	grants            []kmstypes.GrantListEntry
	volumes           map[string]string // instance to key
	subnets           []ec2types.Subnet
	tables            []ec2types.RouteTable
	endpoints         []ec2types.VpcEndpoint
}

func (c *cloud) may(call string) error {
	if c.refused == call {
		return errRefused
	}
	return nil
}

func (c *cloud) DescribeStacks(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
	out := &cloudformation.DescribeStacksOutput{}
	for _, name := range c.stacks {
		name, outputs, _ := strings.Cut(name, " ")
		s := cfntypes.Stack{StackName: aws.String(name)}
		for _, key := range strings.Fields(outputs) {
			s.Outputs = append(s.Outputs, cfntypes.Output{OutputKey: aws.String(key)})
		}
		out.Stacks = append(out.Stacks, s)
	}
	return out, c.may("DescribeStacks")
}

func (c *cloud) DescribeRegions(_ context.Context, in *ec2.DescribeRegionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeRegionsOutput, error) {
	status := "opt-in-not-required"
	if c.optedOut {
		status = "not-opted-in"
	}
	return &ec2.DescribeRegionsOutput{Regions: []ec2types.Region{{RegionName: &in.RegionNames[0], OptInStatus: &status}}}, c.may("DescribeRegions")
}

func (c *cloud) DescribeSubnets(_ context.Context, in *ec2.DescribeSubnetsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	out := &ec2.DescribeSubnetsOutput{}
	for _, s := range c.subnets {
		if slices.Contains(in.SubnetIds, *s.SubnetId) {
			out.Subnets = append(out.Subnets, s)
		}
	}
	return out, c.may("DescribeSubnets")
}

func (c *cloud) DescribeRouteTables(context.Context, *ec2.DescribeRouteTablesInput, ...func(*ec2.Options)) (*ec2.DescribeRouteTablesOutput, error) {
	return &ec2.DescribeRouteTablesOutput{RouteTables: c.tables}, nil
}

// DescribeVpcEndpoints gives one a page.
func (c *cloud) DescribeVpcEndpoints(_ context.Context, in *ec2.DescribeVpcEndpointsInput, _ ...func(*ec2.Options)) (*ec2.DescribeVpcEndpointsOutput, error) {
	at := len(aws.ToString(in.NextToken))
	out := &ec2.DescribeVpcEndpointsOutput{}
	if at < len(c.endpoints) {
		out.VpcEndpoints = c.endpoints[at : at+1]
	}
	if at+1 < len(c.endpoints) {
		out.NextToken = aws.String(strings.Repeat("+", at+1))
	}
	return out, nil
}

func (c *cloud) DescribeVolumes(_ context.Context, in *ec2.DescribeVolumesInput, _ ...func(*ec2.Options)) (*ec2.DescribeVolumesOutput, error) {
	out := &ec2.DescribeVolumesOutput{}
	for _, id := range in.Filters[0].Values {
		if k, ok := c.volumes[id]; ok {
			out.Volumes = append(out.Volumes, ec2types.Volume{KmsKeyId: aws.String(k)})
		}
	}
	return out, c.may("DescribeVolumes")
}

func (c *cloud) GetRole(_ context.Context, in *iam.GetRoleInput, _ ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	if c.noRoles {
		return nil, errors.New("NoSuchEntity: no role")
	}
	return &iam.GetRoleOutput{Role: &iamtypes.Role{Arn: aws.String("arn:aws:iam::123456789012:role/team/" + *in.RoleName)}}, c.may("GetRole")
}

// SimulatePrincipalPolicy denies what is listed as "PRINCIPAL ACTION RESOURCE".
func (c *cloud) SimulatePrincipalPolicy(_ context.Context, in *iam.SimulatePrincipalPolicyInput, _ ...func(*iam.Options)) (*iam.SimulatePrincipalPolicyOutput, error) {
	out := &iam.SimulatePrincipalPolicyOutput{}
	for _, action := range in.ActionNames {
		r := iamtypes.EvaluationResult{EvalActionName: aws.String(action), EvalDecision: iamtypes.PolicyEvaluationDecisionTypeAllowed}
		for _, resource := range in.ResourceArns {
			decision := iamtypes.PolicyEvaluationDecisionTypeAllowed
			if slices.Contains(c.denied, *in.PolicySourceArn+" "+action+" "+resource) {
				decision = iamtypes.PolicyEvaluationDecisionTypeImplicitDeny
			}
			r.ResourceSpecificResults = append(r.ResourceSpecificResults, iamtypes.ResourceSpecificResult{EvalResourceName: aws.String(resource), EvalResourceDecision: decision})
		}
		out.EvaluationResults = append(out.EvaluationResults, r)
	}
	return out, c.may("SimulatePrincipalPolicy")
}

func (c *cloud) DescribeKey(_ context.Context, in *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	if err := c.may("DescribeKey"); err != nil {
		return nil, err
	}
	m, ok := c.keys[*in.KeyId]
	if !ok {
		return nil, errors.New("NotFoundException: no key " + *in.KeyId)
	}
	return &kms.DescribeKeyOutput{KeyMetadata: &m}, nil
}

func (c *cloud) GetKeyPolicy(context.Context, *kms.GetKeyPolicyInput, ...func(*kms.Options)) (*kms.GetKeyPolicyOutput, error) {
	return &kms.GetKeyPolicyOutput{Policy: &c.policy}, c.may("GetKeyPolicy")
}

// ListGrants gives one a page, whoever is asked for, as KMS need not filter for a key of another's.
func (c *cloud) ListGrants(_ context.Context, in *kms.ListGrantsInput, _ ...func(*kms.Options)) (*kms.ListGrantsOutput, error) {
	at := len(aws.ToString(in.Marker))
	out := &kms.ListGrantsOutput{}
	if at < len(c.grants) {
		out.Grants = c.grants[at : at+1]
	}
	if at+1 < len(c.grants) {
		out.Truncated, out.NextMarker = true, aws.String(strings.Repeat("+", at+1))
	}
	return out, c.may("ListGrants")
}

func (c *cloud) GetAccountSettings(context.Context, *lambda.GetAccountSettingsInput, ...func(*lambda.Options)) (*lambda.GetAccountSettingsOutput, error) {
	return &lambda.GetAccountSettingsOutput{AccountLimit: &lambdatypes.AccountLimit{UnreservedConcurrentExecutions: &c.concurrency}}, c.may("GetAccountSettings")
}

func (c *cloud) GetFunctionConfiguration(context.Context, *lambda.GetFunctionConfigurationInput, ...func(*lambda.Options)) (*lambda.GetFunctionConfigurationOutput, error) {
	return &lambda.GetFunctionConfigurationOutput{Role: aws.String(function)}, c.may("GetFunctionConfiguration")
}

func (c *cloud) GetServiceQuota(context.Context, *servicequotas.GetServiceQuotaInput, ...func(*servicequotas.Options)) (*servicequotas.GetServiceQuotaOutput, error) {
	return &servicequotas.GetServiceQuotaOutput{Quota: &quotatypes.ServiceQuota{Value: &c.quota}}, c.may("GetServiceQuota")
}

// ready is an account in which all is well, with an installation and one group.
func ready() (*cloud, *Examination) {
	c := &cloud{quota: 640, concurrency: 1000, stacks: []string{"autospotting", "autospotting-artifacts", "shop"}}
	e := &Examination{Region: "eu-west-1", Account: account, Caller: "arn:aws:iam::123456789012:user/me", Stack: "autospotting", Function: "autospotting", Exists: true,
		Parameters: map[string]string{"InstanceRoleArns": web}, Scope: settings.Scope{Key: "spot-enabled", Value: "true"}, Explain: error.Error,
		CloudFormation: c, EC2: c, IAM: c, KMS: c, Lambda: c, Quotas: c}
	e.Groups = func(context.Context, settings.Scope) ([]estate.Group, error) {
		return []estate.Group{{Name: "web", Profile: "web", Role: web}}, nil
	}
	return c, e
}

// expect compares the findings of one check, as "level text".
func expect(t *testing.T, all []Finding, check string, want ...string) {
	t.Helper()
	var got []string
	for _, f := range all {
		if f.Check == check {
			got = append(got, f.Level+" "+f.Text)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: found %q, want %q", check, got, want)
	}
	for i, w := range want {
		if !strings.HasPrefix(got[i], w) {
			t.Errorf("%s: found %q, want %q", check, got[i], w)
		}
	}
}
