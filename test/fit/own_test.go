package fit

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/pkg/cloudsim"
)

// A member runs on its type, so that this type can stand in for it whatever template, image and members ask: if EC2 launches the template on a
// type, the type is offered for an original of it, as spot where it is sold so. A rule that refused it would leave a group without replacement.
func TestEveryTypeThatTheTemplateLaunchesOnStandsInForItself(t *testing.T) {
	t.Parallel()
	templates, _ := read(t)
	api, all, cloud := shop(t)
	catalog := catalogOf(all)
	crowd := ledger.Uses{Interfaces: 16, IPv4: 60, IPv6: 60, Volumes: 140} // of the largest there are
	wrong, pairs := map[string][]string{}, 0
	for name, tpl := range templates {
		out, err := api.DescribeImages(context.Background(), &ec2.DescribeImagesInput{ImageIds: []string{cloud.RegisterImage(tpl.Image)}})
		if err != nil {
			t.Fatal(err)
		}
		data, group := *tpl.Data, ""
		if data.Placement != nil {
			group = aws.ToString(data.Placement.GroupName)
		}
		if _, why := act.Adapt(&data, group); why != "" {
			continue // no group of it is served
		}
		need := act.NeedOf(out.Images[0], &data)
		for _, info := range all {
			typ := string(info.InstanceType)
			if verdict := cloudsim.Judge(tpl.Launch(info, false)); verdict.Refused() || verdict.Impaired != "" {
				continue // nobody has it as a member
			}
			pairs++
			w := decide.World{Catalog: catalog, Template: decide.Template{Hash: "h", Need: need}}
			for _, uses := range []ledger.Uses{{}, crowd} {
				w.Record.Uses = uses
				w.Record.Uses.Of = "h"
				if rule, no := market.WhyNot(catalog, decide.Need(w, typ), typ); no && rule != market.RuleSpot {
					key := fmt.Sprintf("%s (%s) with %+v", name, rule, uses)
					wrong[key] = append(wrong[key], typ)
				}
			}
		}
	}
	for key, types := range wrong {
		slices.Sort(types)
		t.Errorf("%s: %d types are refused as their own replacement: %v", key, len(types), types[:min(len(types), 10)])
	}
	t.Logf("%d pairs", pairs)
}
