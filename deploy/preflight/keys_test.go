package preflight

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"autospotting/coordinator/settings"
	"autospotting/deploy/estate"
)

const (
	delegates  = `{"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}`
	letsSpot   = `{"Sid": "Spot", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::123456789012:role/other", "` + spotRole + `"]}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:CreateGrant"], "Resource": "*"}`
	throughEC2 = `{"Sid": "ThroughEC2", "Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:CreateGrant"], "Resource": "*",
		"Condition": {"StringEquals": {"kms:CallerAccount": "123456789012", "kms:ViaService": "ec2.eu-west-1.amazonaws.com"}}}`
)

func statementsOf(all ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(all, ",") + `]}`
}

func grant(to string, operations ...kmstypes.GrantOperation) kmstypes.GrantListEntry {
	return kmstypes.GrantListEntry{GranteePrincipal: aws.String(to), Operations: operations}
}

func TestWhoMayUseAGroupsKeyIsReadFromItsPolicyAndItsGrants(t *testing.T) {
	whole := []kmstypes.GrantOperation{kmstypes.GrantOperationDecrypt, kmstypes.GrantOperationGenerateDataKeyWithoutPlaintext, kmstypes.GrantOperationCreateGrant}
	narrow := grant(spotRole, whole...)
	narrow.Constraints = &kmstypes.GrantConstraints{EncryptionContextEquals: map[string]string{"aws:ebs:id": "vol-1"}}
	spotMay, functionMay := "ok EC2's role for spot may use "+key, "ok the function may use "+key
	spotMayNot := "problem EC2's role for spot may not use " + key
	for _, one := range []struct {
		name   string
		policy string
		grants []kmstypes.GrantListEntry
		want   []string
	}{
		{"the default policy lets only the account's policies count, of which EC2's role has none", statementsOf(delegates), nil, []string{spotMayNot, functionMay}},
		{"a policy of one statement that is no list", `{"Statement": ` + delegates + `}`, nil, []string{spotMayNot, functionMay}},
		{"a policy that names EC2's role", statementsOf(delegates, letsSpot), nil, []string{spotMay, functionMay}},
		{"a policy for everybody of the account through EC2", statementsOf(throughEC2), nil, []string{spotMay, functionMay}},
		{"the same for another region", statementsOf(strings.ReplaceAll(throughEC2, "eu-west-1", "eu-west-2")), nil,
			[]string{`warning whether EC2's role for spot may use ` + key + ` hangs on a condition that is not decided here, in the statement "ThroughEC2"`,
				`warning whether the function may use ` + key + ` hangs on a condition that is not decided here, in the statement "ThroughEC2"`}},
		{"one of the actions is missing", statementsOf(delegates, strings.ReplaceAll(letsSpot, `"kms:Decrypt", `, "")), nil, []string{spotMayNot, functionMay}},
		{"grants for AWS's own use only, which this is", statementsOf(delegates, strings.ReplaceAll(letsSpot, `"Resource"`, `"Condition": {"Bool": {"kms:GrantIsForAWSResource": true}}, "Resource"`)), nil, []string{spotMay, functionMay}},
		{"a deny", statementsOf(delegates, letsSpot, `{"Effect": "Deny", "Principal": "*", "Action": "kms:CreateGrant"}`), nil, []string{spotMayNot, "problem the function may not use"}},
		{"a deny under a condition", statementsOf(delegates, letsSpot, `{"Sid": "Not", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}`), nil,
			[]string{`warning whether EC2's role for spot may use ` + key + ` hangs on a condition that is not decided here, in the statement "Not"`, "warning whether the function"}},
		{"everybody but some", statementsOf(`{"Sid": "But", "Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:user/x"}, "Action": "kms:*"}`), nil, []string{"warning whether EC2's role", "warning whether the function"}},
		{"a grant", statementsOf(delegates), []kmstypes.GrantListEntry{grant("arn:aws:iam::123456789012:role/other", whole...), grant(spotRole, whole...)}, []string{spotMay + ", by a grant", functionMay}},
		{"several grants together", statementsOf(delegates), []kmstypes.GrantListEntry{grant(spotRole, whole[0]), grant(spotRole, whole[1:]...)}, []string{spotMay + ", by a grant", functionMay}},
		{"a grant of too little", statementsOf(delegates), []kmstypes.GrantListEntry{grant(spotRole, whole[:2]...)}, []string{spotMayNot, functionMay}},
		{"a grant for one volume", statementsOf(delegates), []kmstypes.GrantListEntry{narrow}, []string{spotMayNot, functionMay}},
		{"a grant to another", statementsOf(delegates), []kmstypes.GrantListEntry{grant("arn:aws:iam::123456789012:role/other", whole...)}, []string{spotMayNot, functionMay}},
		{"nothing is let", statementsOf(), nil, []string{spotMayNot, "problem the function may not use"}},
		{"a policy that is none", "[", nil, []string{"warning the policy of " + key + " cannot be read"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			c, e := ready()
			c.policy, c.grants = one.policy, one.grants
			c.keys = map[string]kmstypes.KeyMetadata{key: ours(key)}
			groupWith(e, estate.Group{Name: "web", Keys: []string{key}})
			expect(t, e.Run(t.Context()), "key of web", one.want...)
		})
	}
}

func ours(arn string) kmstypes.KeyMetadata {
	return kmstypes.KeyMetadata{Arn: aws.String(arn), AWSAccountId: aws.String(account), KeyManager: kmstypes.KeyManagerTypeCustomer, KeyState: kmstypes.KeyStateEnabled}
}

func groupWith(e *Examination, g estate.Group) {
	g.Profile, g.Role = "web", web
	e.Groups = func(context.Context, settings.Scope) ([]estate.Group, error) { return []estate.Group{g}, nil }
}

func TestWhatCannotBeKnownOfAKeyIsSaid(t *testing.T) {
	for _, one := range []struct {
		name    string
		prepare func(*cloud, *Examination)
		want    []string
	}{
		{"AWS's own key", func(c *cloud, _ *Examination) {
			m := ours(key)
			m.KeyManager = kmstypes.KeyManagerTypeAws
			c.keys[key] = m
		}, []string{"ok AWS's own key"}},
		{"a key that is switched off", func(c *cloud, _ *Examination) {
			m := ours(key)
			m.KeyState = kmstypes.KeyStateDisabled
			c.keys[key] = m
		}, []string{"problem " + key + " is Disabled"}},
		{"a key of another account", func(c *cloud, _ *Examination) {
			m := ours(key)
			m.AWSAccountId = aws.String("999999999999")
			c.keys[key] = m
		}, []string{"warning " + key + " is account 999999999999's"}},
		{"a key that cannot be looked at", func(c *cloud, _ *Examination) { c.refused = "DescribeKey" }, []string{"warning " + key + " cannot be looked at"}},
		{"a policy that cannot be read", func(c *cloud, _ *Examination) { c.refused = "GetKeyPolicy" }, []string{"warning the policy of " + key + " cannot be read"}},
		{"grants that cannot be listed", func(c *cloud, _ *Examination) { c.refused = "ListGrants" },
			[]string{"warning the policy of " + key + " does not let EC2's role for spot use it, and its grants cannot be listed", "ok the function"}},
		{"a function that is not there yet", func(c *cloud, e *Examination) { e.Exists, e.Function, c.policy = false, "", statementsOf(letsSpot) },
			[]string{"ok EC2's role", "warning the policy of " + key + " does not let the account's own policies count"}},
	} {
		t.Run(one.name, func(t *testing.T) {
			c, e := ready()
			c.keys, c.policy = map[string]kmstypes.KeyMetadata{key: ours(key)}, statementsOf(delegates)
			groupWith(e, estate.Group{Name: "web", Keys: []string{key}})
			one.prepare(c, e)
			expect(t, e.Run(t.Context()), "key of web", one.want...)
		})
	}
}

// The account's default, or the image, may put a volume under a key that no template names.
func TestTheKeysOfTheVolumesThatThereAreCount(t *testing.T) {
	c, e := ready()
	c.keys = map[string]kmstypes.KeyMetadata{key: ours(key), "alias/web": ours(key)}
	c.policy = statementsOf(delegates, letsSpot)
	c.volumes = map[string]string{}
	var members []string
	for i := range 450 {
		members = append(members, fmt.Sprintf("i-%d", i))
	}
	c.volumes["i-449"] = key
	groupWith(e, estate.Group{Name: "web", Members: members, Keys: []string{"alias/web"}})
	expect(t, e.Run(t.Context()), "key of web", "ok EC2's role for spot may use "+key, "ok the function may use "+key)
	c.refused, e.found = "DescribeVolumes", nil
	expect(t, e.Run(t.Context()), "keys of web", "warning cannot be asked", "warning cannot be asked", "warning cannot be asked")
}

func TestTheRemedyForAKeyIsAGrant(t *testing.T) {
	c, e := ready()
	c.keys, c.policy = map[string]kmstypes.KeyMetadata{key: ours(key)}, statementsOf(delegates)
	groupWith(e, estate.Group{Name: "web", Keys: []string{key}})
	for _, f := range e.Run(t.Context()) {
		if f.Level == Problem && (!strings.Contains(f.Remedy, "aws kms create-grant") || !strings.Contains(f.Remedy, spotRole) || !strings.Contains(f.Remedy, key)) {
			t.Errorf("the remedy is %q", f.Remedy)
		}
	}
}
