package cloudsim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// aws-facts 2.1: 200 with errors when nothing was launched, one error per option.
func TestAnEmptyFleetIsNotAnError(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	r.NoCapacity("m5a.large", "", true, r.Now().Add(time.Hour))
	out, err := r.fleet(true, 1, func(in *ec2.CreateFleetInput) {
		in.LaunchTemplateConfigs[0].Overrides[1].MaxPrice = aws.String("0.001")
	}, "m5a.large", "m6i.large", "m6g.large", "x9.large")
	must(t, err)
	var codes []string
	for _, e := range out.Errors {
		codes = append(codes, string(e.LaunchTemplateAndOverrides.Overrides.InstanceType)+" "+*e.ErrorCode)
	}
	want := []string{"m5a.large InsufficientInstanceCapacity", "m6i.large SpotMaxPriceTooLow", "m6g.large InvalidParameterValue", "x9.large InvalidParameterValue"}
	for _, w := range want {
		if !strings.Contains(strings.Join(codes, ";"), w) {
			t.Errorf("no error %s in %v", w, codes)
		}
	}
	if len(out.Instances) != 0 || len(out.Errors) != 4 {
		t.Errorf("%d instances, %d errors", len(out.Instances), len(out.Errors))
	}
}

// aws-facts 2.1: a token repeats its first answer, whatever has happened since, and refuses another request.
func TestAClientTokenRepeatsItsAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	with := func(token string) func(*ec2.CreateFleetInput) {
		return func(in *ec2.CreateFleetInput) { in.ClientToken = aws.String(token) }
	}
	a, err := r.fleet(true, 2, with("n1"), "m5a.large")
	must(t, err)
	b, err := r.fleet(true, 2, with("n1"), "m5a.large")
	must(t, err)
	if len(r.Instances()) != 8 || a.Instances[0].InstanceIds[1] != b.Instances[0].InstanceIds[1] {
		t.Errorf("%d instances: the repeated token launched again", len(r.Instances()))
	}
	_, err = r.fleet(true, 1, with("n1"), "m5a.large")
	wantCode(t, err, "IdempotentParameterMismatch", "")
}

// aws-facts 2.1: what a fleet request must hold.
func TestFleetRequestsAreValidated(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	for name, tc := range map[string]struct {
		code   string
		change func(*ec2.CreateFleetInput)
	}{
		"the default type maintain":  {"InvalidParameterValue", func(in *ec2.CreateFleetInput) { in.Type = "" }},
		"no version":                 {"MissingParameter", func(in *ec2.CreateFleetInput) { in.LaunchTemplateConfigs[0].LaunchTemplateSpecification.Version = nil }},
		"two subnets in an override": {"InvalidParameterValue", func(in *ec2.CreateFleetInput) { in.LaunchTemplateConfigs[0].Overrides[0].SubnetId = aws.String("a,b") }},
		"an unknown template": {"InvalidLaunchTemplateId.NotFound", func(in *ec2.CreateFleetInput) {
			in.LaunchTemplateConfigs[0].LaunchTemplateSpecification.LaunchTemplateId = aws.String("lt-0")
		}},
		"a reserved tag": {"InvalidParameterValue", func(in *ec2.CreateFleetInput) {
			in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeInstance, Tags: []ec2types.Tag{{Key: aws.String("aws:x"), Value: aws.String("y")}}}}
		}},
		"a tag on the spot request": {"InvalidParameterValue", func(in *ec2.CreateFleetInput) {
			in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeSpotInstancesRequest}}
		}},
	} {
		_, err := r.fleet(true, 1, tc.change, "m5a.large")
		t.Run(name, func(t *testing.T) { wantCode(t, err, tc.code, "") })
	}
}

func TestPriceCapacityOptimizedTakesTheDeepPoolFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	zone := r.Zones()[0]
	r.SetDepth("m5a.large", zone, 1)
	r.SetDepth("r5.large", zone, 40)
	must(t, r.SetSpotPrice("m5a.large", zone, 0.02))
	out, err := r.fleet(true, 1, nil, "m5a.large", "r5.large")
	must(t, err)
	if got := out.Instances[0].InstanceType; got != "r5.large" {
		t.Errorf("took %s: the cheapest, not the deepest (aws-facts 2.1)", got)
	}
	v := mustInstance(t, r, out.Instances[0].InstanceIds[0])
	if v.Tags["aws:ec2:fleet-id"] == "" || v.Tags["aws:ec2launchtemplate:id"] != r.lt || v.Tags["aws:ec2launchtemplate:version"] != "1" {
		t.Errorf("reserved tags missing: %v", v.Tags)
	}
}

// aws-facts 2.2: the request's status changes at the notice, the instance runs on for two minutes.
func TestANoticeShowsInTheRequestWhileTheInstanceRuns(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	topic, err := r.s.SNS().CreateTopic(bg, &sns.CreateTopicInput{Name: aws.String("events")})
	must(t, err)
	url := newQueue(t, r.s, "in", nil)
	_, err = r.s.SNS().Subscribe(bg, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(r.arn("sqs", "in"))})
	must(t, err)
	id := r.spot()
	r.settle()
	r.Rule(*topic.TopicArn)
	must(t, r.Interrupt(id, "terminate"))
	status := func() string {
		out, err := r.s.EC2().DescribeSpotInstanceRequests(bg, &ec2.DescribeSpotInstanceRequestsInput{Filters: []ec2types.Filter{{Name: aws.String("instance-id"), Values: []string{id}}}})
		must(t, err)
		return *out.SpotInstanceRequests[0].Status.Code
	}
	if got := status(); got != "instance-terminated-no-capacity" {
		t.Errorf("status %s right after the notice", got)
	}
	r.pass(119 * time.Second)
	if v := mustInstance(t, r, id); v.State != "running" {
		t.Errorf("%s 119 s after the notice", v.State)
	}
	r.pass(2 * time.Second)
	if v := mustInstance(t, r, id); v.State != "shutting-down" || v.StateReason != "Server.SpotInstanceTermination" {
		t.Errorf("%s %s 121 s after the notice", v.State, v.StateReason)
	}
	all := strings.Join(r.Messages(url), "\n")
	for _, want := range []string{`\"detail-type\":\"EC2 Spot Instance Interruption Warning\"`, `\"instance-action\":\"terminate\"`, `EC2 Instance State-change Notification`} {
		if !strings.Contains(all, want) {
			t.Errorf("the bus has not said %s:\n%s", want, all)
		}
	}
}

// aws-facts 2.3: visible for an hour after the end, not found afterwards.
func TestTerminatedInstancesAreVisibleForAnHour(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	id := r.spot()
	r.settle()
	kill := func() error {
		_, err := r.s.EC2().TerminateInstances(bg, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
		return err
	}
	must(t, kill())
	must(t, kill()) // idempotent
	r.pass(30 * time.Minute)
	in := &ec2.DescribeInstancesInput{InstanceIds: []string{id}}
	out, err := r.s.EC2().DescribeInstances(bg, in)
	must(t, err)
	if i := out.Reservations[0].Instances[0]; i.State.Name != "terminated" || *i.StateReason.Code != "Client.UserInitiatedShutdown" {
		t.Errorf("%+v", i)
	}
	r.pass(time.Hour)
	_, err = r.s.EC2().DescribeInstances(bg, in)
	wantCode(t, err, "InvalidInstanceID.NotFound", id)
}

// aws-facts 2.3: eventual consistency; a fresh instance may not be found yet.
func TestReadLagHidesAFreshInstanceAndLaterShowsIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Faults: Faults{ReadLag: 10 * time.Second}}, six())
	id := r.spot()
	in := &ec2.DescribeInstancesInput{InstanceIds: []string{id}}
	_, err := r.s.EC2().DescribeInstances(bg, in)
	wantCode(t, err, "InvalidInstanceID.NotFound", id)
	r.pass(11 * time.Second)
	_, err = r.s.EC2().DescribeInstances(bg, in)
	must(t, err)
}

func TestDescribeInstancesFiltersAndPages(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	spot := r.spot()
	_, err := r.s.EC2().CreateTags(bg, &ec2.CreateTagsInput{Resources: []string{spot}, Tags: []ec2types.Tag{{Key: aws.String("mine"), Value: aws.String("yes")}}})
	must(t, err)
	count := func(filters ...ec2types.Filter) int {
		n, in := 0, &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(5)}
		p := ec2.NewDescribeInstancesPaginator(r.s.EC2(), in)
		for p.HasMorePages() {
			out, err := p.NextPage(bg)
			must(t, err)
			n += len(out.Reservations)
		}
		return n
	}
	filter := func(name string, values ...string) ec2types.Filter {
		return ec2types.Filter{Name: aws.String(name), Values: values}
	}
	for _, tc := range []struct{ got, want int }{
		{count(), 7}, {count(filter("instance-state-name", "running")), 6}, {count(filter("tag:mine", "yes")), 1}, {count(filter("tag-key", "mine")), 1},
		{count(filter("tag:spot-enabled", "true"), filter("instance-state-name", "running", "pending")), 6}, {count(filter("instance-id", spot)), 1},
	} {
		if tc.got != tc.want {
			t.Errorf("%d instances, want %d", tc.got, tc.want)
		}
	}
}

// aws-facts 2.6: versions inherit, $Latest moves, $Default does not.
func TestTemplateVersionsInheritAndMoveOnlyLatest(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	_, err := r.s.EC2().CreateLaunchTemplateVersion(bg, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: aws.String(r.lt), SourceVersion: aws.String("1"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{UserData: aws.String("aGk=")}})
	must(t, err)
	out, err := r.s.EC2().DescribeLaunchTemplateVersions(bg, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: aws.String(r.lt), Versions: []string{"$Latest", "$Default"}})
	must(t, err)
	latest, def := out.LaunchTemplateVersions[0], out.LaunchTemplateVersions[1]
	if *latest.VersionNumber != 2 || *latest.LaunchTemplateData.UserData != "aGk=" || *latest.LaunchTemplateData.ImageId != r.image || *latest.LaunchTemplateData.IamInstanceProfile.Name != "web" {
		t.Errorf("version 2 did not inherit: %+v", latest.LaunchTemplateData)
	}
	if *def.VersionNumber != 1 || def.LaunchTemplateData.UserData != nil {
		t.Errorf("the default version changed: %+v", def)
	}
	_, err = r.s.EC2().CreateLaunchTemplateVersion(bg, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: aws.String(r.lt),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{UserData: aws.String(strings.Repeat("QUFB", 16384/3+1))}})
	wantCode(t, err, "InvalidUserData.Malformed", "16384")
}

func TestTheCatalogAnswersWhatTheMarketNeeds(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	e := c.NewSession("test").EC2()
	types, err := e.DescribeInstanceTypes(bg, &ec2.DescribeInstanceTypesInput{})
	must(t, err)
	for _, ti := range types.InstanceTypes {
		if *ti.VCpuInfo.DefaultVCpus == 0 || *ti.MemoryInfo.SizeInMiB == 0 || *ti.EbsInfo.EbsOptimizedInfo.BaselineBandwidthInMbps == 0 || len(ti.SupportedBootModes) == 0 || len(ti.SupportedUsageClasses) != 2 || *ti.NetworkInfo.MaximumNetworkInterfaces == 0 {
			t.Errorf("%s lacks fields: %+v", ti.InstanceType, ti)
		}
	}
	prices, err := e.DescribeSpotPriceHistory(bg, &ec2.DescribeSpotPriceHistoryInput{StartTime: aws.Time(c.Now()), EndTime: aws.Time(c.Now()), ProductDescriptions: []string{"Linux/UNIX"}})
	must(t, err)
	offers, err := e.DescribeInstanceTypeOfferings(bg, &ec2.DescribeInstanceTypeOfferingsInput{LocationType: ec2types.LocationTypeAvailabilityZone})
	must(t, err)
	if n := len(types.InstanceTypes); n < 14 || len(prices.SpotPriceHistory) != 3*n || len(offers.InstanceTypeOfferings) != 3*n {
		t.Errorf("%d types, %d prices, %d offerings", n, len(prices.SpotPriceHistory), len(offers.InstanceTypeOfferings))
	}
}

func TestInstancesAreListedByTheTagThatTheyCarryNow(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	listed := func(value string) (ids []string) {
		for _, i := range r.Tagged("crew", value) {
			ids = append(ids, i.ID)
		}
		return ids
	}
	all := r.Instances()
	a, b := all[4].ID, all[1].ID
	tag := func(value string, ids ...string) {
		_, err := r.s.EC2().CreateTags(bg, &ec2.CreateTagsInput{Resources: ids, Tags: []ec2types.Tag{{Key: aws.String("crew"), Value: &value}}})
		must(t, err)
	}
	if got := listed(""); got != nil {
		t.Errorf("without the tag: %v", got)
	}
	tag("red", a, b)
	if got := listed("red"); !slices.Equal(got, []string{b, a}) {
		t.Errorf("tagged: %v, want %s and %s in the order of launch", got, b, a)
	}
	tag("blue", a)
	if got := listed("red"); !slices.Equal(got, []string{b}) {
		t.Errorf("one tagged otherwise: %v", got)
	}
	_, err := r.s.EC2().DeleteTags(bg, &ec2.DeleteTagsInput{Resources: []string{b}, Tags: []ec2types.Tag{{Key: aws.String("crew")}}})
	must(t, err)
	if got := listed("red"); got != nil {
		t.Errorf("the tag is gone, and it is listed: %v", got)
	}
}
