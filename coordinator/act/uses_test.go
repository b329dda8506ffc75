package act

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/ledger"
)

func TestWhatAnInstanceUsesIsCounted(t *testing.T) {
	t.Parallel()
	nic := func(v4, prefixes, v6 int) types.InstanceNetworkInterface {
		return types.InstanceNetworkInterface{PrivateIpAddresses: make([]types.InstancePrivateIpAddress, v4),
			Ipv4Prefixes: make([]types.InstanceIpv4Prefix, prefixes), Ipv6Addresses: make([]types.InstanceIpv6Address, v6)}
	}
	volume := types.InstanceBlockDeviceMapping{Ebs: &types.EbsInstanceBlockDevice{VolumeId: aws.String("vol-1")}}
	for _, c := range []struct {
		name string
		i    types.Instance
		want ledger.Uses
	}{
		{"nothing is told", types.Instance{}, ledger.Uses{}},
		{"one of each is what every type takes", types.Instance{NetworkInterfaces: []types.InstanceNetworkInterface{nic(1, 0, 0)},
			BlockDeviceMappings: []types.InstanceBlockDeviceMapping{volume}}, ledger.Uses{}},
		{"three interfaces of several addresses, as a Kubernetes node's", types.Instance{NetworkInterfaces: []types.InstanceNetworkInterface{nic(10, 0, 0), nic(4, 0, 0), nic(1, 0, 0)}},
			ledger.Uses{Interfaces: 3, IPv4: 10}},
		{"prefixes", types.Instance{NetworkInterfaces: []types.InstanceNetworkInterface{nic(1, 5, 0)}}, ledger.Uses{IPv4: 6, Prefixes: true}},
		{"a prefix of IPv6", types.Instance{NetworkInterfaces: []types.InstanceNetworkInterface{{Ipv6Prefixes: make([]types.InstanceIpv6Prefix, 1)}}}, ledger.Uses{IPv6: 1, Prefixes: true}},
		{"one IPv6 address", types.Instance{NetworkInterfaces: []types.InstanceNetworkInterface{nic(1, 0, 1)}}, ledger.Uses{IPv6: 1}},
		{"volumes, but no instance store", types.Instance{BlockDeviceMappings: []types.InstanceBlockDeviceMapping{volume, volume, {}}}, ledger.Uses{Volumes: 2}},
	} {
		if got := ToInstance(c.i).Uses; got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	if got := ToInstance(types.Instance{Architecture: types.ArchitectureValuesArm64}).Arch; got != "arm64" {
		t.Errorf("architecture %q", got)
	}
}
