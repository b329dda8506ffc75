package snapshot

import (
	"slices"
	"strconv"
)

// ebsIOPS is the baseline in input/output operations per second: by size, else
// by the baseline bandwidth in Mbps, * for every family that has no row of its
// own (Amazon EBS user guide, "EBS-optimized instances", columns Baseline
// bandwidth and Baseline IOPS).
var ebsIOPS = newTable(`
*: 43=250 45=250 87=500 90=500 174=1000 175=1000 200=800 300=2500 312=2500 315=2500 325=2500 347=2000 350=2000 400=1600 425=3000 450=3600 500=4000
*: 521=2083 525=4000 576=3000 625=2500 630=3600 650=3600 695=4000 700=3000 750=6000 760=2500 792=3600 800=3200 850=5000 950=3000 1000=8000 1042=4167
*: 1085=6000 1150=6000 1153=6000 1188=6000 1190=6000 1235=5000 1250=6000 1562=6250 1564=6667 1580=8333 1584=6667 1700=12000 1750=10000 2000=16000
*: 2083=8333 2300=12000 2307=12000 2375=12000 2500=12000 2800=15000 2880=16000 3125=12500 3168=13333 3170=13333 3500=20000 3750=15000 3800=15000
*: 4000=32000 4167=16667 4750=20000 5000=20000 6250=25000 6300=26700 6780=30000 6800=30000 7000=40000 7500=30000 8000=32000 8333=33333 9500=40000
*: 10000=40000 12000=55000 12500=50000 13570=60000 13600=60000 13750=60000 14000=80000 14250=50000 15000=60000 16000=65000 16667=66667 19000=80000
*: 20000=80000 22500=90000 25000=100000 28500=120000 30000=120000 33333=133333 37500=150000 38000=160000 40000=240000 50000=200000 60000=240000
*: 75000=300000 80000=260000 100000=400000
a1: 800=6000
c5 c5d c5n: 650=4000 2300=10000
c5a c5ad: 1580=6600 3170=13300
c6i c6id m6i m6id r6i r6id: 40000=160000
c6a c7a m6a m7a r6a r7a: 32xlarge=160000
c6gn vt1: 2375=10000
c7i-flex m7i-flex: 625=3600
d3: 1700=10000 5000=30000
d3en: 1700=10000 4000=25000 5000=30000
f1: 3500=44000 14000=75000
g4ad: 400=1700 800=3400 1580=6700 6300=26667
g5: 850=3500
g6 g6e: 1000=4000 2000=8000 16000=64000
gr6: 16000=64000
h1: 1750=12000
i3: 850=6000 3500=16000 7000=32500 14000=65000
i4g i7ie i8g is4gen: 1250=5000 2500=10000
i4i im4gn: 1250=5000 2500=10000 40000=160000
inf1: xlarge=4000
m4: 10000=65000
m5 m5d m5dn m5n r5 r5d r5dn r5n: 4750=18750
m5zn: 800=3333
mac2 mac2-m1ultra: 10000=55000
mac2-m2 mac2-m2pro: 8000=55000
r4: 850=6000 3500=18750 7000=37500 14000=75000
r5b: 1250=5417 2500=10833 5000=21667 10000=43333 20000=86667 30000=130000 40000=173333 60000=260000
r7iz: 19000=76000 40000=160000
trn1: 5000=16250
u7i-12tb u7i-6tb u7i-8tb: 60000=420000
u7in-16tb u7in-24tb u7in-32tb: 100000=420000
x1e: 500=3700 1000=7400
x2gd: 14250=60000
x2idn: 40000=173333 60000=260000
x2iedn: 2500=8125 5000=16250 10000=32500 20000=65000 40000=130000 60000=195000
z1d: 800=3333 1580=6667
`)

// dedicatedVolumes are the families whose volumes share their limit with
// nothing (Amazon EBS user guide, "EBS volume limits", "Dedicated EBS volume
// limit"); dedicatedLimits is that table's, by size, and 32 for smaller ones.
var (
	dedicatedVolumes = []string{"c7a", "c7i", "c7i-flex", "c8g", "c8gd", "f2", "g6", "g6e", "gr6", "hpc7a", "i7ie", "i8g", "m7a", "m7i", "m7i-flex", "m8g", "m8gd",
		"p4d", "p4de", "p5", "p5e", "p5en", "r7a", "r7i", "r7iz", "r8g", "r8gd", "trn2",
		"u7i-12tb", "u7i-6tb", "u7i-8tb", "u7in-16tb", "u7in-24tb", "u7in-32tb", "x8g"}
	dedicatedLimits = map[string]int{"16xlarge": 48, "18xlarge": 48, "24xlarge": 64, "32xlarge": 88, "48xlarge": 128, "112xlarge": 128, "224xlarge": 128,
		"metal-16xl": 39, "metal-24xl": 39, "metal-32xl": 79, "metal-48xl": 79}
)

// volumes are the limits that follow no rule, as MaximumEbsAttachments has
// them, and dl1's by the page's arithmetic.
var volumes = newTable(`
dl1: 24xlarge=15
g5: 48xlarge=9
hpc6id: 32xlarge=23
hpc7a: 12xlarge,24xlarge,48xlarge,96xlarge=27
inf1: xlarge,2xlarge=26 6xlarge=23 24xlarge=11
inf2: xlarge,8xlarge=26 24xlarge,48xlarge=28
mac1: metal=16
mac2 mac2-m1ultra mac2-m2 mac2-m2pro: metal=10
p4d p4de: 24xlarge=28
p5 p5e p5en trn2: 48xlarge=64
trn1: 2xlarge=25 32xlarge=28
trn1n: 32xlarge=28
vt1: 3xlarge=25 6xlarge=23 24xlarge=27
`)

// The limits that are shared (same page): 28 devices on Nitro, of which the
// first network interface, each instance-store disk and each GPU or accelerator take one; 31
// volumes on bare metal; on Xen 40 volumes, of which families with
// paravirtual types keep one back.
const (
	nitroAttachments     = 28
	bareMetalAttachments = 31
	xenAttachments       = 40
)

// instanceStoreRoot are the families that may start from an image in the
// instance store (EC2 user guide, "Root volumes", "Instance store-backed");
// unknownRoot are those that no current document names.
var (
	instanceStoreRoot = []string{"c1", "c3", "d2", "i2", "m1", "m2", "m3", "r3", "x1"}
	unknownRoot       = []string{"cc2", "cr1", "g2", "hs1"}
	paravirtual       = []string{"c1", "c3", "m1", "m2", "m3", "r3", "t1"} // and r3, by its limit of volumes
)

// ebsFacts fills what a type can do with volumes.
func ebsFacts(t *Type, family, size string) {
	t.EBSEncryption = true // every type (Amazon EBS user guide, "Encryption", "Supported instance types")
	switch {
	case slices.Contains(instanceStoreRoot, family):
		t.RootDevices = []string{"ebs", "instance-store"}
	case !slices.Contains(unknownRoot, family):
		t.RootDevices = []string{"ebs"}
	}
	if !known(t.Name) {
		return
	}
	mbps := strconv.Itoa(t.EBSBaselineMbps)
	for _, key := range []string{t.Name, family + "." + mbps, "*." + mbps} {
		if t.EBSBaselineIOPS == 0 {
			t.EBSBaselineIOPS = ebsIOPS().integer(key)
		}
	}
	// The service calls the metal types of i7ie shared, against the page.
	t.EBSAttachments = attachments(*t, family, size)
	t.EBSShared = t.EBSAttachments > 0 && (!slices.Contains(dedicatedVolumes, family) || family == "i7ie" && t.BareMetal)
}

// attachments is MaximumEbsAttachments: volumes beside one network interface.
func attachments(t Type, family, size string) int {
	switch {
	case volumes()[t.Name] != "":
		return volumes().integer(t.Name)
	case slices.Contains(dedicatedVolumes, family):
		return max(dedicatedLimits[size], 32)
	case t.BareMetal && family[0] == 'u': // high memory: it depends on when the instance started
		return 0
	case t.BareMetal:
		return bareMetalAttachments
	case t.NVMe:
		return nitroAttachments - 1 - t.StorageDisks - t.GPUs
	case slices.Contains(paravirtual, family):
		return xenAttachments - 1
	}
	return xenAttachments
}
