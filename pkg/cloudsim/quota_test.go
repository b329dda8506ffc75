package cloudsim

import (
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestTheClassOfAQuotaIsThatOfTheFamily(t *testing.T) {
	t.Parallel()
	for class, types := range map[QuotaClass][]string{
		QuotaStandard: {"a1.large", "c5.large", "d3en.xlarge", "h1.2xlarge", "i3.large", "im4gn.large", "is4gen.large", "m7i-flex.large", "r5.metal", "t3.micro", "z1d.large", "i7ie.large", "c8gn.large"},
		QuotaF:        {"f1.2xlarge", "f2.6xlarge"}, QuotaGVT: {"g4dn.xlarge", "gr6.4xlarge", "vt1.3xlarge", "g6e.xlarge"}, QuotaInf: {"inf1.xlarge", "inf2.xlarge"},
		QuotaP: {"p3.2xlarge", "p4d.24xlarge", "p6-b300.48xlarge"}, QuotaTrn: {"trn1.2xlarge", "trn2u.48xlarge"}, QuotaX: {"x1e.xlarge", "x2idn.16xlarge"},
		QuotaDL: {"dl1.24xlarge", "dl2q.24xlarge"}, QuotaHPC: {"hpc6a.48xlarge"}, QuotaHighMemory: {"u-6tb1.metal", "u7i-12tb.224xlarge"}, QuotaMac: {"mac1.metal", "mac2-m2.metal"},
	} {
		for _, typ := range types {
			if got := QuotaClassOf(typ); got != class {
				t.Errorf("%s is of %s, want %s", typ, got, class)
			}
		}
	}
}

func TestAFleetLaunchesWhatItsQuotaLeavesAndNamesTheRest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		spot bool
		code string
	}{{"spot", true, "MaxSpotInstanceCountExceeded"}, {"on demand", false, "VcpuLimitExceeded"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{}, six())
			used := r.QuotaUsed(QuotaStandard, c.spot)
			if want := map[bool]int{true: 0, false: 12}[c.spot]; used != want {
				t.Fatalf("the group's six m5.large use %d vCPUs, want %d", used, want)
			}
			r.SetQuota(QuotaStandard, c.spot, used+5)
			out, err := r.fleet(c.spot, 4, nil, "m5.large")
			must(t, err)
			if len(out.Instances) != 1 || len(out.Instances[0].InstanceIds) != 2 || codes(out)["m5.large"] != c.code {
				t.Errorf("%+v, %v", out.Instances, codes(out))
			}
			if got := r.QuotaUsed(QuotaStandard, c.spot); got != used+4 {
				t.Errorf("%d vCPUs used, want %d", got, used+4)
			}
			out, err = r.fleet(c.spot, 1, nil, "c5.large", "r5.large")
			must(t, err)
			if len(out.Instances) != 0 || codes(out)["c5.large"] != c.code || codes(out)["r5.large"] != c.code {
				t.Errorf("beyond: %+v, %v", out.Instances, codes(out))
			}
			r.SetQuota(QuotaStandard, c.spot, -1)
			if out, err = r.fleet(c.spot, 1, nil, "c5.large"); err != nil || len(out.Instances) != 1 {
				t.Errorf("without a quota: %v, %v", out, err)
			}
		})
	}
}

func TestWhatHasEndedFreesItsQuota(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{}, six())
	r.SetQuota(QuotaStandard, true, 2)
	id := r.spot()
	if out, err := r.fleet(true, 1, nil, "m5a.large"); err != nil || len(out.Instances) != 0 {
		t.Fatalf("%v, %v", out, err)
	}
	must(t, r.Die(id))
	if out, err := r.fleet(true, 1, nil, "m5a.large"); err != nil || len(out.Instances) != 1 {
		t.Errorf("%v, %v", out, err)
	}
}

func TestAGroupCannotLaunchBeyondTheQuotaEither(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	t.Cleanup(c.Close)
	c.SetQuota(QuotaStandard, false, 4)
	r := &rig{Cloud: c, t: t, s: c.NewSession("test"), image: c.CreateImage(""), subnets: c.CreateSubnets()}
	r.lt = r.template("lt", &ec2types.RequestLaunchTemplateData{ImageId: &r.image, InstanceType: "m5.large"})
	must(t, c.CreateGroup(GroupSpec{Name: "web", Min: 1, Max: 6, Desired: 6, LaunchTemplate: r.lt}))
	r.settle()
	if got := len(r.group().Members); got != 2 {
		t.Errorf("%d members within 4 vCPUs", got)
	}
}
