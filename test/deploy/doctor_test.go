package deploy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// examined runs doctor and returns its findings as "level check: text", sorted.
func (a *account) examined(wantProblems bool) (found []string) {
	a.t.Helper()
	out, said, err := a.deploy("doctor", "--format", "json")
	if (err != nil) != wantProblems {
		a.t.Fatalf("doctor: %v\n%s\n%s", err, said, out)
	}
	var docs []struct{ Region, Check, Level, Text, Remedy string }
	if err := json.Unmarshal([]byte(out), &docs); err != nil {
		a.t.Fatalf("%v:\n%s", err, out)
	}
	for _, d := range docs {
		found = append(found, fmt.Sprintf("%s %s: %s", d.Level, d.Check, d.Text))
	}
	slices.Sort(found)
	return found
}

func mustFind(t *testing.T, found []string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, w) }) {
			t.Errorf("not found: %s\nin\n%s", w, strings.Join(found, "\n"))
		}
	}
}

// secluded moves the group into a subnet of which nothing gets out, with volumes under a key that only the account's policies open.
func (a *account) secluded(group string) (vpc, subnet, key string) {
	a.t.Helper()
	ctx, compute, keys := a.t.Context(), ec2.NewFromConfig(a.config()), kms.NewFromConfig(a.config())
	made, err := keys.CreateKey(ctx, &kms.CreateKeyInput{Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + a.id + `:root"},"Action":"kms:*","Resource":"*"}]}`)})
	if err != nil {
		a.t.Fatal(err)
	}
	key = aws.ToString(made.KeyMetadata.Arn)
	v, err := compute.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
	if err != nil {
		a.t.Fatal(err)
	}
	s, err := compute.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: v.Vpc.VpcId, CidrBlock: aws.String("10.1.1.0/24"), AvailabilityZone: aws.String(region + "a")})
	if err != nil {
		a.t.Fatal(err)
	}
	if _, err := compute.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateName: aws.String("owners"), SourceVersion: aws.String("1"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{InstanceType: "m5.large", IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: &group},
			BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{KmsKeyId: &key, Encrypted: aws.Bool(true)}}}}}); err != nil {
		a.t.Fatal(err)
	}
	if _, err := compute.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateName: aws.String("owners"), DefaultVersion: aws.String("2")}); err != nil {
		a.t.Fatal(err)
	}
	if _, err := autoscaling.NewFromConfig(a.config()).UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &group, VPCZoneIdentifier: s.Subnet.SubnetId}); err != nil {
		a.t.Fatal(err)
	}
	return aws.ToString(v.Vpc.VpcId), aws.ToString(s.Subnet.SubnetId), key
}

// mended does what the doctor's remedies say.
func (a *account) mended(vpc, subnet, key string) {
	a.t.Helper()
	ctx, compute := a.t.Context(), ec2.NewFromConfig(a.config())
	if _, err := kms.NewFromConfig(a.config()).CreateGrant(ctx, &kms.CreateGrantInput{KeyId: &key,
		GranteePrincipal: aws.String("arn:aws:iam::" + a.id + ":role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"),
		Operations:       []kmstypes.GrantOperation{kmstypes.GrantOperationDecrypt, kmstypes.GrantOperationGenerateDataKeyWithoutPlaintext, kmstypes.GrantOperationCreateGrant}}); err != nil {
		a.t.Fatal(err)
	}
	tables, err := compute.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}}})
	if err != nil || len(tables.RouteTables) != 1 {
		a.t.Fatalf("route tables of %s: %v", vpc, err)
	}
	for _, in := range []*ec2.CreateVpcEndpointInput{
		{VpcId: &vpc, ServiceName: aws.String("com.amazonaws." + region + ".s3"), RouteTableIds: []string{aws.ToString(tables.RouteTables[0].RouteTableId)}},
		{VpcId: &vpc, ServiceName: aws.String("com.amazonaws." + region + ".sns"), VpcEndpointType: types.VpcEndpointTypeInterface, SubnetIds: []string{subnet}, PrivateDnsEnabled: aws.Bool(true)},
	} {
		if _, err := compute.CreateVpcEndpoint(ctx, in); err != nil {
			a.t.Fatal(err)
		}
	}
}

func TestTheDoctorFindsWhatAGroupLacksAndThatItWasMended(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.group("web")
	vpc, subnet, key := a.secluded("web")
	mustFind(t, a.examined(true), "ok credentials: account "+a.id, "ok region: us-east-1", "warning service-linked role: AWSServiceRoleForEC2Spot is missing", "ok predecessor: ", "ok group web: would be served",
		"problem key of web: EC2's role for spot may not use "+key, "ok key of web: the function may use "+key,
		"warning network of web: "+subnet+" has no way out, and no endpoint for SNS in "+vpc)
	a.mended(vpc, subnet, key)
	mustFind(t, a.examined(false), "ok key of web: EC2's role for spot may use "+key+", by a grant", "ok network of web: SNS and S3 are reached through endpoints")
}

// The emulator does not know SimulatePrincipalPolicy: the roles that the stack lists stand for it, as they do for whoever may not ask.
func TestTheDoctorKnowsWhichRolesTheInstalledFunctionMayGive(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.group("web")
	a.up("v1")
	a.answer = func(r *http.Request, body []byte) (int, string) {
		return instead("SimulatePrincipalPolicy", 403, "AccessDenied", "User me is not authorized to perform: iam:SimulatePrincipalPolicy")(r, body)
	}
	mustFind(t, a.examined(false), "warning installer: cannot be asked: not allowed", "warning pass role: IAM cannot be asked what the function may do", "ok group web: would be served")
	a.up("v1", "--parameter", "InstanceRoleArns=arn:aws:iam::"+a.id+":role/other")
	mustFind(t, a.examined(true), "problem group web: the function may not give arn:aws:iam::"+a.id+":role/web")
	a.answer = func(r *http.Request, body []byte) (int, string) { return simulated(r, body) }
	mustFind(t, a.examined(false), "ok installer: may change the stack", "ok pass role: asked IAM", "ok group web: would be served")
}

// simulated is IAM's answer that all is allowed, as its API reference shows it.
func simulated(r *http.Request, body []byte) (int, string) {
	if action(r, body) != "SimulatePrincipalPolicy" {
		return 0, ""
	}
	return 200, `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member>` +
		`<EvalActionName>iam:PassRole</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>allowed</EvalDecision></member></EvaluationResults></SimulatePrincipalPolicyResult>` +
		`<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></SimulatePrincipalPolicyResponse>`
}
