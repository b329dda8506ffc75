package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/deploy/estate"
)

// network is what is known of the VPCs of the groups.
type network struct {
	subnets   map[string]types.Subnet
	tables    []types.RouteTable
	endpoints []types.VpcEndpoint
}

// ways looks whether spotd gets out of the groups' subnets: to S3, to be downloaded, and to SNS, to report.
func (e *Examination) ways(ctx context.Context, groups []estate.Group) {
	var ids []string
	for _, g := range groups {
		ids = append(ids, g.Subnets...)
	}
	if len(ids) == 0 {
		return // in default subnets, which are public
	}
	slices.Sort(ids)
	n, err := e.network(ctx, slices.Compact(ids))
	if err != nil {
		e.unasked("VPC endpoints", err)
		return
	}
	for _, g := range groups {
		if len(g.Subnets) > 0 {
			e.way(g, n)
		}
	}
}

func (e *Examination) network(ctx context.Context, ids []string) (n network, err error) {
	n.subnets = map[string]types.Subnet{}
	var vpcs []string
	subnets := &ec2.DescribeSubnetsInput{SubnetIds: ids}
	for more := true; more; more = subnets.NextToken != nil {
		page, err := e.EC2.DescribeSubnets(ctx, subnets)
		if err != nil {
			return n, err
		}
		for _, s := range page.Subnets {
			n.subnets[aws.ToString(s.SubnetId)] = s
			if v := aws.ToString(s.VpcId); !slices.Contains(vpcs, v) {
				vpcs = append(vpcs, v)
			}
		}
		subnets.NextToken = page.NextToken
	}
	in := []types.Filter{{Name: aws.String("vpc-id"), Values: vpcs}}
	tables := &ec2.DescribeRouteTablesInput{Filters: in}
	for more := true; more; more = tables.NextToken != nil {
		page, err := e.EC2.DescribeRouteTables(ctx, tables)
		if err != nil {
			return n, err
		}
		n.tables, tables.NextToken = append(n.tables, page.RouteTables...), page.NextToken
	}
	endpoints := &ec2.DescribeVpcEndpointsInput{Filters: in}
	for more := true; more; more = endpoints.NextToken != nil {
		page, err := e.EC2.DescribeVpcEndpoints(ctx, endpoints)
		if err != nil {
			return n, err
		}
		n.endpoints, endpoints.NextToken = append(n.endpoints, page.VpcEndpoints...), page.NextToken
	}
	return n, nil
}

// way says of one group what is missing, and how it gets out where nothing is.
func (e *Examination) way(g estate.Group, n network) {
	check, inside := "network of "+g.Name, false
	var lacking, remedies []string
	for _, id := range g.Subnets {
		s, ok := n.subnets[id]
		if !ok {
			lacking = append(lacking, id+" is not there")
			continue
		}
		table := n.table(s)
		if open(s, table, g.Public) {
			continue
		}
		inside = true
		for _, service := range []struct{ name, without string }{{"sns", "spotd cannot report"}, {"s3", "spotd cannot be downloaded"}} {
			if n.has(service.name, s, table) {
				continue
			}
			lacking = append(lacking, fmt.Sprintf("%s has no way out, and no endpoint for %s in %s: %s", id, strings.ToUpper(service.name), aws.ToString(s.VpcId), service.without))
			if r := e.endpoint(service.name, s, table); !slices.Contains(remedies, r) {
				remedies = append(remedies, r)
			}
		}
	}
	switch {
	case len(lacking) > 0:
		e.say(Warning, check, strings.Join(lacking, "; "), strings.Join(remedies, "; "))
	case inside:
		e.say(OK, check, "SNS and S3 are reached through endpoints; that their policies let instances publish and read is not looked at", "")
	default:
		e.say(OK, check, "its subnets have a way out; what security groups and network ACLs let through is not looked at", "")
	}
}

func (e *Examination) endpoint(service string, s types.Subnet, table types.RouteTable) string {
	name := fmt.Sprintf("com.amazonaws.%s.%s", e.Region, service)
	if service == "s3" {
		return fmt.Sprintf("aws ec2 create-vpc-endpoint --vpc-id %s --service-name %s --route-table-ids %s", aws.ToString(s.VpcId), name, aws.ToString(table.RouteTableId))
	}
	return fmt.Sprintf("aws ec2 create-vpc-endpoint --vpc-id %s --vpc-endpoint-type Interface --service-name %s --subnet-ids %s --private-dns-enabled", aws.ToString(s.VpcId), name, aws.ToString(s.SubnetId))
}

// table is the subnet's own route table, or else its VPC's main one.
func (n network) table(s types.Subnet) (main types.RouteTable) {
	for _, t := range n.tables {
		for _, a := range t.Associations {
			if aws.ToString(a.SubnetId) == aws.ToString(s.SubnetId) {
				return t
			}
			if aws.ToBool(a.Main) && aws.ToString(t.VpcId) == aws.ToString(s.VpcId) {
				main = t
			}
		}
	}
	return main
}

// open tells whether what starts in the subnet gets out: by a NAT or something of the kind, or by an internet gateway with a public
// address.
func open(s types.Subnet, table types.RouteTable, public *bool) bool {
	for _, r := range table.Routes {
		if aws.ToString(r.DestinationCidrBlock) != "0.0.0.0/0" || r.State == types.RouteStateBlackhole {
			continue
		}
		if !strings.HasPrefix(aws.ToString(r.GatewayId), "igw-") {
			return true
		}
		if public != nil {
			return *public
		}
		return aws.ToBool(s.MapPublicIpOnLaunch)
	}
	return false
}

// has tells whether the service has an endpoint that the subnet uses without being told so.
func (n network) has(service string, s types.Subnet, table types.RouteTable) bool {
	return slices.ContainsFunc(n.endpoints, func(p types.VpcEndpoint) bool {
		if aws.ToString(p.VpcId) != aws.ToString(s.VpcId) || !strings.HasSuffix(aws.ToString(p.ServiceName), "."+service) || !strings.EqualFold(string(p.State), string(types.StateAvailable)) {
			return false
		}
		if p.VpcEndpointType == types.VpcEndpointTypeGateway {
			return slices.Contains(p.RouteTableIds, aws.ToString(table.RouteTableId))
		}
		return aws.ToBool(p.PrivateDnsEnabled)
	})
}
