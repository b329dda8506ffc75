package cloudsim

import (
	"slices"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Launch is one launch as EC2 judges it: what is asked for, of which image, on which type. The type is what DescribeInstanceTypes answers for
// it; a limit that the answer does not name is no limit.
type Launch struct {
	Data     *ec2types.RequestLaunchTemplateData
	Image    Image
	Type     ec2types.InstanceTypeInfo
	Spot     bool
	IPv6Only bool                       // the subnet has no IPv4 addresses
	Strategy ec2types.PlacementStrategy // of the template's placement group; empty where it names none
}

// Outcome is what becomes of a launch. The zero value launches an instance that works.
type Outcome struct {
	Reason     string // the row of the table that decided; empty where none did
	Code, Text string // EC2's refusal; empty where the instance is launched
	Impaired   string // launched, but it does not come up: why. Its status checks fail
}

// Refused says that EC2 launches nothing.
func (v Outcome) Refused() bool { return v.Code != "" }

// Reason is one row of the table of what EC2 refuses, or launches in vain.
type Reason struct {
	Name string
	Code string // of the refusal; empty where the instance is launched and does not come up
	// Doc is where it is documented, or the report that quotes EC2's words. "Ours" are a code or words that no source quotes. A † says that the
	// page was known, and not read again for this table: of it a row is the first to be doubted.
	Doc string
}

// rule is a reason and what it asks: EC2's words when it applies, empty when it does not.
type rule struct {
	Reason
	text func(*ask) string
}

// Reasons lists every row, in the order in which they are asked. EC2 documents no order between its refusals; the first one is told.
func Reasons() []Reason {
	var out []Reason
	for _, r := range slices.Concat(refusals, impairments) {
		out = append(out, r.Reason)
	}
	return out
}

// refusals and impairments are the table, in the order in which it is asked.
var (
	refusals    = slices.Concat(imageRows, marketRows, processorRows, hibernationRows, interfaceRows, addressRows, storageRows, placementRows)
	impairments = guestRows
)

// Judge tells what EC2 does with a launch. Capacity, quotas, prices and the zones that offer a type are not its matter.
func Judge(l Launch) Outcome {
	if l.Data == nil {
		l.Data = &ec2types.RequestLaunchTemplateData{}
	}
	a := newAsk(l)
	for _, r := range refusals {
		if text := r.text(a); text != "" {
			return Outcome{Reason: r.Name, Code: r.Code, Text: text}
		}
	}
	for _, r := range impairments {
		if text := r.text(a); text != "" {
			return Outcome{Reason: r.Name, Impaired: text}
		}
	}
	return Outcome{}
}

// judge is Judge for a launch of this cloud.
func (c *Cloud) judge(d *ec2types.RequestLaunchTemplateData, im *image, typ, subnet string, spot bool) Outcome {
	l := Launch{Data: d, Image: im.Image, Type: c.types[typ].describe(), Spot: spot}
	if s := c.subnetByID(subnet); s != nil {
		l.IPv6Only = s.ipv6Only
	}
	if p := d.Placement; p != nil && p.GroupName != nil {
		l.Strategy = c.strategies[*p.GroupName]
	}
	return Judge(l)
}

// SetPlacementGroup says that a placement group exists, and of which strategy it is.
func (c *Cloud) SetPlacementGroup(name string, s ec2types.PlacementStrategy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.strategies == nil {
		c.strategies = map[string]ec2types.PlacementStrategy{}
	}
	c.strategies[name] = s
}

// SetIPv6Only makes a subnet one without IPv4 addresses.
func (c *Cloud) SetIPv6Only(subnetID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.subnetByID(subnetID); s != nil {
		s.ipv6Only = true
	}
}
