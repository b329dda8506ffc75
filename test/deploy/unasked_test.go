package deploy_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// proposed is a first change set of that stack, of a colleague who has not answered yet.
func (a *account) proposed(stack string) {
	a.t.Helper()
	if _, err := cloudformation.NewFromConfig(a.config()).CreateChangeSet(a.t.Context(), &cloudformation.CreateChangeSetInput{StackName: &stack, ChangeSetType: types.ChangeSetTypeCreate,
		ChangeSetName: aws.String("autospotting-deploy-colleague"), TemplateBody: aws.String(`{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`)}); err != nil {
		a.t.Fatal(err)
	}
}

// sets lists the change sets of a stack.
func (a *account) sets(stack string) (names []string) {
	a.t.Helper()
	out, err := cloudformation.NewFromConfig(a.config()).ListChangeSets(a.t.Context(), &cloudformation.ListChangeSetsInput{StackName: &stack})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, s := range out.Summaries {
		names = append(names, aws.ToString(s.ChangeSetName))
	}
	return names
}

func TestNothingIsRemovedBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	release := []string{"--dist", lab.dist, "--version", "v1"}
	for _, c := range []struct {
		name, stack string
		line        []string
	}{
		{"up on trial, beside the bucket's stack of a colleague", "autospotting-artifacts", []string{"up", "--dry-run"}},
		{"up on trial, beside a colleague's up", "autospotting", []string{"up", "--dry-run"}},
		{"upload on trial", "autospotting-artifacts", []string{"upload", "--dry-run"}},
		{"up, where nobody answers", "autospotting-artifacts", []string{"up"}},
		{"upload, where nobody answers", "autospotting-artifacts", []string{"upload"}},
		{"release, where nobody answers", "autospotting-artifacts", []string{"release"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.proposed(c.stack)
			_, said, _ := a.deploy(append(slices.Clone(c.line), release...)...)
			if !strings.Contains(said, "stack "+c.stack+" is REVIEW_IN_PROGRESS") || !strings.Contains(said, "Remove  AWS::CloudFormation::Stack") {
				t.Errorf("it said %s", said)
			}
			if got := a.sets(c.stack); !slices.Equal(got, []string{"autospotting-deploy-colleague"}) {
				t.Errorf("left are the change sets %v", got)
			}
		})
	}
}

func TestATrialOfUpShowsThatAStackIsMadeAnewAndLeavesIt(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.ledger()
	up := []string{"up", "--yes", "--dist", lab.dist, "--version", "v1"}
	if _, _, err := a.deploy(up...); err == nil {
		t.Fatal("it installed beside another")
	}
	out, _ := a.must(append(up, "--dry-run", "--format", "json")...)
	var doc []struct {
		Status  string
		Changes []struct{ Action, Type, Name string }
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || len(doc) != 1 || doc[0].Status != "ROLLBACK_COMPLETE" || len(doc[0].Changes) != 1 || doc[0].Changes[0].Action != "Remove" || doc[0].Changes[0].Name != "autospotting" {
		t.Errorf("it is %s (%v)", out, err)
	}
	if out, _ := a.must("status"); !strings.Contains(out, "ROLLBACK_COMPLETE") {
		t.Errorf("status shows %s", out)
	}
}
