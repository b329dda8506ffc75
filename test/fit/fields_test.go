package fit

import (
	"reflect"
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// fields are those of the SDK's template types: the rows of the table that judge each, or why no row does.
var fields = map[reflect.Type]map[string]string{
	reflect.TypeFor[ec2types.RequestLaunchTemplateData](): {
		"BlockDeviceMappings":               "rows: volumes and the like",
		"CapacityReservationSpecification":  "rows: spot-reservation, reservation-target",
		"CpuOptions":                        "rows: cpu-options and the like",
		"CreditSpecification":               "rows: credits, credits-host",
		"DisableApiStop":                    "rows: spot-stop-protection",
		"DisableApiTermination":             "rows: spot-termination-protection",
		"EbsOptimized":                      "rows: ebs-optimized",
		"ElasticGpuSpecifications":          "rows: accelerators",
		"ElasticInferenceAccelerators":      "rows: accelerators",
		"EnclaveOptions":                    "rows: enclaves, enclaves-hibernation",
		"HibernationOptions":                "rows: hibernation and the like",
		"IamInstanceProfile":                "free: of no type",
		"ImageId":                           "rows: architecture and the like, by the image",
		"InstanceInitiatedShutdownBehavior": "rows: shutdown-behavior; whether one-time spot refuses stop is not documented",
		"InstanceMarketOptions":             "elsewhere: a fleet refuses the template",
		"InstanceRequirements":              "elsewhere: the fleet of the simulation takes types",
		"InstanceType":                      "rows: reservation-target; the override replaces it",
		"KernelId":                          "rows: kernel",
		"KeyName":                           "free: of no type",
		"LicenseSpecifications":             "free: EC2 documents no type that refuses one",
		"MaintenanceOptions":                "free: types without automatic recovery take the option",
		"MetadataOptions":                   "rows: metadata-ipv6",
		"Monitoring":                        "free: of no type",
		"NetworkInterfaces":                 "rows: interfaces and the like",
		"NetworkPerformanceOptions":         "rows: bandwidth-weighting",
		"Operator":                          "free: of no type",
		"Placement":                         "rows: dedicated and the like",
		"PrivateDnsNameOptions":             "free: of the subnet, not of the type",
		"RamDiskId":                         "rows: kernel",
		"SecondaryInterfaces":               "rows: secondary-network",
		"SecurityGroupIds":                  "rows: groups-twice",
		"SecurityGroups":                    "rows: groups-twice",
		"TagSpecifications":                 "elsewhere: the fleet refuses those of spot requests on demand",
		"UserData":                          "rows: nvme-names, xen-names, instance-store",
	},
	reflect.TypeFor[ec2types.LaunchTemplateCpuOptionsRequest](): {
		"AmdSevSnp": "rows: sev-snp and the like", "CoreCount": "rows: cpu-cores", "ThreadsPerCore": "rows: cpu-threads", "NestedVirtualization": "rows: nested-virtualization",
	},
	reflect.TypeFor[ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest](): {
		"AssociateCarrierIpAddress": "free: of Wavelength Zones", "AssociatePublicIpAddress": "rows: public-address", "ConnectionTrackingSpecification": "free: Nitro types differ in their defaults alone",
		"DeleteOnTermination": "free: of no type", "Description": "free: of no type", "DeviceIndex": "free: EC2 counts interfaces, not indexes", "EnaQueueCount": "rows: ena-queues, ena-queue-count",
		"EnaSrdSpecification": "rows: ena-express, ena-express-udp", "Groups": "free: of no type", "InterfaceType": "rows: efa, efa-count", "Ipv4PrefixCount": "rows: prefixes, ipv4-addresses",
		"Ipv4Prefixes": "rows: prefixes, ipv4-addresses", "Ipv6AddressCount": "rows: ipv6, ipv6-addresses", "Ipv6Addresses": "rows: ipv6, ipv6-addresses", "Ipv6PrefixCount": "rows: prefixes, ipv6-addresses",
		"Ipv6Prefixes": "rows: prefixes, ipv6-addresses", "NetworkCardIndex": "rows: network-card, card-interfaces", "NetworkInterfaceId": "free: of no type", "PrimaryIpv6": "rows: ipv6",
		"PrivateIpAddress": "free: it is the primary one", "PrivateIpAddresses": "rows: ipv4-addresses", "SecondaryPrivateIpAddressCount": "rows: ipv4-addresses", "SubnetId": "free: of no type",
	},
	reflect.TypeFor[ec2types.LaunchTemplateBlockDeviceMappingRequest](): {
		"DeviceName": "rows: device-name", "Ebs": "rows: volumes and the like", "NoDevice": "rows: volumes, which it takes out", "VirtualName": "rows: instance-store",
	},
	reflect.TypeFor[ec2types.LaunchTemplateEbsBlockDeviceRequest](): {
		"DeleteOnTermination": "free: of no type", "EbsCardIndex": "rows: ebs-card", "Encrypted": "rows: ebs-encryption, hibernation-encryption", "Iops": "rows: iops, block-express",
		"KmsKeyId": "free: of no type", "SnapshotId": "free: of no type", "Throughput": "free: what the type does not reach is not refused", "VolumeInitializationRate": "free: of no type",
		"VolumeSize": "rows: block-express, hibernation-root-size", "VolumeType": "rows: block-express, iops",
	},
	reflect.TypeFor[ec2types.LaunchTemplateInstanceMetadataOptionsRequest](): {
		"HttpEndpoint": "free: of no type", "HttpProtocolIpv6": "rows: metadata-ipv6", "HttpPutResponseHopLimit": "free: of no type", "HttpTokens": "free: of no type", "InstanceMetadataTags": "free: of no type",
	},
	reflect.TypeFor[ec2types.LaunchTemplatePlacementRequest](): {
		"Affinity": "free: of hosts", "AvailabilityZone": "elsewhere: the override's", "AvailabilityZoneId": "elsewhere: the override's", "GroupId": "rows: host-group", "GroupName": "rows: host-group, placement-strategy",
		"HostId": "free: hosts are not simulated", "HostResourceGroupArn": "free: hosts are not simulated", "PartitionNumber": "rows: placement-strategy", "SpreadDomain": "free: reserved", "Tenancy": "rows: dedicated, dedicated-host",
	},
}

// So that a field of the next SDK version does not slip by.
func TestEachFieldOfTheSDKsTemplateIsJudgedOrSaidToBindNoType(t *testing.T) {
	t.Parallel()
	for typ, have := range fields {
		known := 0
		for _, f := range reflect.VisibleFields(typ) {
			if !f.IsExported() {
				continue
			}
			known++
			if have[f.Name] == "" {
				t.Errorf("%s.%s: no row judges it, and nothing says why", typ.Name(), f.Name)
			}
		}
		if known != len(have) {
			t.Errorf("%s has %d fields, the table %d", typ.Name(), known, len(have))
		}
	}
}
