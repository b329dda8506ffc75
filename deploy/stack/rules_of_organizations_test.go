package stack

import (
	"maps"
	"strings"
	"testing"
)

// ruled are what an organization asks of roles.
var ruled = map[string]any{"PermissionsBoundaryArn": "arn:aws:iam::" + account + ":policy/bounds", "RolePath": "/team/", "RoleNamePrefix": strings.Repeat("p", 24), "OrganizationId": organization}

// named are the properties that name what IAM has, and how long a name may be (IAM user guide, "IAM and AWS STS quotas").
var iamNames = map[string]struct {
	property string
	most     int
}{"AWS::IAM::Role": {"RoleName", 64}, "AWS::IAM::ManagedPolicy": {"ManagedPolicyName", 128}, "AWS::IAM::InstanceProfile": {"InstanceProfileName", 128}}

func TestEveryRoleKeepsTheOrganizationsRules(t *testing.T) {
	t.Parallel()
	for name, least := range map[string]int{Autospotting: 6, Generator: 1} {
		with := maps.Clone(ruled)
		if name == Autospotting {
			with["UpdateChannel"], with["UpdateKeys"] = "s3://releases/channel/stable.json", strings.Repeat("A", 43)+"="
		}
		asked, unasked := deploy(t, name, with), deploy(t, name, nil)
		seen := map[string]bool{}
		for _, id := range asked.of("") {
			kind := asked.resources[id].Type
			if !strings.HasPrefix(kind, "AWS::IAM::") {
				continue
			}
			is, ok := iamNames[kind]
			if !ok {
				t.Errorf("%s: how is a %s named?", id, kind)
				continue
			}
			p, without := asked.properties(id), unasked.properties(id)
			called, _ := p[is.property].(string)
			longest := strings.ReplaceAll(called, region, "ap-northeast-1")
			if !strings.HasPrefix(called, ruled["RoleNamePrefix"].(string)) || !strings.Contains(called, region) || len(longest) > is.most || seen[kind+called] {
				t.Errorf("%s is called %q: want the prefix, the region, since IAM has names once in an account, and another name than the rest", id, called)
			}
			seen[kind+called] = true
			if p["Path"] != "/team/" {
				t.Errorf("%s has the path %v", id, p["Path"])
			}
			if kind == "AWS::IAM::Role" && p["PermissionsBoundary"] != ruled["PermissionsBoundaryArn"] {
				t.Errorf("%s is bounded by %v", id, p["PermissionsBoundary"])
			}
			// What was installed before such rules were known is not made anew.
			if without[is.property] != nil || without["Path"] != nil || without["PermissionsBoundary"] != nil {
				t.Errorf("%s has unasked %v, %v, %v", id, without[is.property], without["Path"], without["PermissionsBoundary"])
			}
		}
		if len(seen) < least {
			t.Errorf("%s: only %d names were looked at", name, len(seen))
		}
	}
}

func TestTheBucketNeedsNoPublicAccessSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		with   map[string]any
		block  any // BlockPublicPolicy, nil for no settings at all
		policy bool
	}{
		{"as ever", nil, false, false},
		{"in an organization, whose id S3 does not take for the public", map[string]any{"OrganizationId": organization}, true, true},
		{"for this account alone", map[string]any{"OrganizationId": organization, "BucketReaders": "account"}, true, true},
		{"where settings are forbidden", map[string]any{"OrganizationId": organization, "BucketPublicAccess": "leave"}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t, Artifacts, c.with)
			if got := at(d.properties("Bucket"), "PublicAccessBlockConfiguration", "BlockPublicPolicy"); got != c.block {
				t.Errorf("BlockPublicPolicy is %v, want %v", got, c.block)
			}
			each(d.policies("BucketPolicy"), func(s map[string]any) {
				if s["Effect"] == "Allow" && (at(s, "Condition", "StringEquals", "aws:PrincipalOrgID") == organization) != c.policy {
					t.Errorf("%s: whom it allows is %v", s["Sid"], s["Condition"])
				}
			})
		})
	}
}

func TestTheBucketsKeyIsTheCustomers(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:" + region + ":" + account + ":key/1"
	rule := func(with map[string]any) any {
		return at(deploy(t, Artifacts, with).properties("Bucket"), "BucketEncryption", "ServerSideEncryptionConfiguration", 0)
	}
	own, theirs := rule(nil), rule(map[string]any{"BucketKMSKeyArn": key})
	if at(own, "ServerSideEncryptionByDefault", "SSEAlgorithm") != "AES256" || at(theirs, "ServerSideEncryptionByDefault", "SSEAlgorithm") != "aws:kms" ||
		at(theirs, "ServerSideEncryptionByDefault", "KMSMasterKeyID") != key || at(theirs, "BucketKeyEnabled") != true {
		t.Errorf("%v, %v", own, theirs)
	}
}
