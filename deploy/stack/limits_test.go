package stack

import (
	"encoding/json"
	"fmt"
	"regexp"
	"testing"
)

// whole is a template with all that it can make.
func whole(t testing.TB, name string) deployed {
	if name == Autospotting {
		return everything(t)
	}
	if name == Artifacts {
		return deploy(t, name, map[string]any{"OrganizationId": "o-abcdefghij"})
	}
	return deploy(t, name, nil)
}

// size counts the characters of policies as IAM does, which leaves out white space.
func (d deployed) size(t testing.TB, documents ...any) (n int) {
	t.Helper()
	for _, document := range documents {
		b, err := json.Marshal(d.document(document))
		if err != nil {
			t.Fatal(err)
		}
		n += len(b)
	}
	return n
}

// IAM counts a role's own policies together, a managed one by itself (IAM user guide, "IAM and AWS STS quotas"). Nobody can raise these
// numbers but the trust policy's, up to 4,096, and the managed policies of a role, up to 25. Names of stack, region and partition may be
// longer than here: hence the reserve.
func TestThePoliciesFitIntoIAM(t *testing.T) {
	t.Parallel()
	const ownPolicies, managed, trust, attached, reserve, trustReserve, longRoleARN = 10240, 6144, 2048, 10, 1500, 500, 110
	roles := 0
	for _, name := range Names() {
		d := whole(t, name)
		for _, id := range d.of("AWS::IAM::Role") {
			roles++
			p := d.resources[id].Properties
			var own []any
			for _, one := range list(p["Policies"]) {
				own = append(own, at(one, "PolicyDocument"))
			}
			if n := d.size(t, own...); n > ownPolicies-reserve {
				t.Errorf("%s: %d characters of %d", id, n, ownPolicies)
			}
			if n := d.size(t, p["AssumeRolePolicyDocument"]); n > trust-trustReserve {
				t.Errorf("%s is trusted in %d characters of %d", id, n, trust)
			}
			if n := len(list(p["ManagedPolicyArns"])); n > attached {
				t.Errorf("%s has %d managed policies of %d", id, n, attached)
			}
		}
		for _, id := range d.of("AWS::IAM::ManagedPolicy") {
			if n := d.size(t, d.resources[id].Properties["PolicyDocument"]); (managed-n)/longRoleARN < 50 {
				t.Errorf("%s: %d characters of %d leave room for %d roles", id, n, managed, (managed-n)/longRoleARN)
			}
		}
		for _, id := range d.of("AWS::IAM::InstanceProfile") {
			if n := len(list(d.resources[id].Properties["Roles"])); n != 1 {
				t.Errorf("%s has %d roles, and takes one", id, n)
			}
		}
	}
	if roles < 5 {
		t.Errorf("only %d roles were looked at", roles)
	}
}

// The policies of what is no role have limits of their own: SNS developer guide, "Amazon SNS endpoints and quotas"; SQS, "Quotas related to
// policies"; S3 user guide, "Bucket policies"; KMS developer guide, "Resource quotas".
func TestThePoliciesOfResourcesFit(t *testing.T) {
	t.Parallel()
	most := map[string]int{"AWS::SNS::TopicPolicy": 30 << 10, "AWS::SQS::QueuePolicy": 8 << 10, "AWS::S3::BucketPolicy": 20 << 10, "AWS::KMS::Key": 32 << 10}
	seen := map[string]bool{}
	for _, name := range Names() {
		d := whole(t, name)
		for _, id := range d.of("") {
			kind := d.resources[id].Type
			for _, document := range d.policies(id) {
				limit, known := most[kind]
				if !known {
					continue
				}
				seen[kind] = true
				if n := d.size(t, document); n > limit*3/4 {
					t.Errorf("%s: %d characters of %d", id, n, limit)
				}
			}
		}
	}
	if len(seen) != len(most) {
		t.Errorf("only %v were looked at", seen)
	}
}

var (
	policyName = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`) // IAM API reference, PutRolePolicy
	sid        = regexp.MustCompile(`^[0-9A-Za-z]*$`)      // IAM user guide, "IAM JSON policy elements: Sid"
)

func TestTheNamesInPoliciesAreThoseThatIAMTakes(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		d := whole(t, name)
		for _, id := range d.of("") {
			own := map[string]bool{}
			for _, p := range list(d.resources[id].Properties["Policies"]) {
				n := fmt.Sprint(at(p, "PolicyName"))
				if !policyName.MatchString(n) || own[n] {
					t.Errorf("%s: policy %q", id, n)
				}
				own[n] = true
			}
			for _, document := range d.policies(id) {
				here := map[string]bool{}
				for _, s := range list(document["Statement"]) {
					n, _ := at(s, "Sid").(string)
					if !sid.MatchString(n) || n != "" && here[n] {
						t.Errorf("%s: statement %q", id, n)
					}
					here[n] = true
				}
			}
		}
	}
}

// CloudFormation user guide, "CloudFormation quotas". A template is sent by its address in the bucket; the bucket's own, and the
// generator's, which nothing is there for yet, in the request.
func TestTheTemplatesFitIntoCloudFormation(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		d := whole(t, name)
		text, err := Inline(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.text) > MaxStored {
			t.Errorf("%s has %d bytes, S3 may have %d", name, len(d.text), MaxStored)
		}
		if len(text) > MaxInline {
			t.Errorf("%s has %d bytes, a request takes %d", name, len(text), MaxInline)
		}
		t.Logf("%s: %d bytes, in a request %d of %d", name, len(d.text), len(text), MaxInline)
		for what, n := range map[string][2]int{"resources": {len(d.resources), 500}, "parameters": {len(d.parameters), 200}, "outputs": {len(d.outputs), 200}} {
			if n[0] > n[1] {
				t.Errorf("%s has %d %s of %d", name, n[0], what, n[1])
			}
		}
		for p, of := range d.parameters {
			if v := fmt.Sprint(of["Default"]); len(v) > 4096 || len(p) > 255 || len(fmt.Sprint(of["Description"])) > 4000 {
				t.Errorf("%s: parameter %s is longer than CloudFormation takes", name, p)
			}
		}
		// CloudFormation gives other characters back as question marks, and what it gives back is held against what was sent.
		for i, c := range []byte(d.text) {
			if c >= 0x80 || c == '\r' {
				t.Fatalf("%s: byte %d is %#x", name, i, c)
			}
		}
	}
}

// Lambda takes 4 KB of environment (Lambda developer guide, "Lambda quotas"). What owners write into settings comes on top.
func TestTheEnvironmentsFitIntoLambda(t *testing.T) {
	t.Parallel()
	d := everything(t)
	for _, id := range d.of("AWS::Lambda::Function") {
		n := 0
		variables, _ := at(d.properties(id), "Environment", "Variables").(map[string]any)
		for k, v := range variables {
			n += len(k) + len(fmt.Sprint(v))
		}
		if n == 0 || n > 4096-1500 {
			t.Errorf("%s: %d characters of 4096", id, n)
		}
	}
}
