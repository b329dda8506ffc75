package act

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// notOfALaunch lists the fields of an instance that no launch asks for, each with its reason.
var notOfALaunch = map[string]string{
	"AmiLaunchIndex": "its place in one request", "Architecture": "of the image", "BootMode": "of the image", "CapacityBlockId": "what it was given",
	"CapacityReservationId": "what it was given; what it asked for is taken over", "ClientToken": "of its own request", "CurrentInstanceBootMode": "a state",
	"ElasticGpuAssociations": "Elastic Graphics has ended", "ElasticInferenceAcceleratorAssociations": "Elastic Inference has ended", "EnaSupport": "of the image",
	"Hypervisor": "of the type", "InstanceId": "who it is", "InstanceLifecycle": "spot is what we ask for", "Ipv6Address": "its own; the number is taken over",
	"LaunchTime": "a time; tells what was attached later", "Operator": "who manages it, not what it is", "OutpostArn": "follows from the subnet", "Platform": "of the image",
	"PlatformDetails": "of the image", "PrivateDnsName": "its own", "PrivateIpAddress": "its own", "ProductCodes": "of the image", "PublicDnsName": "its own",
	"RootDeviceName": "of the image", "RootDeviceType": "of the image", "SecondaryInterfaces": "of types for which there is no spot",
	"SecurityGroups": "those of its interfaces are taken over", "SourceDestCheck": "no launch asks for it: set after, by whoever wants it",
	"SpotInstanceRequestId": "of its own request", "SriovNetSupport": "of the image", "State": "a state", "StateReason": "a state", "StateTransitionReason": "a state",
	"SubnetId": "the fleet's override says it", "TpmSupport": "of the image", "UsageOperation": "of the image", "UsageOperationUpdateTime": "a time",
	"VirtualizationType": "of the image", "VpcId": "follows from the subnet",
}

func TestEveryFieldOfAnInstanceCountsOrIsListed(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var full types.Instance
	fill(reflect.ValueOf(&full).Elem(), rng)
	at := full.LaunchTime
	for i := range full.BlockDeviceMappings {
		full.BlockDeviceMappings[i].Ebs.AttachTime = at
	}
	for i := range full.NetworkInterfaces {
		full.NetworkInterfaces[i].Attachment.AttachTime = at
	}
	full.NetworkInterfaces = full.NetworkInterfaces[:1] // only of a single one a public address is asked for
	volumes := map[string]types.Volume{}
	for _, m := range full.BlockDeviceMappings {
		volumes[*m.Ebs.VolumeId] = types.Volume{Size: aws.Int32(8)}
	}
	whole, why := fromInstance(full, volumes, nil)
	if why != "" {
		t.Fatal(why)
	}
	kind := reflect.TypeFor[types.Instance]()
	for n := range kind.NumField() {
		name := kind.Field(n).Name
		if !kind.Field(n).IsExported() {
			continue
		}
		without := full
		reflect.ValueOf(&without).Elem().Field(n).SetZero()
		got, _ := fromInstance(without, volumes, nil)
		if counts := !reflect.DeepEqual(got, whole); counts == (notOfALaunch[name] != "") {
			t.Errorf("%s: counts: %v, listed as of no launch: %q", name, counts, notOfALaunch[name])
		}
	}
}

func launched() types.Instance {
	at := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	return types.Instance{
		ImageId: aws.String("ami-1"), InstanceType: "m5.large", LaunchTime: &at, PublicIpAddress: aws.String("192.0.2.1"), SubnetId: aws.String("subnet-1"),
		IamInstanceProfile: &types.IamInstanceProfile{Arn: aws.String("arn:aws:iam::123456789012:instance-profile/web"), Id: aws.String("AIPA")},
		Monitoring:         &types.Monitoring{State: types.MonitoringStateDisabled},
		Placement:          &types.Placement{AvailabilityZone: aws.String("us-east-1a"), Tenancy: types.TenancyDefault, GroupName: aws.String("")},
		MetadataOptions: &types.InstanceMetadataOptionsResponse{State: types.InstanceMetadataOptionsStateApplied, HttpTokens: types.HttpTokensStateRequired,
			InstanceMetadataTags: types.InstanceMetadataTagsStateEnabled},
		Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("web")}, {Key: aws.String("aws:autoscaling:groupName"), Value: aws.String("web")}},
		NetworkInterfaces: []types.InstanceNetworkInterface{
			{Attachment: &types.InstanceNetworkInterfaceAttachment{DeviceIndex: aws.Int32(0), AttachTime: &at, DeleteOnTermination: aws.Bool(true)},
				Groups:             []types.GroupIdentifier{{GroupId: aws.String("sg-1")}, {GroupId: aws.String("sg-2")}},
				PrivateIpAddresses: []types.InstancePrivateIpAddress{{}, {}}, InterfaceType: aws.String("interface")},
			{Attachment: &types.InstanceNetworkInterfaceAttachment{DeviceIndex: aws.Int32(1), AttachTime: aws.Time(at.Add(time.Hour))}},
		},
		BlockDeviceMappings: []types.InstanceBlockDeviceMapping{
			{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsInstanceBlockDevice{VolumeId: aws.String("vol-1"), AttachTime: &at, DeleteOnTermination: aws.Bool(true)}},
			{DeviceName: aws.String("/dev/xvdf"), Ebs: &types.EbsInstanceBlockDevice{VolumeId: aws.String("vol-2"), AttachTime: aws.Time(at.Add(time.Hour))}},
		},
	}
}

func TestAnInstanceBecomesATemplateAsReviewed(t *testing.T) {
	t.Parallel()
	data, why := fromInstance(launched(), map[string]types.Volume{"vol-1": {Size: aws.Int32(30), VolumeType: types.VolumeTypeGp3, Iops: aws.Int32(3000),
		Throughput: aws.Int32(125), Encrypted: aws.Bool(true), KmsKeyId: aws.String("arn:aws:kms:us-east-1:123456789012:key/k"), SnapshotId: aws.String("snap-1")}}, aws.String("IyE="))
	if why != "" {
		t.Fatal(why)
	}
	dropFrom(data)
	tidyTags(data, nil)
	text := tidyJSON(t, data)
	const path = "testdata/instance.golden"
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, _ := os.ReadFile(path); string(want) != text {
		t.Errorf("differs from %s; if meant, run with -update and review. It is now:\n%s", path, text)
	}
	if !json.Valid([]byte(text)) || strings.Contains(text, "vol-2") || strings.Contains(text, "subnet-1") {
		t.Errorf("%s", text)
	}
}

func TestAnInstanceThatCannotBeRepeatedIsRefused(t *testing.T) {
	t.Parallel()
	if _, why := fromInstance(launched(), nil, nil); !strings.Contains(why, "vol-1") {
		t.Errorf("without its volume: %q", why)
	}
	host := launched()
	host.Placement.Tenancy = types.TenancyHost
	if _, why := fromInstance(host, nil, nil); !strings.Contains(why, "dedicated host") {
		t.Errorf("on a host: %q", why)
	}
}

func TestOnlyUnusualCPUOptionsOfAnInstanceWereAskedFor(t *testing.T) {
	t.Parallel()
	asked := func(cores, threads int32, snp string) *types.LaunchTemplateCpuOptionsRequest {
		return &types.LaunchTemplateCpuOptionsRequest{CoreCount: &cores, ThreadsPerCore: &threads, AmdSevSnp: types.AmdSevSnpSpecification(snp)}
	}
	for _, c := range []struct {
		typ  string
		in   *types.LaunchTemplateCpuOptionsRequest
		want string
	}{
		{"m5.2xlarge", nil, "none"}, {"m5.2xlarge", asked(4, 2, ""), "none"}, {"m5.2xlarge", asked(4, 1, ""), "4 1 "}, {"m5.2xlarge", asked(2, 2, ""), "2 2 "},
		{"m6a.2xlarge", asked(4, 2, "enabled"), "0 0 enabled"}, {"m6a.2xlarge", asked(4, 2, "disabled"), "none"}, {"q9.huge", asked(1, 1, ""), "none"},
	} {
		got := "none"
		if o := unusual(c.in, c.typ); o != nil {
			got = fmt.Sprint(aws.ToInt32(o.CoreCount), " ", aws.ToInt32(o.ThreadsPerCore), " ", o.AmdSevSnp)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.typ, got, c.want)
		}
	}
}
