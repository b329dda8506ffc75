package snapshot

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// networkCards lists the types with several network cards, and those that the
// data has no interfaces of: cards x interfaces of each, or the interfaces card
// by card (EC2 user guide, "Network cards" and "Maximum IP addresses per
// network interface"; NetworkCards of DescribeInstanceTypes).
var networkCards = newTable(`
c6in m6idn m6in r6idn r6in: 32xlarge,metal=2x8
dl1 p4d p4de: 24xlarge=4x15
g6e: 24xlarge=2x10 48xlarge=4x10
hpc6id: 32xlarge=2x1
hpc7a: 12xlarge,24xlarge,48xlarge,96xlarge=2x2
i7ie: 48xlarge,metal-48xl=8,7
p5 p5e: 48xlarge=32x2
p5en: 48xlarge=16x4
trn1: 32xlarge=8x5
trn1n: 32xlarge=16x5
trn2: 48xlarge=16x2
u7in-16tb u7in-24tb u7in-32tb: 224xlarge=2x8
hpc6a: 48xlarge=1x2
cr1 hs1: 8xlarge=1x8
g2: 2xlarge=1x4 8xlarge=1x8
g3: 4xlarge,8xlarge=1x8 16xlarge=1x15
g3s: xlarge=1x4
p2: xlarge=1x4 8xlarge,16xlarge=1x8
`)

// ipv4 are the addresses per interface of those types that the data has no
// interfaces of (EC2 user guide, "Maximum IP addresses per network interface").
var ipv4 = newTable(`
cr1 hs1: 8xlarge=30
g2: 2xlarge=15 8xlarge=30
g3: 4xlarge,8xlarge=30 16xlarge=50
g3s: xlarge=15
p2: xlarge=15 8xlarge,16xlarge=30
hpc6a p5e trn2: 48xlarge=50
hpc6id: 32xlarge=50
hpc7a: 12xlarge,24xlarge,48xlarge,96xlarge=50
p4de: 24xlarge=50
`)

// baselineGbps is the bandwidth that a type has always, where it is less than
// that of its name: "Up to 10 Gigabit", "High", and the few plain ones that
// the service itself rates lower (EC2 instance types guide, "Network
// specifications", column Baseline; BaselineBandwidthInGbps).
var baselineGbps = newTable(`
a1: medium=0.5 large=0.75 xlarge=1.25 2xlarge=2.5 4xlarge,metal=5
c1: medium=0.3 xlarge=1
c3 r3: large=0.5 xlarge=0.7 2xlarge=1 4xlarge=2 8xlarge=5
c4: large=0.625 xlarge=1.25 2xlarge=2.5 4xlarge=5
c5 c5a c5ad c5d i3 m5 m5d r4 r5 r5b r5d: large=0.75 xlarge=1.25 2xlarge=2.5 4xlarge=5
c5n: large=3 xlarge=5 2xlarge=10 4xlarge=15
c6a c6i c6id c7i m6a m6i m6id m7i r6a r6i r6id r7i r7iz: large=0.781 xlarge=1.562 2xlarge=3.125 4xlarge=6.25
c6g c6gd m6g m6gd r6g r6gd x2gd: medium=0.5 large=0.75 xlarge=1.25 2xlarge=2.5 4xlarge=5
c6gn: medium=1.6 large=3 xlarge=6.3 2xlarge=12.5
c6in m6idn m6in r6idn r6in: large=3.125 xlarge=6.25 2xlarge=12.5 4xlarge=25
c7a m7a r7a: medium=0.39 large=0.781 xlarge=1.562 2xlarge=3.125 4xlarge=6.25
c7g c7gd m7g m7gd r7g r7gd: medium=0.52 large=0.937 xlarge=1.876 2xlarge=3.75 4xlarge=7.5
c7gn: medium=3.125 large=6.25 xlarge=12.5 2xlarge=25
c7i-flex m7i-flex: large=0.39 xlarge=0.781 2xlarge=1.562 4xlarge=3.125 8xlarge=6.25 12xlarge=9.375 16xlarge=12.5
c8g c8gd m8g m8gd r8g r8gd x8g: medium=0.52 large=0.937 xlarge=1.875 2xlarge=3.75 4xlarge=7.5
d2 g5g: xlarge=1.25 2xlarge=2.5 4xlarge=5
d3: xlarge=3 2xlarge=6 4xlarge=12.5
d3en: xlarge=6 2xlarge=12.5
f1: 2xlarge=2.5 4xlarge,16xlarge=5
g3: 4xlarge=5
g4ad: xlarge=2 2xlarge=4.167 4xlarge=8.333
g4dn: xlarge=5 2xlarge=10 4xlarge=20
g5 g6: xlarge=2.5 2xlarge=5 4xlarge=10
g6e: xlarge=2.5 2xlarge=5
gr6: 4xlarge=10
h1: 2xlarge=2.5 4xlarge=5
i2: xlarge=0.7 2xlarge=1 4xlarge=2
i3en: large=2.1 xlarge=4.2 2xlarge=8.4 3xlarge=12.5
i4g i4i: large=0.781 xlarge=1.875 2xlarge=4.687 4xlarge=9.375
i7ie: large=2.083 xlarge=4.166 2xlarge=8.333 3xlarge,6xlarge=12.5 12xlarge=25 18xlarge=37.5 24xlarge,metal-24xl=50
i8g: large=1.172 xlarge=2.344 2xlarge=4.688 4xlarge=9.375 8xlarge=25 12xlarge=28.125 16xlarge=37.5 24xlarge,metal-24xl=56.25 48xlarge=100
im4gn: large=3.125 xlarge=6.25 2xlarge=12.5
inf1: xlarge,2xlarge=5
inf2: xlarge=2.083 8xlarge=16.667
is4gen: medium=1.562 large=3.125 xlarge=6.25 2xlarge=12.5
m1: small,medium=0.3 large=0.7 xlarge=1
m2: xlarge=0.3 2xlarge=0.7 4xlarge=1
m3: medium=0.3 large=0.7 xlarge,2xlarge=1
m4: large=0.45 xlarge=0.75 2xlarge=1 4xlarge=2
m5a m5ad r5a r5ad: large=0.75 xlarge=1.25 2xlarge=2.5 4xlarge=5 8xlarge=7.5
m5dn m5n r5dn r5n: large=2.1 xlarge=4.1 2xlarge=8.125 4xlarge=16.25
m5zn: large=3 xlarge=5 2xlarge=10 3xlarge=15
p3: 2xlarge=2.5 8xlarge,16xlarge=5
t1: micro=0.07
t2: nano=0.032 micro=0.064 small=0.128 medium=0.256 large=0.512 xlarge=0.75 2xlarge=1
t3 t3a t4g: nano=0.032 micro=0.064 small=0.128 medium=0.256 large=0.512 xlarge=1.024 2xlarge=2.048
trn1: 2xlarge=3.125
x1e: xlarge=0.625 2xlarge=1.25 4xlarge=2.5 8xlarge=5
x2iedn: xlarge=1.875 2xlarge=5 4xlarge=12.5
x2iezn: 2xlarge=12.5 4xlarge=15
z1d: large=0.75 xlarge=1.25 2xlarge=2.5 3xlarge=5
`)

// efaInterfaces is MaximumEfaInterfaces (EC2 user guide, "Elastic Fabric
// Adapter", "Supported instance types"); a type without a row has no EFA.
var efaInterfaces = newTable(`
c5n: 9xlarge,18xlarge,metal=1
c6a m6a r6a: 48xlarge,metal=1
c6gn i4g im4gn: 16xlarge=1
c6i c6id i4i m6i m6id r6i r6id x2idn x2iedn: 32xlarge,metal=1
c6in m6idn m6in r6idn r6in: 32xlarge,metal=2
c7a c7i i7ie m7a m7i r7a r7i: 48xlarge,metal-48xl=1
c7g c7gd c7gn m7g m7gd r7g r7gd: 16xlarge,metal=1
c8g c8gd m8g m8gd r8g r8gd x8g: 24xlarge,48xlarge,metal-24xl,metal-48xl=1
dl1 p4d p4de: 24xlarge=4
f2 hpc6a i8g: 48xlarge=1
g4dn: 8xlarge,12xlarge,16xlarge,metal=1
g5 g6: 8xlarge,12xlarge,16xlarge,24xlarge,48xlarge=1
g6e: 8xlarge,12xlarge,16xlarge=1 24xlarge=2 48xlarge=4
gr6: 8xlarge=1
hpc6id: 32xlarge=2
hpc7a: 12xlarge,24xlarge,48xlarge,96xlarge=2
hpc7g: 4xlarge,8xlarge,16xlarge=1
i3en: 12xlarge,24xlarge,metal=1
inf1 p3dn vt1: 24xlarge=1
m5dn m5n r5dn r5n: 24xlarge,metal=1
m5zn x2iezn: 12xlarge,metal=1
p5 p5e: 48xlarge=32
p5en trn2: 48xlarge=16
r7iz: 32xlarge,metal-32xl=1
trn1: 32xlarge=8
trn1n: 32xlarge=16
u7i-12tb: 224xlarge=1
u7i-6tb u7i-8tb: 112xlarge=1
u7in-16tb u7in-24tb u7in-32tb: 224xlarge=2
`)

// enaExpress lists the types with ENA Express (EC2 user guide, "Supported
// instance types for ENA Express").
var enaExpress = newTable(`
c6a m6a r6a: 12xlarge,16xlarge,24xlarge,32xlarge,48xlarge,metal=1
c6gn: 4xlarge,8xlarge,12xlarge,16xlarge=1
c6i c6id c6in i4i m6i m6id m6idn m6in r6i r6id r6idn r6in: 8xlarge,12xlarge,16xlarge,24xlarge,32xlarge,metal=1
c7a m7a r7a: 12xlarge,16xlarge,24xlarge,32xlarge,48xlarge,metal-48xl=1
c7g c7gd m7g m7gd r7g r7gd: 12xlarge,16xlarge,metal=1
c7gn: 4xlarge,8xlarge,12xlarge,16xlarge,metal=1
c7i m7i r7i: 12xlarge,16xlarge,24xlarge,48xlarge,metal-24xl,metal-48xl=1
c8g c8gd m8g m8gd r8g r8gd x8g: 8xlarge,12xlarge,16xlarge,24xlarge,48xlarge,metal-24xl,metal-48xl=1
g6 p5 p5e p5en: 48xlarge=1
g6e: 12xlarge,24xlarge,48xlarge=1
i4g im4gn: 4xlarge,8xlarge,16xlarge=1
i7ie: 3xlarge,6xlarge,12xlarge,18xlarge,24xlarge,48xlarge,metal-24xl,metal-48xl=1
i8g: 8xlarge,12xlarge,16xlarge,24xlarge,48xlarge,metal-24xl=1
r7iz: 8xlarge,12xlarge,16xlarge,32xlarge,metal-16xl,metal-32xl=1
u7i-12tb u7in-16tb u7in-24tb u7in-32tb: 224xlarge=1
u7i-6tb u7i-8tb: 112xlarge=1
x2idn: 16xlarge,24xlarge,32xlarge,metal=1
x2iedn: 8xlarge,16xlarge,24xlarge,32xlarge,metal=1
`)

// weighted are the families whose bandwidth can be shifted between network and
// EBS (EC2 user guide, "Configure bandwidth weighting").
var weighted = []string{"c8g", "c8gd", "m8g", "m8gd", "r8g", "r8gd", "x8g"}

// flexibleQueues are the families whose ENA queues can be spread over the
// interfaces, except bare metal (EC2 user guide, "ENA queues").
var flexibleQueues = []string{"c6i", "c6id", "c6in", "m6i", "m6id", "m6idn", "m6in", "r6i", "r6id", "r6idn", "r6in"}

// networkFacts fills what the network of a type can do.
func networkFacts(t *Type, r row, family string) {
	cards := cardInterfaces(networkCards()[t.Name])
	if r.VPC == nil {
		for _, n := range cards {
			t.NetworkInterfaces += n
		}
		t.IPv4PerInterface = ipv4().integer(t.Name)
	} else {
		t.NetworkInterfaces, t.IPv4PerInterface = r.VPC.ENIs, r.VPC.IPv4
	}
	if t.CardInterfaces = cards; cards == nil && t.NetworkInterfaces > 0 {
		t.CardInterfaces = []int{t.NetworkInterfaces}
	}
	if t.IPv6 = r.IPv6; t.IPv6 { // as many as of IPv4, every type
		t.IPv6PerInterface = t.IPv4PerInterface
	}
	t.BaselineGbps = PlainGbps(r.Network)
	if low, ok := baselineGbps()[t.Name]; ok {
		t.BaselineGbps = PlainGbps(low + " Gigabit")
	}
	t.EFAInterfaces = efaInterfaces().integer(t.Name)
	_, t.ENAExpress = enaExpress()[t.Name]
	if slices.Contains(weighted, family) {
		t.BandwidthWeightings = []string{"default", "ebs-1", "vpc-1"}
	}
	t.FlexibleENAQueues = slices.Contains(flexibleQueues, family) && !t.BareMetal
}

// cardInterfaces reads 4x15 or 8,7; nil of nothing.
func cardInterfaces(s string) []int {
	if s == "" {
		return nil
	}
	if cards, each, ok := strings.Cut(s, "x"); ok {
		return slices.Repeat(integers(each), integers(cards)[0])
	}
	return integers(s)
}

// PlainGbps reads "25 Gigabit" and "4x 100 Gigabit", as NetworkPerformance has
// them; 0 of what names no lower bound: "Up to 10 Gigabit", "High".
func PlainGbps(performance string) float64 {
	figure, ok := strings.CutSuffix(performance, " Gigabit")
	times, each, several := strings.Cut(figure, "x ")
	if !several {
		times, each = "1", figure
	}
	n, err := strconv.Atoi(times)
	gbps, err2 := strconv.ParseFloat(each, 64)
	total := float64(n) * gbps
	if !ok || err != nil || err2 != nil || n < 1 || !(total > 0) || math.IsInf(total, 0) {
		return 0
	}
	return total
}
