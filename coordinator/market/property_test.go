package market

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var eastZones = []string{"us-east-1a", "us-east-1b", "us-east-1c"}

func east(t testing.TB) Catalog {
	t.Helper()
	c, err := FromSnapshot("us-east-1", eastZones)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// reshuffled copies a map by inserting in another order, so that its
// iteration order differs too.
func reshuffled[K comparable, V any](r *rand.Rand, compare func(a, b K) int, m map[K]V) map[K]V {
	keys := slices.SortedFunc(maps.Keys(m), compare)
	r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	out := make(map[K]V)
	for _, k := range keys {
		out[k] = m[k]
	}
	return out
}

// someNeed draws an original, an owner's wishes and a group's holding.
func someNeed(r *rand.Rand, c Catalog) (Need, Holding, Shunned, int) {
	all := slices.Sorted(maps.Keys(c.Types))
	pick := func() string { return all[r.IntN(len(all))] }
	n := Need{Victim: pick(), Zones: eastZones[:1+r.IntN(3)], UsesInstanceStore: r.IntN(2) == 0, AllowBurstable: r.IntN(2) == 0,
		ENA: []Support{SupportUnknown, SupportYes, SupportNo}[r.IntN(3)], BootMode: []string{"", UEFI, LegacyBIOS, UEFIPreferred}[r.IntN(4)],
		Asks: Asks{NetworkInterfaces: r.IntN(3), Volumes: r.IntN(4), TPM: r.IntN(9) == 0, EncryptedVolumes: r.IntN(5) == 0}, Margin: r.Float64() / 2}
	if r.IntN(3) == 0 {
		n.Deny = []string{c.Types[pick()].Family() + ".*"}
	}
	held, avoid := Holding{}, Shunned{}
	for range r.IntN(30) {
		held[Pool{pick(), n.Zones[r.IntN(len(n.Zones))]}]++
		avoid[Pool{pick(), n.Zones[r.IntN(len(n.Zones))]}] = true
	}
	return n, held, avoid, 1 + r.IntN(60)
}

func TestTheAnswerDoesNotDependOnMapOrder(t *testing.T) {
	t.Parallel()
	c := east(t)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		n, held, avoid, size := someNeed(r, c)
		first, firstErr := Candidates(c, n, n.Zones[0], held, avoid, size)
		c2 := c
		c2.Types, c2.SpotUSD = reshuffled(r, strings.Compare, c.Types), reshuffled(r, ComparePools, c.SpotUSD)
		again, againErr := Candidates(c2, n, n.Zones[0], reshuffled(r, ComparePools, held), reshuffled(r, ComparePools, avoid), size)
		if !reflect.DeepEqual(first, again) || (firstErr == nil) != (againErr == nil) || (firstErr != nil && firstErr.Error() != againErr.Error()) {
			t.Fatalf("seed %d, %+v: the answer changed\n%v %v\n%v %v", seed, n, first, firstErr, again, againErr)
		}
	}
}

// TestNoCandidateIsEverLessThanTheOriginal checks the promises themselves,
// written anew, not through the table of rules.
func TestNoCandidateIsEverLessThanTheOriginal(t *testing.T) {
	t.Parallel()
	c := east(t)
	found := 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		n, held, avoid, size := someNeed(r, c)
		zone := n.Zones[r.IntN(len(n.Zones))]
		list, _ := Candidates(c, n, zone, held, avoid, size)
		found += len(list)
		for _, cand := range list {
			if wrong := betrayal(c, n, zone, avoid, cand); wrong != "" {
				t.Errorf("seed %d: %s for %s in %s: %s", seed, cand.Type, n.Victim, zone, wrong)
			}
		}
	}
	if found < 1000 {
		t.Errorf("only %d candidates were looked at: the test looks away", found)
	}
}

func betrayal(c Catalog, n Need, zone string, avoid map[Pool]bool, cand Candidate) string {
	o, x := c.Types[n.Victim], c.Types[cand.Type]
	switch {
	case cand.Zone != zone || !c.Offered[cand.Pool] || avoid[cand.Pool]:
		return "wrong zone, not offered, or avoided"
	case x.VCPU < o.VCPU || x.MemoryMiB < o.MemoryMiB || float64(x.EBSBaselineMbps) < 0.9*float64(o.EBSBaselineMbps):
		return "less CPU, memory or EBS throughput"
	case o.GPUs > 0 && (x.GPUs < o.GPUs || x.GPUModel != o.GPUModel):
		return "less GPU"
	case n.UsesInstanceStore && (x.StorageDisks < o.StorageDisks || x.StorageGB < o.StorageGB):
		return "less instance storage"
	case slices.Contains(o.Arch, "arm64") != slices.Contains(x.Arch, "arm64"):
		return "other architecture"
	case x.Burstable && !o.Burstable && !n.AllowBurstable:
		return "burstable"
	case x.NVMe && !o.NVMe, x.ENA == ENARequired && o.ENA != ENARequired && n.ENA != SupportYes:
		return "driver missing"
	case !x.Spot, cand.SpotUSD <= 0, cand.SpotUSD != c.SpotUSD[cand.Pool], cand.SpotUSD >= c.OnDemandUSD[n.Victim]*(1-n.margin()):
		return "price"
	case len(n.Deny) > 0 && strings.TrimSuffix(n.Deny[0], ".*") == x.Family():
		return "denied"
	}
	return ""
}

// TestAGroupSwappedOneByOneEndsUpSpread plays the whole group of the demo and
// larger ones, always taking the first candidate.
func TestAGroupSwappedOneByOneEndsUpSpread(t *testing.T) {
	t.Parallel()
	c := east(t)
	for _, size := range []int{2, 3, 6, 30, 120} {
		n := Need{Victim: "m5.large", Zones: eastZones, Arch: "x86_64", Virtualization: HVM, ENA: SupportYes}
		held, paid := Holding{}, 0.0
		for i := range size {
			zone := eastZones[i%len(eastZones)]
			list, err := Candidates(c, n, zone, held, nil, size)
			if err != nil {
				t.Fatal(err)
			}
			held[list[0].Pool]++
			paid += list[0].SpotUSD
		}
		largest := slices.Max(slices.Collect(maps.Values(held)))
		if wanted := (size + 2) / 3; largest > max(1, (wanted+1)/2) {
			t.Errorf("size %d: a pool holds %d of the %d in its zone", size, largest, wanted)
		}
		for p := range held {
			if held.OfType(p.Type) > (size+1)/2 {
				t.Errorf("size %d: %s has more than half of the group", size, p.Type)
			}
		}
		if paid/float64(size) > 0.096*0.6 {
			t.Errorf("size %d: %.4f USD/h on average is little below on-demand 0.096", size, paid/float64(size))
		}
	}
}

func TestTheSnapshotCatalogSaysWhatItAssumes(t *testing.T) {
	t.Parallel()
	c := east(t)
	if !strings.Contains(c.Source, "spring 2025") || !strings.Contains(c.Source, "order of price") || len(c.Assumptions) < 3 || c.AsOf.Year() != 2025 {
		t.Errorf("source %q of %v, assumptions %q", c.Source, c.AsOf, c.Assumptions)
	}
	if c.OnDemandUSD["m5.large"] != 0.096 || c.SpotUSD[Pool{"m5.large", "us-east-1b"}] != 0.0323 || !c.Offered[Pool{"m5.large", "us-east-1c"}] {
		t.Error("m5.large of us-east-1 is not as in the data")
	}
	if _, err := FromSnapshot("moon-1", eastZones); err == nil || !strings.Contains(err.Error(), `"moon-1"`) || !strings.Contains(err.Error(), "us-east-1") {
		t.Errorf("unknown region: %v", err)
	}
	if _, err := FromSnapshot("us-east-1", nil); err == nil {
		t.Error("a catalog without zones is accepted")
	}
}

func BenchmarkCandidates(b *testing.B) {
	c := east(b)
	n := Need{Victim: "m5.large", Zones: eastZones}
	for b.Loop() {
		if _, err := Candidates(c, n, eastZones[0], nil, nil, 6); err != nil {
			b.Fatal(err)
		}
	}
}
