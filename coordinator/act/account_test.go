package act

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotatypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

// board is a shelf that several actors share.
type board struct {
	items       map[string][]byte
	loads, puts int
	err         error
}

func (b *board) Load(_ context.Context, name string) ([]byte, error) {
	b.loads++
	return b.items[name], b.err
}

func (b *board) Save(_ context.Context, name string, body []byte) error {
	b.puts++
	if b.err == nil {
		if b.items == nil {
			b.items = map[string][]byte{}
		}
		b.items[name] = body
	}
	return b.err
}

// dry launches where there is no capacity in the first pool.
func dry(t *testing.T, acc *cloud, a *Actor) {
	t.Helper()
	acc.fleet = &ec2.CreateFleetOutput{Errors: []types.CreateFleetError{fault("InsufficientInstanceCapacity", "none", "m5.large", "subnet-a")}}
	a.Apply(t.Context(), "web", decide.Action{Kind: decide.LaunchOne, Launch: &three}, acc.now.Add(time.Minute))
}

func (a *Actor) wide(t *testing.T, heard bool) decide.World {
	t.Helper()
	var w decide.World
	a.wholeAccount(t.Context(), &w, heard)
	return w
}

func TestWhatOneGroupWasRefusedTheOthersDoNotAsk(t *testing.T) {
	t.Parallel()
	acc, shared := web(), &board{}
	one, other := acc.actor(), acc.stranger()
	one.Shelf, other.Shelf = shared, shared
	if w := other.wide(t, true); len(w.Shared) != 0 {
		t.Fatalf("at first %v is known", w.Shared)
	}
	dry(t, acc, one)
	if w := one.wide(t, true); w.Shared["m5.large/us-east-1a"].Why != "InsufficientInstanceCapacity" {
		t.Errorf("the one that was refused knows %v", w.Shared)
	}
	if w := other.wide(t, true); len(w.Shared) != 0 {
		t.Errorf("within the minute it is not read again, yet %v is known", w.Shared)
	}
	acc.now = acc.now.Add(accountFor)
	if w := other.wide(t, true); w.Shared["m5.large/us-east-1a"].Why != "InsufficientInstanceCapacity" {
		t.Errorf("the other knows %v", w.Shared)
	}
	loads := shared.loads
	if other.wide(t, true); shared.loads != loads {
		t.Error("read again at every look")
	}
	acc.now = acc.now.Add(sharedFor)
	if w := other.wide(t, true); len(w.Shared) != 0 {
		t.Errorf("after its time %v is avoided", w.Shared)
	}
}

func TestWhatIsSharedHoldsForEveryGroup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code  string
		owner decide.Owner
		spot  bool
		want  string
	}{
		{"InsufficientInstanceCapacity", decide.OfPool, true, "m5.large/us-east-1a"},
		{"InsufficientInstanceCapacity", decide.OfPool, false, "m5.large/us-east-1a on-demand"},
		{"UnfulfillableCapacity", decide.OfPool, true, "m5.large/us-east-1a"},
		{"MaxSpotInstanceCountExceeded", decide.OfQuota, true, "class:" + string(market.Standard) + "/*"},
		{"VcpuLimitExceeded", decide.OfQuota, false, "class:" + string(market.Standard) + "/* on-demand"},
		{"SpotMaxPriceTooLow", decide.OfPool, true, ""},          // its own bid
		{"InvalidParameterCombination", decide.OfType, true, ""}, // its own template
		{"InsufficientFreeAddressesInSubnet", decide.OfZone, true, ""},
	} {
		a := web().actor()
		a.learnShared(ledger.Launch{Spot: c.spot}, []decide.RefusedPool{{Type: "m5.large", Zone: "us-east-1a", Code: c.code, Owner: c.owner}})
		if got := strings.Join(slices.Collect(maps.Keys(a.cache.account.Pools)), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.code, got, c.want)
		}
	}
	a := web().actor()
	a.learnShared(ledger.Launch{Spot: true}, []decide.RefusedPool{{Type: "m5.large", Code: "InsufficientInstanceCapacity", Owner: decide.OfPool}})
	if len(a.cache.account.Pools) != 0 {
		t.Errorf("of a pool without a zone: %v", a.cache.account.Pools)
	}
}

func TestWhatCannotBeSharedIsKnownHereAndToldLater(t *testing.T) {
	t.Parallel()
	acc, shared := web(), &board{err: errLost}
	a := acc.actor()
	a.Shelf = shared
	dry(t, acc, a)
	for range 2 {
		if w := a.wide(t, true); len(w.Shared) != 1 {
			t.Errorf("known is %v", w.Shared)
		}
	}
	shared.err = nil
	if a.wide(t, true); len(shared.items[accountItem]) == 0 {
		t.Error("not told when it could be")
	}
	puts := shared.puts
	if a.wide(t, true); shared.puts != puts {
		t.Error("told again though nothing is new")
	}
	shared.items[accountItem] = []byte("{")
	acc.now = acc.now.Add(accountFor)
	if w := a.wide(t, true); len(w.Shared) != 1 {
		t.Errorf("beside an item that cannot be read %v is known", w.Shared)
	}
}

// quotaPages answers ListServiceQuotas in pages of one.
type quotaPages struct {
	list  []quotatypes.ServiceQuota
	calls int
	err   error
}

func (q *quotaPages) ListServiceQuotas(_ context.Context, in *servicequotas.ListServiceQuotasInput, _ ...func(*servicequotas.Options)) (*servicequotas.ListServiceQuotasOutput, error) {
	q.calls++
	if q.err != nil {
		return nil, q.err
	}
	n := 0
	if in.NextToken != nil {
		n = int((*in.NextToken)[0] - 'a')
	}
	out := &servicequotas.ListServiceQuotasOutput{Quotas: q.list[n : n+1]}
	if n+1 < len(q.list) {
		out.NextToken = aws.String(string(rune('a' + n + 1)))
	}
	return out, nil
}

func TestQuotasAreReadByTheTickOnceAnHour(t *testing.T) {
	t.Parallel()
	quota := func(code string, value float64) quotatypes.ServiceQuota {
		return quotatypes.ServiceQuota{QuotaCode: &code, Value: &value}
	}
	acc, shared := web(), &board{}
	q := &quotaPages{list: []quotatypes.ServiceQuota{quota("L-34B43A08", 256), quota("L-0263D0A3", 5), quota("L-1216C47A", 64), quota("L-7212CCBC", 0), {QuotaCode: aws.String("L-417A185B")}}}
	a, other := acc.actor(), acc.stranger()
	a.Quotas, a.Shelf, other.Shelf = q, shared, shared
	if w := a.wide(t, true); q.calls != 0 || w.Catalog.SpotVCPU != nil {
		t.Errorf("on the way of a notice %d calls, %v", q.calls, w.Catalog.SpotVCPU)
	}
	w := a.wide(t, false)
	spot, onDemand := map[market.Class]int{market.Standard: 256, market.ClassP: 0}, map[market.Class]int{market.Standard: 64}
	if !maps.Equal(w.Catalog.SpotVCPU, spot) || !maps.Equal(w.Catalog.OnDemandVCPU, onDemand) || q.calls != len(q.list) {
		t.Errorf("%v and %v after %d calls", w.Catalog.SpotVCPU, w.Catalog.OnDemandVCPU, q.calls)
	}
	if a.wide(t, false); q.calls != len(q.list) {
		t.Error("read at every tick")
	}
	if w := other.wide(t, true); !maps.Equal(w.Catalog.SpotVCPU, spot) {
		t.Errorf("the other process knows %v", w.Catalog.SpotVCPU)
	}
	acc.now = acc.now.Add(quotasFor)
	q.err = errLost
	if w := a.wide(t, false); q.calls != len(q.list)+1 || !maps.Equal(w.Catalog.SpotVCPU, spot) {
		t.Errorf("where they cannot be read: %v after %d calls", w.Catalog.SpotVCPU, q.calls)
	}
	if a.wide(t, false); q.calls != len(q.list)+1 {
		t.Error("what cannot be read is asked for again within the hour")
	}
}
