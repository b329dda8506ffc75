package cloudsim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Shape is how far the error of one override reaches in a fleet.
type Shape string

// The shapes. Which of them an error takes is not documented. That a fleet may fail as a whole, or for the override alone, is aws-facts 9 #13;
// that every override has the culprit's error is assumed, as the worst that an answer can look like.
const (
	WholeFleet    Shape = "whole-fleet"    // CreateFleet answers with the error and launches nothing
	OneOverride   Shape = "one-override"   // the fleet's Errors name the culprit alone; the others launch
	EveryOverride Shape = "every-override" // HTTP 200, nothing launched, and every override has the culprit's error
)

// Poison says that what it names spoils each fleet that has it among its overrides. What is set must all match an override; one that sets
// nothing matches none.
type Poison struct {
	Type   string     // m5.large
	Class  QuotaClass // every type of a quota class
	Subnet string     // every override in a subnet
	Shape  Shape
	Code   string
	Text   string // {type}, {zone} and {subnet} become those of the culprit
	Spot   *bool  // of spot or on-demand fleets alone; nil for both

	calls int
}

func (p *Poison) matches(f *fleet, o fleetOption) bool {
	if p.Type == "" && p.Class == "" && p.Subnet == "" {
		return false
	}
	return (p.Type == "" || p.Type == o.typ) && (p.Class == "" || p.Class == QuotaClassOf(o.typ)) &&
		(p.Subnet == "" || p.Subnet == o.subnet) && (p.Spot == nil || *p.Spot == f.spot)
}

func (p *Poison) text(o fleetOption) string {
	return strings.NewReplacer("{type}", o.typ, "{zone}", o.zone, "{subnet}", o.subnet).Replace(p.Text)
}

// Poison adds a poison. Every CreateFleet is tried with all of them, in their order.
func (c *Cloud) Poison(p Poison) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.calls = 0
	c.poisons = append(c.poisons, &p)
}

// Unpoison takes all poisons away, and what they have counted.
func (c *Cloud) Unpoison() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.poisons = nil
}

// PoisonedCalls is how many CreateFleet calls named what is poisoned, one number for each poison in the order of their adding. A call that is
// answered from its client token is not counted again.
func (c *Cloud) PoisonedCalls() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]int, 0, len(c.poisons))
	for _, p := range c.poisons {
		out = append(out, p.calls)
	}
	return out
}

// poisonedFleet counts, and is what a fleet comes to where a poison reaches beyond its override: an error or an answer; neither where the
// fleet runs.
func (c *Cloud) poisonedFleet(f *fleet) (*ec2.CreateFleetOutput, error) {
	var worst *Poison
	var culprit fleetOption
	for _, p := range c.poisons {
		for _, o := range f.options {
			if p.matches(f, o) {
				p.calls++
				if worst == nil && p.Shape != OneOverride {
					worst, culprit = p, o
				}
				break
			}
		}
	}
	switch {
	case worst == nil:
		return nil, nil
	case worst.Shape == WholeFleet:
		c.emit(Event{Kind: LaunchFailed, Text: fmt.Sprintf("fleet: %s of %s in %s", worst.Code, culprit.typ, culprit.zone)})
		return nil, apiError(worst.Code, "%s", worst.text(culprit))
	}
	out := &ec2.CreateFleetOutput{FleetId: aws.String(f.id), Errors: make([]ec2types.CreateFleetError, 0, len(f.options))}
	for _, o := range f.options {
		f.refuse(out, o, worst.Code, worst.text(culprit))
	}
	return out, nil
}

// unpoisoned are the options in their order, without those that spoil nothing but themselves: their errors are written into the answer, whether
// or not the fleet would have needed them.
func (f *fleet) unpoisoned(out *ec2.CreateFleetOutput) []fleetOption {
	opts := f.ordered()
	if len(f.c.poisons) == 0 {
		return opts
	}
	return slices.DeleteFunc(opts, func(o fleetOption) bool {
		for _, p := range f.c.poisons {
			if p.Shape == OneOverride && p.matches(f, o) {
				f.refuse(out, o, p.Code, p.text(o))
				return true
			}
		}
		return false
	})
}

// Scope is what an error is of, as EC2 documents it.
type Scope string

// The scopes.
const (
	ScopeType    Scope = "type"    // the type does not have what is asked
	ScopePool    Scope = "pool"    // the type in its zone
	ScopeSubnet  Scope = "subnet"  // addresses
	ScopeAccount Scope = "account" // a quota, of a class of families
	ScopeRequest Scope = "request" // as a rule of the whole request, and yet seen of one type
	ScopeUnknown Scope = "unknown"
)

// PoisonError is an error that a fleet can have through one override. Named has words with the type (or zone, subnet) in them, Plain words
// without, as both occur for most codes.
type PoisonError struct {
	Code         string
	Scope        Scope
	Named, Plain string
}

func vcpuLimitText(vcpus int) string {
	return fmt.Sprintf("You have requested more vCPU capacity than your current vCPU limit of %d allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.", vcpus)
}

// PoisonErrors lists the errors that a test of fleets should go through.
func PoisonErrors() []PoisonError {
	zone := "Your requested instance type ({type}) is not supported in your requested Availability Zone ({zone})."
	return []PoisonError{
		{"UnsupportedOperation", ScopeType, "The {type} instance type does not support specifying CpuOptions.", "The requested operation is not supported."},
		{"InvalidParameterCombination", ScopeType, "Enhanced networking with the Elastic Network Adapter (ENA) is required for the '{type}' instance type. Ensure that you are using an AMI that is enabled for ENA.", "Non-Windows instances with a virtualization type of 'hvm' are currently not supported for this instance type."},
		{"InvalidParameterValue", ScopeType, "Invalid value '{type}' for InstanceType.", "The architecture 'i386,x86_64' of the specified instance type does not match the architecture 'arm64' of the specified AMI."},
		{"InvalidParameter", ScopeType, "The parameter is not supported for the instance type {type}.", "The request contains a parameter that is not valid."},
		{"MissingParameter", ScopeRequest, "The instance type {type} requires the parameter CoreCount.", "When specifying CpuOptions you must specify both CoreCount and ThreadsPerCore."},
		{"InstanceCreditSpecification.NotSupported", ScopeType, "The {type} instance type does not support T2 Unlimited.", "The specified instance type does not support the credit specification."},
		{"Unsupported", ScopeType, zone, unsupportedText},
		{"UnsupportedHibernationConfiguration", ScopeType, "The instance type {type} does not support hibernation.", "The requested instance type does not support hibernation."},
		{"AttachmentLimitExceeded", ScopeType, "Interface count 3 exceeds the limit for {type}", "The maximum number of attachments has been exceeded."},
		{"PrivateIpAddressLimitExceeded", ScopeType, "Number of private addresses will exceed limit of {type}.", "Number of private addresses will exceed limit."},
		{"EncryptedVolumesNotSupported", ScopeType, "The instance type {type} does not support encrypted volumes.", "Encrypted Amazon EBS volumes may only be attached to instances that support Amazon EBS encryption."},
		{"InvalidInstanceType", ScopeType, "The following supplied instance types do not exist: [{type}]", "The specified instance type is not valid."},
		{"InvalidBlockDeviceMapping", ScopeRequest, "Invalid block device mapping for {type}.", "Invalid device name."},
		{"InvalidFleetConfiguration", ScopePool, zone, "Your requested instance type (null) is not supported in your requested Availability Zone ({zone})."},
		{"InsufficientInstanceCapacity", ScopePool, "We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone}). Our system will be working on provisioning additional capacity.", "There is no Spot capacity available that matches your request."},
		{"UnfulfillableCapacity", ScopePool, "Unable to fulfill capacity of {type} in {zone}.", "Unable to fulfill capacity due to your request configuration. Please adjust your request and try again."},
		{"SpotMaxPriceTooLow", ScopePool, "Your Spot request price of 0.01 is lower than the minimum required Spot request fulfillment price of {type}.", "Your Spot request price of 0.01 is lower than the minimum required Spot request fulfillment price of 0.02."},
		{"InsufficientFreeAddressesInSubnet", ScopeSubnet, "There are not enough free addresses in subnet '{subnet}' to satisfy the requested number of instances.", "The specified subnet does not have enough free addresses to satisfy the request."},
		{"VcpuLimitExceeded", ScopeAccount, vcpuLimitText(0) + " ({type})", vcpuLimitText(0)},
		{"MaxSpotInstanceCountExceeded", ScopeAccount, "Max spot instance count exceeded ({type})", "Max spot instance count exceeded"},
		{"InstanceLimitExceeded", ScopeAccount, "Your quota allows for 0 more running instance(s) of the type {type}.", "Your quota allows for 0 more running instance(s). You requested at least 1."},
		{"OptInRequired", ScopeType, "You are not subscribed to this service on the instance type {type}.", "In order to use this AWS Marketplace product you need to accept terms and subscribe."},
		{"UnknownCode.Anything", ScopeUnknown, "Something happened to {type}.", "Something happened."},
	}
}
