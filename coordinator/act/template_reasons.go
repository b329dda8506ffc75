package act

import (
	"strings"

	"autospotting/pkg/lazyregexp"
)

// remedies give names to what keeps a template from being launched, and say what helps. They are compared in order, a
// code as a prefix and words anywhere (aws-facts 2.2, 2.3; EC2 API reference, "error codes").
// Where early is set the word of a rehearsal is enough; the rest may be otherwise for a fleet's own launch.
var remedies = []struct {
	early                     bool
	code, words, name, remedy string
}{
	{true, "AuthFailure.ServiceLinkedRoleCreationNotPermitted", "", "no service-linked role for spot",
		"run once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com"},
	{true, "", "iam:PassRole", "the coordinator may not pass the role of the instance profile",
		"run bin/spotctl up again, which lists the roles of the groups in scope; without it allow the coordinator's role iam:PassRole on it, for ec2.amazonaws.com"},
	{true, "UnauthorizedOperation", "CreateServiceLinkedRole", "no service-linked role for spot",
		"run once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com"},
	{false, "UnauthorizedOperation", "", "a permission is missing", "allow the coordinator's role the action that the message names"},
	{false, "MaxSpotInstanceCountExceeded", "", "the spot quota is used up", "raise the vCPU quota of spot requests for this class of types in Service Quotas"},
	{false, "VcpuLimitExceeded", "", "the on-demand quota is used up", "raise the vCPU quota of on-demand instances for this class of types in Service Quotas"},
	{false, "InstanceLimitExceeded", "", "the instance quota is used up", "raise the quota in Service Quotas"},
	{true, "", "KMS", "the key of a volume cannot be used",
		"let its key policy, or a grant, allow AWSServiceRoleForEC2Spot: aws kms create-grant --key-id KEY --grantee-principal arn:aws:iam::ACCOUNT:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot --operations Decrypt Encrypt GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo CreateGrant DescribeKey"},
	{false, "Client.InternalError", "", "the key of a volume cannot be used", "see that its key policy allows AWSServiceRoleForEC2Spot"},
	{true, "InvalidAMIID", "", "the image is gone or not shared with this account", "name another image in the group's template"},
	{true, "InvalidKeyPair", "", "the key pair is gone", "name another key pair in the group's template, or none"},
	{true, "InvalidGroup", "", "a security group is gone", "name another in the group's template"},
	{true, "InvalidSecurityGroupID", "", "a security group is gone", "name another in the group's template"},
	{true, "InvalidSubnetID", "", "a subnet is gone", "take it out of the group"},
	{true, "InvalidSnapshot", "", "a snapshot is gone", "name another in the group's template"},
	{true, "InvalidUserData", "", "the user data cannot be read", "encode it in base64 once, 16 KB at most before that"},
	{true, "", "Invalid IAM Instance Profile", "the instance profile is gone", "name another in the group's template"},
	{true, "OptInRequired", "", "the image needs a subscription", "accept its terms in AWS Marketplace"},
	{true, "PendingVerification", "", "AWS still verifies the account", "wait for its mail"},
	{false, "InvalidParameterValue", "metadata", "a tag key cannot be shown in instance metadata",
		"rename the key to letters, digits and + - = . , _ : @, or turn instance metadata tags off in the group's template"},
	{false, "InvalidParameterCombination", "", "the template contradicts itself for spot", "change what the message names in the group's template"},
	{false, "InvalidParameterValue", "", "a value of the template is not accepted", "change what the message names in the group's template"},
	{false, "UnsupportedOperation", "", "the template asks for what spot does not do", "change what the message names in the group's template"},
}

// encoded is the part of an authorization failure that only its account can read, and nobody wants in a tag.
var encoded = lazyregexp.New(`\s*Encoded authorization failure message: \S+`)

// mostSaid is how many bytes of what AWS said are kept: records and tags have no room for all of it.
const mostSaid = 600

// explain puts name and remedy before what AWS said, a code and a text, where there are such; early as above.
func explain(detail string) (text string, early bool) {
	code, _, _ := strings.Cut(detail, ":")
	short := encoded.ReplaceAllString(detail, "")
	if len(short) > mostSaid {
		short = strings.ToValidUTF8(short[:mostSaid], "") + "…"
	}
	for _, r := range remedies {
		if strings.HasPrefix(code, r.code) && strings.Contains(detail, r.words) {
			return r.name + ": " + r.remedy + " (" + short + ")", r.early
		}
	}
	return short, false
}
