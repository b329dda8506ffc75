package cloudsim

import (
	"net/http"
	"time"

	"github.com/aws/smithy-go"
)

// Outage is a time in which one API answers every call with a refusal, without effect, while all the others work. AWS keeps apart buckets
// and control planes for its APIs, so one can be down for minutes by itself.
type Outage struct {
	API       string // service and operation, as "EC2.DescribeSubnets"
	From      time.Time
	Until     time.Time
	Throttled bool // the service's throttling code instead of ServiceUnavailable
}

// Out adds an outage.
func (c *Cloud) Out(o Outage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outages = append(c.outages, o)
}

// Down tells whether an API is out at the moment.
func (c *Cloud) Down(api string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down(api) != nil
}

// EndOutages lets every API answer again.
func (c *Cloud) EndOutages() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outages = nil
}

// API is the call's service and operation, as outages name it.
func (r Call) API() string { return r.Service + "." + r.Op }

func (c *Cloud) down(api string) *Outage {
	now := c.clock()
	for i := range c.outages {
		if o := &c.outages[i]; o.API == api && !now.Before(o.From) && now.Before(o.Until) {
			return o
		}
	}
	return nil
}

// outage is the refusal of a call whose API is out; nil while it answers. The lock is held.
func (c *Cloud) outage(r Call) error {
	switch o := c.down(r.API()); {
	case o == nil:
		return nil
	case o.Throttled:
		return throttled(r.Service)
	}
	return unavailable{&smithy.GenericAPIError{Code: "ServiceUnavailable", Message: "Service Unavailable. Please try again shortly.", Fault: smithy.FaultServer}}
}

// unavailable is an API error with the status of its answer, as the SDK's have it.
type unavailable struct{ *smithy.GenericAPIError }

// HTTPStatusCode is 503.
func (e unavailable) HTTPStatusCode() int { return http.StatusServiceUnavailable }
