package fit

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/market"
	"autospotting/pkg/cloudsim"
	"autospotting/pkg/snapshot"
)

// policies are the rules by which we refuse what EC2 would launch.
var policies = map[market.Rule]string{
	market.RuleBareMetal: "an original that is virtual stays so", market.RuleBurstable: "steady CPU", market.RuleFlex: "steady CPU",
	market.RuleVCPU: "at least as much", market.RuleMemory: "at least as much", market.RuleGPU: "at least as much", market.RuleAccelerator: "at least as much",
	market.RuleStorage: "at least as much", market.RuleEBS: "at least as much", market.RuleEBSIOPS: "at least as much", market.RuleBandwidth: "at least as much",
	market.RuleLicence:     "licences are counted by vCPU",
	market.RuleDeviceNames: "disks keep their names",
	market.RuleNVMe:        "that the image has the driver is not known", market.RuleSpot: "not sold as spot",
	market.RuleENA: "that the image has the driver is not known",
}

// shop is a cloud that sells every type of the snapshot, and what it says of them.
func shop(t *testing.T) (*cloudsim.EC2, []ec2types.InstanceTypeInfo, *cloudsim.Cloud) {
	t.Helper()
	var specs []cloudsim.TypeSpec
	for _, s := range snapshot.Types() {
		specs = append(specs, cloudsim.FromSnapshot(s, 1))
	}
	cloud := cloudsim.New(cloudsim.Config{Seed: 1, Zones: []string{"us-east-1a"}, Types: specs})
	api := cloud.NewSession("fit").EC2()
	var all []ec2types.InstanceTypeInfo
	pages := ec2.NewDescribeInstanceTypesPaginator(api, &ec2.DescribeInstanceTypesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.InstanceTypes...)
	}
	return api, all, cloud
}

// catalogOf is how the coordinator reads them.
func catalogOf(all []ec2types.InstanceTypeInfo) market.Catalog {
	c := market.Catalog{Types: map[string]market.Type{}}
	for _, i := range all {
		x := act.ToType(i)
		c.Types[x.Name] = x
	}
	return c
}

// Two tables, written by two, are held against each other: what the coordinator offers a template is launched by the simulated EC2 and comes
// up; what it does not offer is refused there too, or by a policy that has a name.
func TestWhatIsOfferedIsLaunchedAndWhatIsNotIsRefusedOrAPolicy(t *testing.T) {
	t.Parallel()
	templates, newer := read(t)
	api, all, cloud := shop(t)
	for name, info := range newer { // than the snapshot
		if !slices.ContainsFunc(all, func(i ec2types.InstanceTypeInfo) bool { return string(i.InstanceType) == name }) {
			all = append(all, info)
		}
	}
	catalog := catalogOf(all)
	pairs, accepted, refused := 0, 0, 0
	wrong := map[string][]string{}
	for name, tpl := range templates {
		id := cloud.RegisterImage(tpl.Image)
		out, err := api.DescribeImages(context.Background(), &ec2.DescribeImagesInput{ImageIds: []string{id}})
		if err != nil {
			t.Fatal(err)
		}
		data := *tpl.Data
		group := ""
		if data.Placement != nil {
			group = aws.ToString(data.Placement.GroupName)
		}
		if _, why := act.Adapt(&data, group); why != "" {
			t.Logf("%s: the group is refused: %s", name, why)
			continue
		}
		if broken := cloudsim.Judge(cloudsim.Launch{Data: &data, Image: tpl.Image, Type: newer[tpl.Original], IPv6Only: tpl.IPv6Only, Strategy: tpl.PlacementStrategy}); broken.Refused() {
			t.Logf("%s: its own type refuses it: %s", name, broken.Reason)
			continue
		}
		need := decide.Need(decide.World{Catalog: catalog, Template: decide.Template{Need: act.NeedOf(out.Images[0], &data)}}, tpl.Original)
		for _, info := range all {
			typ := string(info.InstanceType)
			rule, no := market.WhyNot(catalog, need, typ)
			mine := tpl
			mine.Data = act.For(&data, aws.ToBool(info.BurstablePerformanceSupported))
			verdict := cloudsim.Judge(mine.Launch(info, true))
			fails := verdict.Refused() || verdict.Impaired != ""
			pairs++
			switch {
			case !no && fails:
				wrong[fmt.Sprintf("%s: offered, and EC2 says %s %s%s", name, verdict.Reason, verdict.Code, verdict.Impaired)] = append(wrong[fmt.Sprintf("%s: offered, and EC2 says %s %s%s", name, verdict.Reason, verdict.Code, verdict.Impaired)], typ)
			case no && !fails && policies[rule] == "":
				wrong[fmt.Sprintf("%s: not offered (%s), and EC2 launches it", name, rule)] = append(wrong[fmt.Sprintf("%s: not offered (%s), and EC2 launches it", name, rule)], typ)
			case no:
				refused++
			default:
				accepted++
			}
		}
	}
	var keys []string
	for k := range wrong {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		t.Errorf("%s: %d types: %v", k, len(wrong[k]), wrong[k][:min(len(wrong[k]), 12)])
	}
	t.Logf("%d pairs: %d are offered and launched, %d are not", pairs, accepted, refused)
}
