package act

import (
	"strings"

	"autospotting/coordinator/decide"
)

// owners says whose each error of a launch is: by the beginning of its code and, where one code has several, by words of its text; the first
// that fits counts (aws-facts 2.3 and 9, 13; EC2 API reference, "error codes"; EC2 user guide, "Troubleshoot instance launch issues"; EC2 Fleet,
// "Fleet request failures"). What is in no row is of unknown owner, and may be one type's.
var owners = []struct {
	code, words string
	owner       decide.Owner
}{
	{"InsufficientInstanceCapacity", "", decide.OfPool},
	{"InsufficientCapacity", "", decide.OfPool},
	{"InsufficientHostCapacity", "", decide.OfPool},
	{"UnfulfillableCapacity", "", decide.OfPool},
	{"ReservationCapacityExceeded", "", decide.OfPool},
	{"SpotMaxPriceTooLow", "", decide.OfPool},
	{"Unsupported", "Availability Zone", decide.OfPool}, // not offered there
	{"InvalidFleetConfiguration", "Availability Zone", decide.OfPool},

	{"InsufficientFreeAddressesInSubnet", "", decide.OfZone},
	{"InsufficientAddressCapacity", "", decide.OfZone},
	{"InvalidSubnet", "", decide.OfZone},
	{"InvalidSubnetID", "", decide.OfZone},

	{"MaxSpotInstanceCountExceeded", "", decide.OfQuota},
	{"VcpuLimitExceeded", "", decide.OfQuota},
	{"InstanceLimitExceeded", "", decide.OfQuota},
	{"MaxFleetCountExceeded", "", decide.OfAccount},
	{"ResourceCountExceeded", "", decide.OfAccount},
	{"VolumeLimitExceeded", "", decide.OfAccount},
	{"MaxIOPSLimitExceeded", "", decide.OfAccount},
	{"NetworkInterfaceLimitExceeded", "", decide.OfAccount},
	{"PendingVerification", "", decide.OfAccount},
	{"Blocked", "", decide.OfAccount},

	{"RequestLimitExceeded", "", decide.OfMoment},
	{"ResourceLimitExceeded", "", decide.OfMoment},
	{"EC2ThrottledException", "", decide.OfMoment},
	{"Throttling", "", decide.OfMoment},
	{"Throttled", "", decide.OfMoment},
	{"InternalError", "", decide.OfMoment},
	{"InternalFailure", "", decide.OfMoment},
	{"Server.", "", decide.OfMoment},
	{"ServiceUnavailable", "", decide.OfMoment},
	{"Unavailable", "", decide.OfMoment},
	{"RequestTimeout", "", decide.OfMoment},

	{"AuthFailure", "", decide.OfTemplate},
	{"UnauthorizedOperation", "", decide.OfTemplate},
	{"InvalidAMI", "", decide.OfTemplate},
	{"InvalidKeyPair", "", decide.OfTemplate},
	{"InvalidGroup", "", decide.OfTemplate},
	{"InvalidSecurityGroup", "", decide.OfTemplate},
	{"InvalidSnapshot", "", decide.OfTemplate},
	{"InvalidUserData", "", decide.OfTemplate},
	{"InvalidLaunchTemplate", "", decide.OfTemplate},
	{"InvalidPlacementGroup", "", decide.OfTemplate},
	{"InvalidParameterValue", "Invalid IAM Instance Profile", decide.OfTemplate},
	{"InvalidParameterValue", "metadata", decide.OfTemplate},
	{"", "iam:PassRole", decide.OfTemplate},
	{"", "KMS", decide.OfTemplate},

	{"OptInRequired", "", decide.OfType}, // a product of the Marketplace may be sold for some types only
	{"InstanceCreditSpecification", "", decide.OfType},
	{"InvalidInstanceType", "", decide.OfType},
	{"UnsupportedHibernationConfiguration", "", decide.OfType},
	{"UnsupportedTenancy", "", decide.OfType},
	{"AttachmentLimitExceeded", "", decide.OfType},
	{"PrivateIpAddressLimitExceeded", "", decide.OfType},
	{"Unsupported", "", decide.OfType},
	{"InvalidParameterCombination", "", decide.OfType},
	{"InvalidParameterValue", "", decide.OfType},
	{"InvalidParameter", "", decide.OfType},
	{"InvalidRequest", "", decide.OfType},
}

// ownerOf finds the owner of an error.
func ownerOf(code, message string) decide.Owner {
	for _, r := range owners {
		if strings.HasPrefix(code, r.code) && strings.Contains(message, r.words) {
			return r.owner
		}
	}
	return decide.OfUnknown
}
