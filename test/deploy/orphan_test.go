package deploy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// orphan is an instance of ours that is in no group.
func (a *account) orphan() (id string) {
	a.t.Helper()
	return a.launched(a.ourTemplate("web"))
}

// launched is an instance with our tags, of some fleet, that was launched from that template.
func (a *account) launched(template string) (id string) {
	a.t.Helper()
	tags := []types.Tag{{Key: aws.String("autospotting-group"), Value: aws.String("web")}, {Key: aws.String("autospotting-launch"), Value: aws.String("n")}, {Key: aws.String("aws:ec2:fleet-id"), Value: aws.String("fleet-1")}}
	out, err := ec2.NewFromConfig(a.config()).RunInstances(a.t.Context(), &ec2.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ImageId: aws.String("ami-12c6146b"), InstanceType: "m5.large",
		LaunchTemplate:    &types.LaunchTemplateSpecification{LaunchTemplateId: &template, Version: aws.String("1")},
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeInstance, Tags: tags}}})
	if err != nil {
		a.t.Fatal(err)
	}
	return aws.ToString(out.Instances[0].InstanceId)
}

func (a *account) instance(id string) types.Instance {
	a.t.Helper()
	out, err := ec2.NewFromConfig(a.config()).DescribeInstances(a.t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		a.t.Fatal(err)
	}
	return out.Reservations[0].Instances[0]
}

func TestDownRefusesWhileAnInstanceOfOursIsInNoGroupUnlessItIsForced(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.up("v1")
	id := a.orphan()
	_, said, err := a.deploy("down", "--yes")
	if err == nil || !strings.Contains(said, "terminate-instances --region "+region+" --instance-ids "+id) || !strings.Contains(said, "--force") {
		t.Fatalf("it said (%v) %s", err, said)
	}
	if len(a.instance(id).Tags) != 5 || a.variable("AUTOSPOTTING_TABLE") == "" {
		t.Error("something is removed")
	}
	if _, said := a.must("down", "--yes", "--force"); strings.Count(said, "billing until you end them") != 2 || !strings.Contains(said, "left running, and billing until you end them: "+id) {
		t.Errorf("forced, it said %s", said)
	}
	if i := a.instance(id); len(i.Tags) != 3 || i.State.Name != types.InstanceStateNameRunning {
		t.Errorf("left is %v with the tags %v", i.State.Name, i.Tags)
	}
}

// Tags are anybody's to copy: an instance of an owner's own fleet that has ours keeps nobody from leaving, and stays as it is.
func TestDownLeavesAFleetOfTheOwnersWithOurTagsAlone(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.up("v1")
	a.group("web")
	made, err := ec2.NewFromConfig(a.config()).CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("fleet"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{InstanceType: "m5.large"}, TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeLaunchTemplate,
			Tags: []types.Tag{{Key: aws.String("autospotting-group"), Value: aws.String("web")}}}}})
	if err != nil {
		t.Fatal(err)
	}
	id := a.launched(aws.ToString(made.LaunchTemplate.LaunchTemplateId))
	if _, said := a.must("down", "--yes"); !strings.Contains(said, "not known to be ours: "+id) {
		t.Errorf("it said %s", said)
	}
	if i := a.instance(id); len(i.Tags) != 5 || i.State.Name != types.InstanceStateNameRunning {
		t.Errorf("left is %v with the tags %v", i.State.Name, i.Tags)
	}
	if left := strings.Join(a.resources(t.Context()), "\n"); !strings.Contains(left, "fleet") {
		t.Errorf("the owner's template is gone, left is %s", left)
	}
}

// An invocation that was under way at the question may have launched something by the time the function is stopped.
func TestAnInstanceThatWasLaunchedDuringTheQuestionStopsTheRemoval(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.up("v1")
	launched := false
	a.answer = func(r *http.Request, _ []byte) (int, string) {
		if switches(r) && !launched {
			launched = true
			a.orphan()
		}
		return 0, ""
	}
	if _, said, err := a.deploy("down", "--yes"); err == nil || !strings.Contains(said, "are in no group") || !strings.Contains(said, "the function listens again") {
		t.Errorf("it said (%v) %s", err, said)
	}
}
