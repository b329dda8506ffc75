package preflight

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/deploy/estate"
)

func table(id string, subnets []string, to func(*types.Route)) types.RouteTable {
	t := types.RouteTable{RouteTableId: aws.String(id), VpcId: aws.String("vpc-1"), Routes: []types.Route{{DestinationCidrBlock: aws.String("10.0.0.0/16"), GatewayId: aws.String("local")}}}
	if to != nil {
		r := types.Route{DestinationCidrBlock: aws.String("0.0.0.0/0"), State: types.RouteStateActive}
		to(&r)
		t.Routes = append(t.Routes, r)
	}
	for _, s := range subnets {
		t.Associations = append(t.Associations, types.RouteTableAssociation{SubnetId: aws.String(s)})
	}
	if subnets == nil {
		t.Associations = []types.RouteTableAssociation{{Main: aws.Bool(true)}}
	}
	return t
}

func internet(r *types.Route) { r.GatewayId = aws.String("igw-1") }
func nat(r *types.Route)      { r.NatGatewayId = aws.String("nat-1") }

func endpoint(service string, kind types.VpcEndpointType, more func(*types.VpcEndpoint)) types.VpcEndpoint {
	p := types.VpcEndpoint{VpcId: aws.String("vpc-1"), ServiceName: aws.String("com.amazonaws.eu-west-1." + service), State: "available", VpcEndpointType: kind, PrivateDnsEnabled: aws.Bool(kind == types.VpcEndpointTypeInterface)}
	if more != nil {
		more(&p)
	}
	return p
}

func TestHowSpotdGetsOutOfAGroupsSubnetsIsFound(t *testing.T) {
	sns := endpoint("sns", types.VpcEndpointTypeInterface, nil)
	s3 := endpoint("s3", types.VpcEndpointTypeGateway, func(p *types.VpcEndpoint) { p.RouteTableIds = []string{"rtb-main"} })
	private := []types.RouteTable{table("rtb-main", nil, nil)}
	const out, inside = "ok its subnets have a way out", "ok SNS and S3 are reached through endpoints"
	const noSNS, noS3 = "subnet-1 has no way out, and no endpoint for SNS in vpc-1: spotd cannot report", "subnet-1 has no way out, and no endpoint for S3 in vpc-1: spotd cannot be downloaded"
	for _, one := range []struct {
		name      string
		tables    []types.RouteTable
		public    bool // addresses, by the subnet
		template  *bool
		endpoints []types.VpcEndpoint
		want      string
	}{
		{"through a NAT", []types.RouteTable{table("rtb-main", nil, nat)}, false, nil, nil, out},
		{"through a NAT in a table of its own", []types.RouteTable{table("rtb-main", nil, nil), table("rtb-1", []string{"subnet-1"}, nat)}, false, nil, nil, out},
		{"past the NAT, which is another subnet's", []types.RouteTable{table("rtb-main", nil, nil), table("rtb-2", []string{"subnet-2"}, nat)}, false, nil, nil, "warning " + noSNS + "; " + noS3},
		{"with public addresses", []types.RouteTable{table("rtb-main", nil, internet)}, true, nil, nil, out},
		{"with public addresses by the template", []types.RouteTable{table("rtb-main", nil, internet)}, false, aws.Bool(true), nil, out},
		{"with an internet gateway and no address", []types.RouteTable{table("rtb-main", nil, internet)}, false, nil, nil, "warning " + noSNS},
		{"with an address that the template takes away", []types.RouteTable{table("rtb-main", nil, internet)}, true, aws.Bool(false), nil, "warning " + noSNS},
		{"through a NAT that is gone", []types.RouteTable{table("rtb-main", nil, func(r *types.Route) { nat(r); r.State = types.RouteStateBlackhole })}, false, nil, nil, "warning " + noSNS},
		{"through endpoints", private, false, nil, []types.VpcEndpoint{sns, s3}, inside},
		{"through endpoints that are both interfaces", private, false, nil, []types.VpcEndpoint{sns, endpoint("s3", types.VpcEndpointTypeInterface, nil)}, inside},
		{"with an endpoint for SNS only", private, false, nil, []types.VpcEndpoint{sns}, "warning " + noS3},
		{"with an endpoint for S3 only", private, false, nil, []types.VpcEndpoint{s3}, "warning " + noSNS},
		{"with S3 in another table", private, false, nil, []types.VpcEndpoint{sns, endpoint("s3", types.VpcEndpointTypeGateway, nil)}, "warning " + noS3},
		{"with SNS under no name", private, false, nil, []types.VpcEndpoint{s3, endpoint("sns", types.VpcEndpointTypeInterface, func(p *types.VpcEndpoint) { p.PrivateDnsEnabled = aws.Bool(false) })}, "warning " + noSNS},
		{"with SNS not ready", private, false, nil, []types.VpcEndpoint{s3, endpoint("sns", types.VpcEndpointTypeInterface, func(p *types.VpcEndpoint) { p.State = "pendingAcceptance" })}, "warning " + noSNS},
		{"with SNS in another VPC", private, false, nil, []types.VpcEndpoint{s3, endpoint("sns", types.VpcEndpointTypeInterface, func(p *types.VpcEndpoint) { p.VpcId = aws.String("vpc-2") })}, "warning " + noSNS},
	} {
		t.Run(one.name, func(t *testing.T) {
			c, e := ready()
			c.tables, c.endpoints = one.tables, one.endpoints
			c.subnets = []types.Subnet{{SubnetId: aws.String("subnet-1"), VpcId: aws.String("vpc-1"), MapPublicIpOnLaunch: aws.Bool(one.public)}}
			groupWith(e, estate.Group{Name: "web", Subnets: []string{"subnet-1"}, Public: one.template})
			all := e.Run(t.Context())
			expect(t, all, "network of web", one.want)
			if last := all[len(all)-1]; last.Level == Warning && !strings.Contains(last.Remedy, "create-vpc-endpoint --vpc-id vpc-1") {
				t.Errorf("the remedy is %q", last.Remedy)
			}
		})
	}
}

func TestAGroupWithoutSubnetsIsInDefaultOnesWhichArePublic(t *testing.T) {
	_, e := ready()
	expect(t, e.Run(t.Context()), "network of web")
}

func TestASubnetThatIsGoneAndANetworkThatCannotBeSeenAreSaid(t *testing.T) {
	c, e := ready()
	groupWith(e, estate.Group{Name: "web", Subnets: []string{"subnet-9"}})
	expect(t, e.Run(t.Context()), "network of web", "warning subnet-9 is not there")
	c.refused, e.found = "DescribeSubnets", nil
	expect(t, e.Run(t.Context()), "VPC endpoints", "warning cannot be asked")
}
