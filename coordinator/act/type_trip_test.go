package act

import (
	"context"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/market"
	"autospotting/pkg/cloudsim"
	"autospotting/pkg/snapshot"
)

// What the simulated cloud sells and what is read of it are the same goods: every type of the snapshot comes back as it was.
func TestEveryTypeOfTheSnapshotComesBackFromTheSimulatedCloudAsItIs(t *testing.T) {
	t.Parallel()
	var specs []cloudsim.TypeSpec
	for _, s := range snapshot.Types() {
		specs = append(specs, cloudsim.FromSnapshot(s, 1))
	}
	cloud := cloudsim.New(cloudsim.Config{Types: specs})
	pages := ec2.NewDescribeInstanceTypesPaginator(cloud.NewSession("test").EC2(), &ec2.DescribeInstanceTypesInput{})
	got := map[string]ec2types.InstanceTypeInfo{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range page.InstanceTypes {
			got[string(info.InstanceType)] = info
		}
	}
	if len(got) != len(specs) {
		t.Errorf("%d types come back of %d", len(got), len(specs))
	}
	for _, s := range snapshot.Types() {
		if read := ToType(got[s.Name]); !reflect.DeepEqual(read, market.Type(s)) {
			t.Errorf("%s:\n read %+v\n sold %+v", s.Name, read, market.Type(s))
		}
	}
}
