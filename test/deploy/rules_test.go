package deploy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// tags are those of a stack.
func (a *account) tags(stack string) map[string]string {
	a.t.Helper()
	out, err := cloudformation.NewFromConfig(a.config()).DescribeStacks(a.t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
	if err != nil {
		a.t.Fatal(err)
	}
	tags := map[string]string{}
	for _, t := range out.Stacks[0].Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags
}

func TestWhatIsInstalledUnderRulesKeepsThem(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	bounds := "arn:aws:iam::" + a.id + ":policy/bounds"
	a.up("v1", "--tag", "CostCenter=42", "--tag", "owner=Team A", "--parameter", "PermissionsBoundaryArn="+bounds, "--parameter", "RolePath=/team/", "--parameter", "RoleNamePrefix=team-",
		"--parameter", "OrganizationId=o-abcdefghij", "--parameter", "BucketReaders=account", "--parameter", "BucketPublicAccess=leave")
	roles, err := iam.NewFromConfig(a.config()).ListRoles(t.Context(), &iam.ListRolesInput{})
	if err != nil || len(roles.Roles) < 3 {
		t.Fatal(roles, err)
	}
	for _, r := range roles.Roles {
		one, err := iam.NewFromConfig(a.config()).GetRole(t.Context(), &iam.GetRoleInput{RoleName: r.RoleName})
		if err != nil {
			t.Fatal(err)
		}
		if b := one.Role.PermissionsBoundary; !strings.HasPrefix(*r.RoleName, "team-") || aws.ToString(r.Path) != "/team/" || b == nil || aws.ToString(b.PermissionsBoundaryArn) != bounds {
			t.Errorf("role %s at %s, bounded by %v", *r.RoleName, aws.ToString(r.Path), b)
		}
	}
	want := map[string]string{"application": "autospotting", "CostCenter": "42", "owner": "Team A"}
	for _, stack := range []string{"autospotting", "autospotting-artifacts"} {
		if got := a.tags(stack); !maps.Equal(got, want) {
			t.Errorf("stack %s is tagged %v", stack, got)
		}
	}
	if got := a.variable("AUTOSPOTTING_RESOURCE_TAGS"); got != "CostCenter=42,owner=Team A" {
		t.Errorf("the function puts %q on what it makes", got)
	}
	// What is not said again is kept; what is, is changed alone.
	a.up("v2")
	a.up("v2", "--tag", "CostCenter=43")
	if got := a.tags("autospotting"); !maps.Equal(got, want) { // the emulator does not take the new value; pkg cfn's tests see it sent
		t.Errorf("updated, it is tagged %v", got)
	}
	if got := a.variable("AUTOSPOTTING_RESOURCE_TAGS"); got != "CostCenter=43,owner=Team A" {
		t.Errorf("updated, the function puts %q on what it makes", got)
	}
	said := a.status()
	if said["RolePath"] != "/team/" || said["RoleNamePrefix"] != "team-" || slices.Contains(slices.Collect(maps.Keys(said)), "BucketReaders") {
		t.Errorf("the stack has %v", said)
	}
	a.must("down", "--yes")
	if left := a.resources(t.Context()); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

func TestATagThatNobodyCouldCarryIsRefusedBeforeAnythingIsDone(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for _, tag := range []string{"CostCenter=4,2", "aws:x=1", "autospotting-group=web", "a=b=c"} {
		if _, said, err := a.deploy("up", "--yes", "--dist", lab.dist, "--version", "v1", "--tag", tag); err == nil || !strings.Contains(said, "bad usage") {
			t.Errorf("%s: %v, %s", tag, err, said)
		}
	}
	if left := a.resources(t.Context()); len(left) > 0 {
		t.Errorf("there are %v", left)
	}
}
