package act

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// kept is a shelf as the ledger's table is one, for several processes.
type kept struct {
	bodies map[string][]byte
	saves  int
	err    error
}

func (k *kept) Load(_ context.Context, group string) ([]byte, error) { return k.bodies[group], k.err }

func (k *kept) Save(_ context.Context, group string, body []byte) error {
	if k.err != nil {
		return k.err
	}
	if k.bodies == nil {
		k.bodies = map[string][]byte{}
	}
	k.bodies[group] = body
	k.saves++
	return nil
}

// made is the account web with our template in it, version 1, so that there is something to copy.
func made(t *testing.T) (*cloud, *kept) {
	t.Helper()
	acc, shelf := web(), &kept{}
	actor := acc.actor()
	w, err := actor.Observe(t.Context(), "web", ledger.Record{}, nil)
	if err != nil || len(w.Missing) > 0 || shelf.saves > 0 {
		t.Fatalf("%v, %v", err, w.Missing)
	}
	if res := actor.Apply(t.Context(), "web", decide.Action{Kind: decide.MakeTemplate}, noon.Add(time.Minute)); res.Failure != decide.Done {
		t.Fatalf("%+v", res)
	}
	acc.versions[decide.TemplateName("web")] = []types.LaunchTemplateVersion{{LaunchTemplateId: aws.String("lt-ours"), VersionNumber: aws.Int64(1),
		VersionDescription: inputs[ec2.CreateLaunchTemplateInput](acc)[0].VersionDescription}}
	return acc, shelf
}

// cold is a process that knows nothing yet, on that account and shelf.
func cold(acc *cloud, shelf Shelf) *Actor {
	a := acc.actor()
	a.Shelf = shelf
	return a
}

func TestACopyOfWhatALaunchNeedsOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ call, what string }{
		{"ec2.DescribeSubnets", "subnets"}, {"ec2.DescribeLaunchTemplateVersions", "the launch template"}, {"ec2.DescribeImages", "the launch template"},
		{"ec2.DescribeInstanceTypes", "instance types"}, {"ec2.DescribeInstanceTypeOfferings", "instance types"}, {"ec2.DescribeSpotPriceHistory", "spot prices"},
		{"ec2.DescribePlacementGroups", "the placement group"},
	} {
		t.Run(c.call, func(t *testing.T) {
			t.Parallel()
			acc, shelf := made(t)
			full, err := cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil)
			if err != nil || shelf.saves != 1 {
				t.Fatalf("%v, %d copies saved", err, shelf.saves)
			}
			acc.failing(c.call, errLost)
			acc.now = noon.Add(copyFor - time.Second)
			w, err := cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil)
			if err != nil || len(w.Missing) != 1 || w.Missing[0].What != c.what || !w.Missing[0].CopyOf.Equal(noon) || w.Unpriced != "" {
				t.Fatalf("%v, %+v, %q", err, w.Missing, w.Unpriced)
			}
			if w.Template.ID != full.Template.ID || w.Template.Version != full.Template.Version || w.Template.Hash != full.Template.Hash || !reflect.DeepEqual(w.Template.Need, full.Template.Need) {
				t.Errorf("the template is %+v, was %+v", w.Template, full.Template)
			}
			if !reflect.DeepEqual(w.Group.Subnets, full.Group.Subnets) || w.Group.PlacementStrategy != full.Group.PlacementStrategy {
				t.Errorf("subnets %v, placement %q", w.Group.Subnets, w.Group.PlacementStrategy)
			}
			own := market.Pool{Type: "m5.large", Zone: "us-east-1a"} // the one type that fits
			if !reflect.DeepEqual(w.Catalog.Types["m5.large"], full.Catalog.Types["m5.large"]) || !w.Catalog.Offered[own] || w.Catalog.SpotUSD[own] != 0.03 || w.Catalog.OnDemandUSD["m5.large"] != full.Catalog.OnDemandUSD["m5.large"] {
				t.Errorf("of the market is kept %+v, %t, %v", w.Catalog.Types["m5.large"], w.Catalog.Offered[own], w.Catalog.SpotUSD)
			}
			if shelf.saves != 1 {
				t.Error("what was copied is kept as if it were read")
			}
			if c.what == "subnets" || c.what == "the placement group" {
				return // they do not change
			}
			acc.now = noon.Add(copyFor)
			if w, _ = cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil); len(w.Missing) != 1 || !w.Missing[0].CopyOf.IsZero() {
				t.Errorf("after six hours: %+v", w.Missing)
			}
		})
	}
}

func TestOfACopiedSubnetOnlyTheZoneIsKept(t *testing.T) {
	t.Parallel()
	acc, shelf := made(t)
	if _, err := cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil); err != nil {
		t.Fatal(err)
	}
	acc.failing("ec2.DescribeSubnets", errLost)
	for _, c := range []struct {
		name, subnets string
		want          map[string]string
	}{
		{"one was taken away", "subnet-b", map[string]string{"us-east-1b": "subnet-b"}},
		{"one came, whose zone nobody knows", "subnet-a,subnet-c", map[string]string{"us-east-1a": "subnet-a"}},
		{"none is known", "subnet-c", nil},
	} {
		acc.groups[0].VPCZoneIdentifier = aws.String(c.subnets)
		w, err := cold(acc, shelf).Observe(t.Context(), "web", ledger.Record{}, nil)
		if err != nil || !reflect.DeepEqual(w.Group.Subnets, c.want) || w.Missing[0].CopyOf.IsZero() != (c.want == nil) {
			t.Errorf("%s: %v, %v, %+v", c.name, err, w.Group.Subnets, w.Missing)
		}
	}
}
