package preflight

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"autospotting/deploy/estate"
)

// keyActions are what is needed of a key to start an instance with a volume under it (EC2 user guide, "Grant access to customer
// managed keys for use with encrypted AMIs and EBS snapshots").
var keyActions = []string{"kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"}

// keys looks at those under which the groups' volumes are: each must let EC2's role for spot use it, and the function.
func (e *Examination) keys(ctx context.Context, groups []estate.Group) {
	of := e.keysOf(ctx, groups)
	seen := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		check := "key of " + strings.Join(of[id], ", ")
		out, err := e.KMS.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(id)})
		if err != nil || out.KeyMetadata == nil {
			e.say(Warning, check, fmt.Sprintf("%s cannot be looked at, so who may use it is not known: %s", id, e.explained(err)), "")
			continue
		}
		if m := out.KeyMetadata; !seen[aws.ToString(m.Arn)] {
			seen[aws.ToString(m.Arn)] = true
			e.key(ctx, check, m)
		}
	}
}

func (e *Examination) explained(err error) string {
	if err == nil {
		return "no answer"
	}
	return e.Explain(err)
}

// keysOf lists the keys with the names of the groups: those of the templates, and those of the volumes that there are, which may
// come from the image or from the account's default.
func (e *Examination) keysOf(ctx context.Context, groups []estate.Group) map[string][]string {
	of := map[string][]string{}
	note := func(key, group string) {
		if key != "" && !slices.Contains(of[key], group) {
			of[key] = append(of[key], group)
		}
	}
	for _, g := range groups {
		for _, key := range g.Keys {
			note(key, g.Name)
		}
		for members := range slices.Chunk(g.Members, 200) {
			in := &ec2.DescribeVolumesInput{Filters: []ec2types.Filter{{Name: aws.String("attachment.instance-id"), Values: members}}}
			for {
				page, err := e.EC2.DescribeVolumes(ctx, in)
				if err != nil {
					e.unasked("keys of "+g.Name, err)
					break
				}
				for _, v := range page.Volumes {
					note(aws.ToString(v.KmsKeyId), g.Name)
				}
				if in.NextToken = page.NextToken; in.NextToken == nil {
					break
				}
			}
		}
	}
	return of
}

func (e *Examination) key(ctx context.Context, check string, m *types.KeyMetadata) {
	arn := aws.ToString(m.Arn)
	switch {
	case m.KeyManager == types.KeyManagerTypeAws:
		e.say(OK, check, "AWS's own key for volumes: nobody needs a right to it", "")
		return
	case m.KeyState != types.KeyStateEnabled:
		e.say(Problem, check, fmt.Sprintf("%s is %s: instances end while they start", arn, m.KeyState), "aws kms enable-key --key-id "+arn)
		return
	case aws.ToString(m.AWSAccountId) != e.Account:
		e.say(Warning, check, fmt.Sprintf("%s is account %s's: its policy cannot be read from here", arn, aws.ToString(m.AWSAccountId)),
			"its owner must let EC2's role for spot and the function use it, or grant it: docs/iam.md, A key of your own")
		return
	}
	p, err := e.policyOf(ctx, arn)
	if err != nil {
		e.say(Warning, check, "the policy of "+arn+" cannot be read, so who may use it is not known: "+e.Explain(err), "")
		return
	}
	spot := who{arn: fmt.Sprintf("arn:%s:iam::%s:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot", partitionOf(arn), e.Account), account: e.Account, region: e.Region}
	e.mayUse(ctx, check, arn, p, spot, "EC2's role for spot")
	// The function's own policy has the actions, through EC2: docs/iam.md, EncryptVolumes and LetVolumesBeAttached.
	function := who{account: e.Account, region: e.Region, own: true}
	if role, err := e.functionRole(ctx); err == nil {
		function.arn = role
	}
	e.mayUse(ctx, check, arn, p, function, "the function")
}

func (e *Examination) policyOf(ctx context.Context, key string) (p policy, err error) {
	out, err := e.KMS.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &key, PolicyName: aws.String("default")})
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal([]byte(aws.ToString(out.Policy)), &p); err != nil {
		return p, fmt.Errorf("read it: %w", err)
	}
	return p, nil
}

// mayUse says whether somebody may use the key, by its policy or by grants.
func (e *Examination) mayUse(ctx context.Context, check, key string, p policy, w who, name string) {
	v, hangs := p.lets(w, keyActions)
	if v == yes {
		e.say(OK, check, name+" may use "+key, "")
		return
	}
	granted, err := e.granted(ctx, key, w.arn)
	switch {
	case err == nil && granted:
		e.say(OK, check, name+" may use "+key+", by a grant", "")
	case v == perhaps:
		e.say(Warning, check, fmt.Sprintf("whether %s may use %s hangs on a condition that is not decided here, in the statement %q of its policy", name, key, hangs), "")
	case err != nil:
		e.say(Warning, check, fmt.Sprintf("the policy of %s does not let %s use it, and its grants cannot be listed: %s", key, name, e.Explain(err)), "")
	case w.arn == "":
		e.say(Warning, check, fmt.Sprintf("the policy of %s does not let the account's own policies count: %s must be named in it once it is installed", key, name), "")
	default:
		e.say(Problem, check, fmt.Sprintf("%s may not use %s: spot instances end while they start", name, key),
			fmt.Sprintf("aws kms create-grant --region %s --key-id %s --grantee-principal %s --operations Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext CreateGrant DescribeKey ReEncryptFrom ReEncryptTo", e.Region, key, w.arn))
	}
}

// granted tells whether grants that ask for no encryption context give somebody all that is needed.
func (e *Examination) granted(ctx context.Context, key, grantee string) (bool, error) {
	if grantee == "" {
		return false, nil
	}
	var may []string
	in := &kms.ListGrantsInput{KeyId: &key, GranteePrincipal: &grantee}
	for {
		page, err := e.KMS.ListGrants(ctx, in)
		if err != nil {
			return false, err
		}
		for _, g := range page.Grants {
			if c := g.Constraints; aws.ToString(g.GranteePrincipal) != grantee || c != nil && len(c.EncryptionContextEquals)+len(c.EncryptionContextSubset) > 0 {
				continue
			}
			for _, op := range g.Operations {
				may = append(may, "kms:"+string(op))
			}
		}
		if !page.Truncated {
			break
		}
		in.Marker = page.NextMarker
	}
	return !slices.ContainsFunc(keyActions, func(a string) bool { return !slices.Contains(may, a) }), nil
}
