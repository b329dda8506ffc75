package act

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/ledger"
)

// usesOf counts what is attached to an instance, whoever attached it. One interface, address and volume is what every type takes.
func usesOf(i *types.Instance) ledger.Uses {
	addresses, volumes, u := 0, 0, ledger.Uses{}
	for _, n := range i.NetworkInterfaces {
		addresses = max(addresses, len(n.PrivateIpAddresses)+len(n.Ipv4Prefixes))
		u.Prefixes = u.Prefixes || len(n.Ipv4Prefixes)+len(n.Ipv6Prefixes) > 0
		u.IPv6 = max(u.IPv6, len(n.Ipv6Addresses)+len(n.Ipv6Prefixes))
	}
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs != nil {
			volumes++
		}
	}
	u.Interfaces, u.IPv4, u.Volumes = several(len(i.NetworkInterfaces)), several(addresses), several(volumes)
	return u
}

func several(n int) int {
	if n == 1 {
		return 0
	}
	return n
}
