package market

import (
	"reflect"
	"testing"
)

func TestEachThingThatIsAskedForRefusesWhatLacksItAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		asks Asks
		has  func(*Type) // makes of the original's twin one that is accepted
		want Rule        // of the one that lacks it
		less func(*Type) // how it lacks it, where it is not the twin itself
	}{
		{name: "an architecture of the member that the image has too", asks: Asks{MemberArch: "x86_64"}, has: func(*Type) {}, want: RuleArch, less: func(x *Type) { x.Arch = []string{"arm64"} }},
		{name: "CPU options", asks: Asks{Cores: 1, ThreadsPerCore: 1}, has: func(x *Type) { x.ValidCores, x.ValidThreads = []int{1, 2}, []int{1, 2} }, want: RuleCPUOptions},
		{name: "a number of cores that the type has not", asks: Asks{Cores: 1, ThreadsPerCore: 1}, has: func(x *Type) { x.ValidCores, x.ValidThreads = []int{1}, []int{1} }, want: RuleCPUOptions, less: func(x *Type) { x.ValidCores, x.ValidThreads = []int{2}, []int{1} }},
		{name: "one thread a core", asks: Asks{Cores: 1, ThreadsPerCore: 1}, has: func(x *Type) { x.ValidCores, x.ValidThreads = []int{1}, []int{1} }, want: RuleCPUOptions, less: func(x *Type) { x.ValidCores, x.ValidThreads = []int{1}, []int{2} }},
		{name: "SEV-SNP", asks: Asks{SEVSNP: true}, has: func(x *Type) { x.SEVSNP = true }, want: RuleSEVSNP},
		{name: "nested virtualization", asks: Asks{NestedVirtualization: true}, has: func(x *Type) { x.NestedVirtualization = true }, want: RuleNested},
		{name: "enclaves", asks: Asks{Enclaves: true}, has: func(x *Type) { x.Enclaves = true }, want: RuleEnclaves},
		{name: "a TPM", asks: Asks{TPM: true}, has: func(x *Type) { x.TPM = true }, want: RuleTPM},
		{name: "Nitro", asks: Asks{Nitro: true}, has: func(*Type) {}, want: RuleNitro, less: func(x *Type) { x.NVMe = false }},
		{name: "disks by their names", asks: Asks{DeviceNames: true}, has: func(*Type) {}, want: RuleDeviceNames, less: func(x *Type) { x.NVMe = false }},
		{name: "no more vCPUs", asks: Asks{SameVCPU: true}, has: func(*Type) {}, want: RuleLicence, less: func(x *Type) { x.VCPU++ }},
		{name: "interfaces on a second card", asks: Asks{CardInterfaces: []int{1, 2}}, has: func(x *Type) { x.CardInterfaces = []int{1, 2} }, want: RuleNetworkCards},
		{name: "two on the second card", asks: Asks{CardInterfaces: []int{1, 2}}, has: func(x *Type) { x.CardInterfaces = []int{4, 4} }, want: RuleNetworkCards, less: func(x *Type) { x.CardInterfaces = []int{4, 1} }},
		{name: "three on the only card", asks: Asks{CardInterfaces: []int{3}}, has: func(*Type) {}, want: RuleNetworkCards, less: func(x *Type) { x.CardInterfaces = []int{2} }},
		{name: "EFA", asks: Asks{EFAInterfaces: 2}, has: func(x *Type) { x.EFAInterfaces = 2 }, want: RuleEFA, less: func(x *Type) { x.EFAInterfaces = 1 }},
		{name: "addresses", asks: Asks{IPv4PerInterface: 12}, has: func(x *Type) { x.IPv4PerInterface = 12 }, want: RuleAddresses},
		{name: "addresses where it is not known how many there are", asks: Asks{IPv4PerInterface: 12}, has: func(x *Type) { x.IPv4PerInterface = 0 }, want: RuleAddresses},
		{name: "IPv6 addresses", asks: Asks{IPv6PerInterface: 2}, has: func(x *Type) { x.IPv6PerInterface = 2 }, want: RuleAddresses},
		{name: "IPv6", asks: Asks{IPv6: true}, has: func(x *Type) { x.IPv6 = true }, want: RuleAddresses},
		{name: "ENA Express", asks: Asks{ENAExpress: true}, has: func(x *Type) { x.ENAExpress = true }, want: RuleENAExpress},
		{name: "ENA queues", asks: Asks{ENAQueues: true}, has: func(x *Type) { x.FlexibleENAQueues = true }, want: RuleENAQueues},
		{name: "bandwidth weighted for EBS", asks: Asks{BandwidthWeighting: "ebs-1"}, has: func(x *Type) { x.BandwidthWeightings = []string{"default", "ebs-1"} }, want: RuleWeighting, less: func(x *Type) { x.BandwidthWeightings = []string{"vpc-1"} }},
		{name: "volumes of a type that says nothing", asks: Asks{Volumes: 20}, has: func(*Type) {}, want: RuleVolumes, less: func(x *Type) { x.EBSAttachments = 19 }},
		{name: "volumes", asks: Asks{Volumes: 25}, has: func(x *Type) { x.EBSAttachments = 25 }, want: RuleVolumes},
		{name: "encrypted volumes", asks: Asks{EncryptedVolumes: true}, has: func(*Type) {}, want: RuleEncryption, less: func(x *Type) { x.EBSEncryption = false }},
		{name: "EBS optimization", asks: Asks{EBSOptimized: true}, has: func(*Type) {}, want: RuleEBS, less: func(x *Type) { x.EBSOptimized = false }},
		{name: "a root device on the instance store", asks: Asks{InstanceStoreRoot: true}, has: func(x *Type) { x.RootDevices = []string{"ebs", "instance-store"} }, want: RuleRootDevice},
		{name: "a root volume", has: func(x *Type) { x.RootDevices = []string{"ebs"} }, want: RuleRootDevice, less: func(x *Type) { x.RootDevices = []string{"instance-store"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, has, lacks := original(), original(), original()
			c.has(&has)
			if c.less != nil {
				has2 := has
				lacks = has2
				c.less(&lacks)
			}
			n := Need{Victim: o.Name, Asks: c.asks}
			if r, no := WhyNot(pair(o, has), n, "x1.large"); no {
				t.Errorf("what has it is refused: %s", r)
			}
			if r, _ := WhyNot(pair(o, lacks), n, "x1.large"); r != c.want {
				t.Errorf("what lacks it: refused by %q, want %q", r, c.want)
			}
		})
	}
}

func TestAMemberOfAnotherArchitectureThanTheImageHasNoReplacement(t *testing.T) {
	t.Parallel()
	n := Need{Victim: "o1.large", Arch: "x86_64", Asks: Asks{MemberArch: "arm64"}}
	if r, no := WhyNot(pair(original(), original()), n, "x1.large"); !no || r != RuleArch {
		t.Errorf("refused by %q, want %q", r, RuleArch)
	}
}

func TestWhatTheTypeItselfIsLikeBindsToo(t *testing.T) {
	t.Parallel()
	xen := func(t *Type) { t.NVMe = false }
	for _, c := range []struct {
		name        string
		original, x func(*Type)
		need        Need
		want        Rule
	}{
		{"a tenth less network bandwidth is alike", func(o *Type) { o.BaselineGbps = 10 }, func(x *Type) { x.BaselineGbps = 9 }, Need{}, ""},
		{"more than that is not", func(o *Type) { o.BaselineGbps = 10 }, func(x *Type) { x.BaselineGbps = 8.9 }, Need{}, RuleBandwidth},
		{"unknown bandwidth is not compared", func(o *Type) { o.BaselineGbps = 50 }, func(x *Type) { x.BaselineGbps = 0 }, Need{}, ""},
		{"fewer EBS operations", func(*Type) {}, func(x *Type) { x.EBSBaselineIOPS = 3239 }, Need{}, RuleEBSIOPS},
		{"a tenth fewer of them are alike", func(*Type) {}, func(x *Type) { x.EBSBaselineIOPS = 3240 }, Need{}, ""},
		{"unknown operations are not compared", func(*Type) {}, func(x *Type) { x.EBSBaselineIOPS = 0 }, Need{}, ""},
		{"volumes and further interfaces share a limit", func(*Type) {}, func(x *Type) { x.EBSShared, x.EBSAttachments = true, 10 }, Need{Asks: Asks{Volumes: 8, NetworkInterfaces: 3}}, ""},
		{"and one more is too many", func(*Type) {}, func(x *Type) { x.EBSShared, x.EBSAttachments = true, 10 }, Need{Asks: Asks{Volumes: 9, NetworkInterfaces: 3}}, RuleVolumes},
		{"the first interface is off the limit already", func(*Type) {}, func(x *Type) { x.EBSShared, x.EBSAttachments = true, 10 }, Need{Asks: Asks{Volumes: 10, NetworkInterfaces: 1}}, ""},
		{"where each has its own limit all volumes fit", func(*Type) {}, func(x *Type) { x.EBSAttachments = 10 }, Need{Asks: Asks{Volumes: 10, NetworkInterfaces: 3}}, ""},
		{"with CPU options fewer vCPUs are enough", func(o *Type) { o.VCPU = 4 }, func(x *Type) {
			x.VCPU, x.ValidCores, x.ValidThreads = 2, []int{2}, []int{1}
		}, Need{Asks: Asks{Cores: 2, ThreadsPerCore: 1}}, ""},
		{"one thread a core of half the cores is not enough", func(o *Type) { o.VCPU, o.Cores = 8, 4 }, func(x *Type) {
			x.VCPU, x.Cores, x.ValidThreads = 4, 2, []int{1, 2}
		}, Need{Asks: Asks{ThreadsPerCore: 1}}, RuleVCPU},
		{"a kernel of its own beside an HVM image", func(*Type) {}, func(x *Type) { x.Virtualization = []string{HVM, Paravirtual} }, Need{Asks: Asks{Paravirtual: true}}, RuleVirtualization},
		{"a kernel of its own", func(*Type) {}, func(x *Type) { x.Virtualization = []string{HVM, Paravirtual} }, Need{Virtualization: Paravirtual, Asks: Asks{Paravirtual: true}}, ""},
		{"disks that were no NVMe devices become some", func(*Type) {}, func(x *Type) { x.StorageKind = "nvme" }, Need{UsesInstanceStore: true}, RuleDeviceNames},
		{"disks that were NVMe devices stay so", func(o *Type) { o.StorageKind = "nvme" }, func(*Type) {}, Need{UsesInstanceStore: true}, ""},
		{"disks that nobody uses", func(*Type) {}, func(x *Type) { x.StorageKind = "nvme" }, Need{}, ""},
		{"bare metal nests whatever it says", func(o *Type) { o.BareMetal = true }, func(*Type) {}, Need{Asks: Asks{NestedVirtualization: true}}, ""},
		{"one core of two threads", func(o *Type) { o.VCPU, o.Cores = 2, 1 }, func(x *Type) { x.VCPU, x.ValidCores, x.ValidThreads = 1, []int{1}, []int{2} }, Need{Asks: Asks{Cores: 1, ThreadsPerCore: 2}}, ""},
		{"one thread a core of as many cores is enough", func(o *Type) { o.VCPU, o.Cores = 8, 4 }, func(x *Type) {
			x.VCPU, x.Cores, x.ValidThreads = 4, 4, []int{1}
		}, Need{Asks: Asks{ThreadsPerCore: 1}}, ""},
		{"two threads a core, where it is not known how many cores there are", func(o *Type) { o.VCPU, o.Cores = 4, 0 }, func(x *Type) {
			x.VCPU, x.Cores, x.ValidThreads = 4, 0, []int{2}
		}, Need{Asks: Asks{ThreadsPerCore: 2}}, ""},
		{"and fewer vCPUs then are fewer", func(o *Type) { o.VCPU, o.Cores = 4, 0 }, func(x *Type) {
			x.VCPU, x.Cores, x.ValidThreads = 3, 0, []int{2}
		}, Need{Asks: Asks{ThreadsPerCore: 2}}, RuleVCPU},
		{"an original without instance store whose image maps one", func(o *Type) { o.StorageDisks, o.StorageGB = 0, 0 }, func(x *Type) { x.StorageKind, x.StorageDisks, x.StorageGB = "nvme", 1, 75 },
			Need{UsesInstanceStore: true}, ""},
		{"one disk that was no NVMe device", func(o *Type) { o.StorageDisks, o.StorageGB = 1, 100 }, func(x *Type) { x.StorageKind = "nvme" }, Need{UsesInstanceStore: true}, RuleDeviceNames},
		{"by the owner's word an NVMe image runs on Nitro, not on Xen", func(*Type) {}, xen, Need{NVMe: SupportYes, Asks: Asks{DeviceNames: true}}, RuleDeviceNames},
		{"EBS optimization that nobody asks for and the original has not", func(o *Type) { o.EBSOptimized = false }, func(*Type) {}, Need{}, ""},
		{"EBS optimization that the template asks for", func(o *Type) { o.EBSOptimized = false }, func(*Type) {}, Need{Asks: Asks{EBSOptimized: true}}, RuleEBS},
		{"an EBS root for an instance-store image", func(*Type) {}, func(x *Type) { x.RootDevices = []string{"ebs"} }, Need{Asks: Asks{InstanceStoreRoot: true}}, RuleRootDevice},
		{"the image's architecture again", func(*Type) {}, func(x *Type) { x.Arch = []string{"i386", "x86_64"} }, Need{Arch: "x86_64", Asks: Asks{MemberArch: "x86_64"}}, ""},
		{"a Nitro disk's name on Xen", func(*Type) {}, xen, Need{Asks: Asks{DeviceNames: true}}, RuleDeviceNames},
		{"a Xen disk's name on Nitro", xen, func(x *Type) { x.NVMe = true }, Need{NVMe: SupportNo, ENA: SupportYes, Asks: Asks{DeviceNames: true}}, RuleDeviceNames},
		{"a Xen disk's name on Nitro, by the owner's word", xen, func(x *Type) { x.NVMe = true }, Need{NVMe: SupportYes, ENA: SupportYes, Asks: Asks{DeviceNames: true}}, ""},
		{"nobody knows a disk by name", func(*Type) {}, xen, Need{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := original()
			c.original(&o)
			x := o
			c.x(&x)
			c.need.Victim = o.Name
			if got, _ := WhyNot(pair(o, x), c.need, "x1.large"); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestTheRulesAreListedInTheirOrder(t *testing.T) {
	t.Parallel()
	list := Rules()
	if len(list) != len(rules)+1+len(zoneRules) || list[0] != RuleDenied || list[len(rules)] != RuleQuota || list[len(list)-1] != RuleAvoided {
		t.Errorf("%q", list)
	}
}

func TestFlexIsNotSteady(t *testing.T) {
	t.Parallel()
	steady, flex := original(), original()
	steady.Name = "m7i.large"
	flex.Name = "m7i-flex.large"
	c := pair(steady, original())
	c.Types[flex.Name], c.Offered[Pool{flex.Name, "a"}] = flex, true
	if r, _ := WhyNot(c, Need{Victim: "m7i.large"}, flex.Name); r != RuleFlex {
		t.Errorf("for a steady original: %q, want %q", r, RuleFlex)
	}
	if r, no := WhyNot(c, Need{Victim: "m7i.large", AllowBurstable: true}, flex.Name); no {
		t.Errorf("refused by %q though the owner allows what is not steady", r)
	}
	if r, no := WhyNot(c, Need{Victim: flex.Name}, flex.Name); no {
		t.Errorf("refused by %q in its own place", r)
	}
	burstable := original()
	burstable.Burstable = true
	c.Types["o1.large"] = burstable
	if r, no := WhyNot(c, Need{Victim: "o1.large"}, flex.Name); no {
		t.Errorf("refused by %q for a burstable original", r)
	}
}

func TestATypeThatTheWholeQuotaHasNoRoomForIsRefused(t *testing.T) {
	t.Parallel()
	c := pair(original(), original())
	c.Types["p4d.24xlarge"] = Type{Name: "p4d.24xlarge"}
	x := c.Types["x1.large"]
	c.SpotVCPU = map[Class]int{ClassOf("x1.large"): x.VCPU - 1}
	if r, _ := WhyNot(c, Need{Victim: "o1.large"}, "x1.large"); r != RuleQuota {
		t.Errorf("refused by %q, want %q", r, RuleQuota)
	}
	c.SpotVCPU = map[Class]int{ClassOf("x1.large"): x.VCPU, Standard: 0}
	if r, no := WhyNot(c, Need{Victim: "o1.large"}, "x1.large"); no {
		t.Errorf("refused by %q though the quota has room", r)
	}
}

func TestTheClassOfAType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Class{
		"m5.large": Standard, "c7i-flex.large": Standard, "t4g.nano": Standard, "i4i.large": Standard, "im4gn.large": Standard, "is4gen.medium": Standard, "hs1.8xlarge": Standard,
		"cc2.8xlarge": Standard, "d3en.xlarge": Standard, "z1d.large": Standard, "a1.medium": Standard, "h1.2xlarge": Standard,
		"dl1.24xlarge": ClassDL, "f2.6xlarge": ClassF, "g5.xlarge": ClassG, "gr6.4xlarge": ClassG, "vt1.3xlarge": ClassG, "hpc7g.4xlarge": ClassHPC,
		"u-3tb1.56xlarge": HighMemory, "u7i-12tb.224xlarge": HighMemory, "inf2.xlarge": ClassInf, "p5.48xlarge": ClassP, "trn1.2xlarge": ClassTrn, "x2gd.large": ClassX,
		"mac2.metal": NoClass, "": NoClass, "q1": NoClass,
	} {
		if got := ClassOf(name); got != want {
			t.Errorf("%s is of %q, want %q", name, got, want)
		}
	}
}

func TestWhoAsksForBothAsksForAllOfEach(t *testing.T) {
	t.Parallel()
	fields := reflect.TypeFor[Asks]()
	for i := range fields.NumField() {
		var one Asks
		switch f := reflect.ValueOf(&one).Elem().Field(i); f.Kind() {
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int:
			f.SetInt(3)
		case reflect.String:
			f.SetString("x")
		case reflect.Slice:
			f.Set(reflect.ValueOf([]int{1, 3}))
		}
		if got := (Asks{}).And(one); !reflect.DeepEqual(got, one) {
			t.Errorf("%s: nothing and it are %+v", fields.Field(i).Name, got)
		}
		if got := one.And(Asks{}); !reflect.DeepEqual(got, one) {
			t.Errorf("%s: it and nothing are %+v", fields.Field(i).Name, got)
		}
	}
	a := Asks{Volumes: 2, NetworkInterfaces: 1, CardInterfaces: []int{1, 0, 2}}.And(Asks{Volumes: 1, NetworkInterfaces: 3, CardInterfaces: []int{0, 2}})
	if want := (Asks{Volumes: 2, NetworkInterfaces: 3, CardInterfaces: []int{1, 2, 2}}); !reflect.DeepEqual(a, want) {
		t.Errorf("%+v, want %+v", a, want)
	}
}
