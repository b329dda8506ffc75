package watch

import (
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// noting is a transport that notes where it is asked to go.
type noting struct{ hosts []string }

func (n *noting) RoundTrip(r *http.Request) (*http.Response, error) {
	n.hosts = append(n.hosts, r.URL.Host)
	return nil, errors.New("nobody is there")
}

func TestTheSDKsVariablesChooseTheMetadatasAddress(t *testing.T) {
	for _, c := range []struct {
		name, mode, endpoint string
		want                 string
		bad                  bool
	}{
		{"as it comes", "", "", "169.254.169.254", false},
		{"IPv4", "IPv4", "", "169.254.169.254", false},
		{"IPv6", "IPv6", "", "[fd00:ec2::254]", false},
		{"in any case", "ipv6", "", "[fd00:ec2::254]", false},
		{"an endpoint goes before", "IPv6", "http://127.0.0.1:1338", "127.0.0.1:1338", false},
		{"no family", "IPv5", "", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", c.endpoint)
			mode, err := EndpointMode(func(string) string { return c.mode })
			if c.bad {
				if err == nil || err.Error() != `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: "IPv5" is no address family: want IPv4 or IPv6` {
					t.Errorf("got %v", err)
				}
				return
			}
			asked := &noting{}
			_, _ = NewClient(asked, mode).GetMetadata(t.Context(), &imds.GetMetadataInput{Path: "spot/instance-action"})
			if err != nil || len(asked.hosts) == 0 || asked.hosts[0] != c.want {
				t.Errorf("asked %q, %v", asked.hosts, err)
			}
		})
	}
}
