package act

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
)

// three asks three types of two classes, one of them in two zones.
var three = ledger.Launch{Nonce: "n-1", Template: "lt-1", TemplateVersion: "3", Spot: true, Overrides: []ledger.Override{
	{Type: "m5.large", Zone: "us-east-1a", Subnet: "subnet-a"}, {Type: "m5.large", Zone: "us-east-1b", Subnet: "subnet-b"},
	{Type: "g5.xlarge", Zone: "us-east-1a", Subnet: "subnet-a"}, {Type: "t3.large", Zone: "us-east-1b", Subnet: "subnet-b"}}}

// fault is an error of one override.
func fault(code, text, typ, subnet string) types.CreateFleetError {
	return types.CreateFleetError{ErrorCode: &code, ErrorMessage: &text, LaunchTemplateAndOverrides: &types.LaunchTemplateAndOverridesResponse{
		Overrides: &types.FleetLaunchTemplateOverrides{InstanceType: types.InstanceType(typ), SubnetId: &subnet}}}
}

// every repeats an error for all that was asked.
func every(code, text string) (list []types.CreateFleetError) {
	for _, o := range three.Overrides {
		list = append(list, fault(code, text, o.Type, o.Subnet))
	}
	return list
}

func TestAnErrorOfALaunchHasAnOwner(t *testing.T) {
	t.Parallel()
	pool := func(typ, zone, code string, owner decide.Owner) decide.RefusedPool {
		return decide.RefusedPool{Type: typ, Zone: zone, Code: code, Owner: owner}
	}
	for _, c := range []struct {
		name    string
		errs    []types.CreateFleetError
		whole   error
		brought bool
		refused []decide.RefusedPool
		suspect bool
		says    string
	}{
		{name: "no capacity", errs: []types.CreateFleetError{fault("InsufficientInstanceCapacity", "none", "m5.large", "subnet-a")},
			refused: []decide.RefusedPool{pool("m5.large", "us-east-1a", "InsufficientInstanceCapacity", decide.OfPool)}},
		{name: "no capacity anywhere is nobody's fault", errs: every("InsufficientInstanceCapacity", "none"), refused: []decide.RefusedPool{
			pool("m5.large", "us-east-1a", "InsufficientInstanceCapacity", decide.OfPool), pool("m5.large", "us-east-1b", "InsufficientInstanceCapacity", decide.OfPool),
			pool("g5.xlarge", "us-east-1a", "InsufficientInstanceCapacity", decide.OfPool), pool("t3.large", "us-east-1b", "InsufficientInstanceCapacity", decide.OfPool)}},
		{name: "a type that is not offered in the zone", errs: []types.CreateFleetError{fault("Unsupported", "Your requested instance type (t3.large) is not supported in your requested Availability Zone (us-east-1b).", "t3.large", "subnet-b")},
			refused: []decide.RefusedPool{pool("t3.large", "us-east-1b", "Unsupported", decide.OfPool)}},
		{name: "no address left", errs: []types.CreateFleetError{fault("InsufficientFreeAddressesInSubnet", "none", "m5.large", "subnet-b")},
			refused: []decide.RefusedPool{pool("m5.large", "us-east-1b", "InsufficientFreeAddressesInSubnet", decide.OfZone)}},
		{name: "one type's", errs: []types.CreateFleetError{fault("InvalidParameterCombination", "ENA", "t3.large", "subnet-b")}, brought: true,
			refused: []decide.RefusedPool{pool("t3.large", "us-east-1b", "InvalidParameterCombination", decide.OfType)}, says: "InvalidParameterCombination: ENA"},
		{name: "one type's, and its name is said for another", errs: []types.CreateFleetError{fault("InvalidParameterValue", "The t3.large instance type does not have that.", "m5.large", "subnet-a")},
			refused: []decide.RefusedPool{pool("t3.large", "", "InvalidParameterValue", decide.OfType)}, says: "t3.large"},
		{name: "the same of all, as one of them may cause it", errs: every("InstanceCreditSpecification.NotSupported", "no credits"), suspect: true, says: "no credits"},
		{name: "the same of all, which nobody knows", errs: every("SomethingNew", "no"), suspect: true, says: "SomethingNew: no"},
		{name: "the same of all, with the one's name", errs: every("UnsupportedOperation", "t3.large cannot hibernate"), says: "t3.large", refused: []decide.RefusedPool{
			pool("t3.large", "", "UnsupportedOperation", decide.OfType), pool("t3.large", "us-east-1b", "UnsupportedOperation", decide.OfType)}},
		{name: "no capacity, and it is said of all that one has none", errs: every("InsufficientInstanceCapacity", "not sufficient t3.large"), refused: []decide.RefusedPool{
			pool("t3.large", "us-east-1b", "InsufficientInstanceCapacity", decide.OfPool)}},
		{name: "the whole request, for a pool that is named", whole: refusedBy("InsufficientInstanceCapacity", "not sufficient t3.large"), refused: []decide.RefusedPool{
			pool("t3.large", "us-east-1b", "InsufficientInstanceCapacity", decide.OfPool)}, says: "InsufficientInstanceCapacity"},
		{name: "the whole request, for a subnet that is named", whole: refusedBy("InsufficientFreeAddressesInSubnet", "not enough in subnet-b"), refused: []decide.RefusedPool{
			pool("", "us-east-1b", "InsufficientFreeAddressesInSubnet", decide.OfZone)}, says: "InsufficientFreeAddressesInSubnet"},
		{name: "the whole request, for a type that nobody knows the error of", whole: refusedBy("SomethingNew", "of t3.large"), refused: []decide.RefusedPool{
			pool("t3.large", "", "SomethingNew", decide.OfType)}, says: "SomethingNew"},
		{name: "the same of two that were asked, not of the third", errs: every("InvalidParameterValue", "no")[:2], says: "InvalidParameterValue: no", refused: []decide.RefusedPool{
			pool("m5.large", "us-east-1a", "InvalidParameterValue", decide.OfType), pool("m5.large", "us-east-1b", "InvalidParameterValue", decide.OfType)}},
		{name: "the template's", errs: every("InvalidAMIID.NotFound", "gone"), says: "the image is gone"},
		{name: "a quota of one class", errs: []types.CreateFleetError{fault("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded", "g5.xlarge", "subnet-a")},
			refused: []decide.RefusedPool{pool("g5.xlarge", "us-east-1a", "MaxSpotInstanceCountExceeded", decide.OfQuota)}, says: "raise the vCPU quota"},
		{name: "the whole request, as one may cause it", whole: refusedBy("UnsupportedOperation", "no"), suspect: true, says: "UnsupportedOperation: no"},
		{name: "the whole request, with the one's name", whole: refusedBy("InvalidParameterCombination", "The instance type 't3.large' needs ENA."),
			refused: []decide.RefusedPool{pool("t3.large", "", "InvalidParameterCombination", decide.OfType)}, says: "t3.large"},
		{name: "the whole request, with a list of all", whole: refusedBy("InvalidParameterCombination", "one of m5.large, g5.xlarge, t3.large"), suspect: true, says: "one of"},
		{name: "the whole request, of which nobody knows", whole: refusedBy("SomethingNew", "no"), suspect: true, says: "SomethingNew"},
		{name: "the whole request, for the template", whole: refusedBy("InvalidKeyPair.NotFound", "no"), says: "the key pair is gone"},
		{name: "the whole request, for a quota of one of two classes", whole: refusedBy("MaxSpotInstanceCountExceeded", "no"), suspect: true, says: "raise the vCPU quota"},
		{name: "the whole request, for the account", whole: refusedBy("MaxFleetCountExceeded", "no"), says: "MaxFleetCountExceeded"},
		{name: "later it works", whole: refusedBy("RequestLimitExceeded", "no"), says: "RequestLimitExceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acc := web()
			acc.fleet = &ec2.CreateFleetOutput{Errors: c.errs}
			if c.brought {
				acc.fleet.Instances = []types.CreateFleetInstance{{InstanceIds: []string{"i-9"}, InstanceType: "m5.large"}}
			}
			if c.whole != nil {
				acc.failing("ec2.CreateFleet", c.whole)
			}
			got := acc.actor().Apply(t.Context(), "web", decide.Action{Kind: decide.LaunchOne, Launch: &three}, noon.Add(time.Minute))
			if !reflect.DeepEqual(got.Refused, c.refused) || got.Suspect != c.suspect || !strings.Contains(got.Detail, c.says) || c.says == "" && got.Detail != "" {
				t.Errorf("refused %+v, suspect %t, %q", got.Refused, got.Suspect, got.Detail)
			}
		})
	}
	one := three
	one.Overrides = three.Overrides[:1]
	acc := web()
	acc.failing("ec2.CreateFleet", refusedBy("MaxSpotInstanceCountExceeded", "no"))
	got := acc.actor().Apply(t.Context(), "web", decide.Action{Kind: decide.LaunchOne, Launch: &one}, noon.Add(time.Minute))
	if want := []decide.RefusedPool{{Type: "m5.large", Code: "MaxSpotInstanceCountExceeded", Owner: decide.OfQuota}}; !reflect.DeepEqual(got.Refused, want) || got.Suspect {
		t.Errorf("a quota of the only class: %+v, suspect %t", got.Refused, got.Suspect)
	}
}

func TestATypeIsNamedOnlyByItsWholeName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"instance type m5.large.": "[m5.large]", "m5.large2 or xm5.large or m5.larger": "[]", "(t3.large)": "[t3.large]", "'g5.xlarge', m5.large": "[g5.xlarge m5.large]", "": "[]",
	} {
		got := typesNamed(three, text)
		if s := strings.Join(got, " "); "["+s+"]" != want {
			t.Errorf("%q names %v, want %s", text, got, want)
		}
	}
}
