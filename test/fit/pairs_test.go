package fit

import (
	"strings"
	"testing"

	"autospotting/pkg/cloudsim"
)

// pair is what EC2 does with a template on some types: the code of its refusal, "impaired" for an instance that does not come up, "launches".
// A verdict may be followed by the reason's name. Spot pairs say so.
type pair struct {
	template, verdict, types string
	spot                     bool
}

const (
	launches   = "launches"
	impaired   = "impaired"
	combined   = "InvalidParameterCombination"
	operation  = "UnsupportedOperation"
	attachment = "AttachmentLimitExceeded"
	value      = "InvalidParameterValue"
	hibernate  = "UnsupportedHibernationConfiguration"
)

// Picked and judged by hand after AWS's documents, not taken from a run.
var pairs = []pair{
	{template: "web-plain", verdict: launches, types: "m5.large t3.large m4.large r4.xlarge c5n.18xlarge m7i-flex.large g4dn.xlarge r5.metal t2.micro"},
	{template: "web-plain", verdict: value + " architecture", types: "m6g.large m7g.large t4g.large a1.large"},
	{template: "web-plain", verdict: combined + " hvm-image", types: "t1.micro m1.small"},
	{template: "web-plain", verdict: "Unsupported usage-class", types: "hpc6a.48xlarge p6-b300.48xlarge", spot: true},
	{template: "web-plain", verdict: launches, types: "m5.large p4d.24xlarge", spot: true},
	{template: "eks-three-interfaces", verdict: launches, types: "m5.large m5a.large c5.large t3.large r4.xlarge c4.large i3.large"},
	{template: "eks-three-interfaces", verdict: attachment + " interfaces", types: "m4.large t2.micro m3.medium hpc6a.48xlarge"},
	{template: "eks-prefix-delegation", verdict: launches, types: "m5.large t3.large c5.large r5.metal"},
	{template: "eks-prefix-delegation", verdict: operation + " prefixes", types: "m4.large r4.xlarge i3.large t2.large"},
	{template: "secondary-addresses", verdict: launches, types: "t3.large t3a.large t2.large m5.xlarge r4.xlarge g5.xlarge"},
	{template: "secondary-addresses", verdict: "PrivateIpAddressLimitExceeded", types: "inf1.xlarge m5.large m4.large c5.large t2.micro g4dn.xlarge"},
	{template: "t3-unlimited", verdict: launches, types: "t3.large t3a.large t2.large t2.micro"},
	{template: "t3-unlimited", verdict: "InstanceCreditSpecification.NotSupported", types: "m5.large r5.large m4.large c5.large m7i-flex.large r5.metal"},
	{template: "t2-standard", verdict: "InstanceCreditSpecification.NotSupported", types: "m5.large m6i.large"},
	{template: "t2-standard", verdict: launches, types: "t2.micro t2.large t3.large t3a.large"},
	{template: "one-thread-a-core", verdict: launches, types: "m5.large r5.large c5.large m4.large g4dn.xlarge t3.large m6a.large c6a.4xlarge"},
	{template: "one-thread-a-core", verdict: operation + " cpu-options", types: "t2.micro t2.large r5.metal"},
	{template: "one-thread-a-core", verdict: value + " cpu-cores", types: "m5.xlarge c5n.18xlarge m6a.48xlarge p4d.24xlarge inf1.xlarge"},
	{template: "two-cores", verdict: launches, types: "m5.xlarge r4.xlarge g4dn.xlarge inf1.xlarge c6a.4xlarge p4d.24xlarge"},
	{template: "two-cores", verdict: value + " cpu-cores", types: "m5.large m4.large c4.large c5n.18xlarge m6a.48xlarge"},
	{template: "two-cores", verdict: value + " cpu-threads", types: "m7a.large"},
	{template: "two-cores", verdict: operation + " cpu-options", types: "t2.large"},
	{template: "sev-snp", verdict: launches, types: "m6a.large c6a.4xlarge"},
	{template: "sev-snp", verdict: operation + " sev-snp", types: "m5.large m6i.large m6a.48xlarge m7a.large t3.large"},
	{template: "nested-virtualization", verdict: launches, types: "m8i.large"},
	{template: "nested-virtualization", verdict: operation + " nested-virtualization", types: "m7i.large m5.large m6a.large r5.metal"},
	{template: "enclave", verdict: launches, types: "m5.xlarge c6a.4xlarge g4dn.xlarge"},
	{template: "enclave", verdict: operation + " enclaves", types: "m5.large m7a.large t3.large m4.large r4.xlarge t2.micro r5.metal"},
	{template: "hibernate", verdict: launches, types: "m5.large c5.large r5.large t3.large m4.large m5.xlarge t2.large"},
	{template: "hibernate", verdict: hibernate + " hibernation", types: "c5n.9xlarge g4dn.xlarge r5.12xlarge r5.metal m8i.large"},
	{template: "hibernate", verdict: hibernate + " hibernation-root-size", types: "r4.xlarge m6i.8xlarge c6a.4xlarge"},
	{template: "hibernate", verdict: hibernate + " hibernation-spot", types: "m5.large", spot: true},
	{template: "hibernate-open-root", verdict: hibernate + " hibernation-encryption", types: "m5.large c5.large t3.large"},
	{template: "windows-tpm", verdict: launches, types: "m5.large t3.large m6i.large c5n.9xlarge"},
	{template: "windows-tpm", verdict: combined + " boot-mode", types: "m4.large t2.large r4.xlarge p4d.24xlarge r5.metal"},
	{template: "uefi-only", verdict: launches, types: "m5.large m6a.large t3.large"},
	{template: "uefi-only", verdict: combined + " boot-mode", types: "m4.large t2.micro i3.large r5.metal"},
	{template: "legacy-bios", verdict: launches, types: "m5.large m4.large r5.metal p4d.24xlarge"},
	{template: "legacy-bios", verdict: value + " architecture", types: "m6g.large mac1.metal"},
	{template: "ipv6-only-subnet", verdict: launches, types: "m5.large t3.large m6i.large"},
	{template: "ipv6-only-subnet", verdict: operation + " ipv6-only-subnet", types: "t2.micro m4.large r4.xlarge"},
	{template: "ipv6-only-subnet", verdict: operation + " ipv6", types: "m3.medium"},
	{template: "metadata-ipv6", verdict: launches, types: "m5.large c5.large r5.metal"},
	{template: "metadata-ipv6", verdict: operation + " metadata-ipv6", types: "r4.xlarge m4.large t2.large i3.large"},
	{template: "ipv6-addresses", verdict: launches, types: "m5.large m4.large t2.micro"},
	{template: "ipv6-addresses", verdict: operation + " ipv6", types: "m3.medium"},
	{template: "ten-volumes", verdict: launches, types: "r5.large m5d.large m4.large t2.micro i3en.large p4d.24xlarge"},
	{template: "thirty-volumes", verdict: launches, types: "m7i.large m7a.large m8i.large m7i-flex.large"},
	{template: "thirty-volumes", verdict: attachment + " volumes", types: "m5.large r5.large m6i.large p4d.24xlarge inf1.xlarge"},
	{template: "io2-64000", verdict: launches, types: "r5.large r4.xlarge m4.large"},
	{template: "io2-block-express", verdict: launches, types: "r5.large c5.large m6i.large"},
	{template: "io2-block-express", verdict: operation + " block-express", types: "r4.xlarge m4.large t2.large"},
	{template: "raid-of-nvme", verdict: launches, types: "m5d.large i3en.large g4dn.xlarge g5.xlarge"},
	{template: "raid-of-nvme", verdict: impaired + " nvme-names", types: "m5.large m4.large i3.large r4.xlarge"},
	{template: "data-volume-nvme", verdict: launches, types: "r5.large m5.large m5d.large"},
	{template: "data-volume-nvme", verdict: impaired + " nvme-names", types: "r4.xlarge m4.large t2.large"},
	{template: "m4-xvd", verdict: launches, types: "m4.large r4.xlarge t2.large i3.large"},
	{template: "m4-xvd", verdict: impaired + " xen-names", types: "m5.large t3.large r5.large r5.metal"},
	{template: "xvd-with-links", verdict: launches, types: "m4.large m5.large t3.large"},
	{template: "pv-m1", verdict: launches, types: "m1.small m3.medium t1.micro"},
	{template: "pv-m1", verdict: combined + " paravirtual-image", types: "t2.micro m4.large m5.large"},
	{template: "hvm-kernel", verdict: combined + " kernel", types: "m3.medium m4.large"},
	{template: "ephemeral-m3", verdict: launches, types: "m3.medium"},
	{template: "ephemeral-m3", verdict: impaired + " instance-store", types: "m4.large r4.xlarge t2.large"},
	{template: "ephemeral-m3", verdict: impaired + " instance-store", types: "i3.large"},
	{template: "i386", verdict: launches, types: "t2.micro"},
	{template: "i386", verdict: value + " architecture", types: "m5.large t2.large m4.large m3.medium t4g.large"},
	{template: "graviton", verdict: launches, types: "m7g.large m6g.large t4g.large a1.large m8g.large"},
	{template: "graviton", verdict: value + " architecture", types: "m5.large t3.large mac1.metal"},
	{template: "old-centos", verdict: launches, types: "m4.large t2.large c4.large m3.medium r4.xlarge i3.large"},
	{template: "old-centos", verdict: combined + " ena", types: "m5.large t3.large c5n.9xlarge r5.metal"},
	{template: "ena-without-driver", verdict: launches, types: "r4.xlarge m4.large"},
	{template: "ena-without-driver", verdict: impaired + " no-nvme-driver", types: "m5.large r5.metal"},
	{template: "instance-store-image", verdict: combined + " shutdown-behavior", types: "m3.medium"},
	{template: "instance-store-root", verdict: launches, types: "m3.medium"},
	{template: "instance-store-root", verdict: operation + " root-device", types: "m4.large t2.micro c4.large"},
	{template: "efa-one", verdict: launches, types: "c5n.18xlarge c5n.9xlarge p4d.24xlarge hpc6a.48xlarge"},
	{template: "efa-one", verdict: operation + " efa", types: "m5.large t3.large p6-b300.48xlarge r5.metal"},
	{template: "efa-four-cards", verdict: launches, types: "p4d.24xlarge"},
	{template: "efa-four-cards", verdict: attachment + " network-card", types: "c5n.18xlarge c6in.32xlarge m6i.8xlarge"},
	{template: "efa-only-card", verdict: launches, types: "p6-b300.48xlarge p4d.24xlarge c6in.32xlarge"},
	{template: "efa-only-card", verdict: attachment + " network-card", types: "c5n.18xlarge m5.large"},
	{template: "two-cards", verdict: launches, types: "c6in.32xlarge p4d.24xlarge"},
	{template: "two-cards", verdict: attachment + " network-card", types: "m5.large c5n.18xlarge r5.metal"},
	{template: "ena-express", verdict: launches, types: "m6i.8xlarge m6a.48xlarge c6in.32xlarge"},
	{template: "ena-express", verdict: operation + " ena-express", types: "m5.large c5n.18xlarge m4.large m6i.large"},
	{template: "ena-queues", verdict: launches, types: "m6i.8xlarge c6in.32xlarge"},
	{template: "ena-queues", verdict: operation + " ena-queues", types: "m5.large m4.large"},
	{template: "bandwidth-weighting", verdict: launches, types: "m8g.large"},
	{template: "bandwidth-weighting", verdict: operation + " bandwidth-weighting", types: "m7g.large m6g.large t4g.large"},
	{template: "gpu", verdict: launches, types: "g4dn.xlarge g5.xlarge m5.large"},
	{template: "inferentia", verdict: launches, types: "inf1.xlarge m5.large"},
	{template: "licence-by-core", verdict: launches, types: "m5.large r5.large t3.large"},
	{template: "dedicated", verdict: launches, types: "m5.large t3.large m4.large"},
	{template: "dedicated", verdict: "Unsupported dedicated", types: "t2.micro t2.large"},
	{template: "host", verdict: launches, types: "m5.large r5.large"},
	{template: "host", verdict: "Unsupported dedicated-host", types: "t2.large hpc6a.48xlarge"},
	{template: "host", verdict: combined + " spot-host", types: "m5.large", spot: true},
	{template: "partition", verdict: launches, types: "m5.large t3.large t2.micro"},
	{template: "reservation-open", verdict: launches, types: "m5.large r5.large"},
	{template: "reservation-open", verdict: launches, types: "m5.large", spot: true},
	{template: "reservation-target", verdict: launches, types: "m5.large"},
	{template: "reservation-target", verdict: combined + " reservation-target", types: "r5.large c5.large"},
	{template: "reservation-target", verdict: combined + " spot-reservation", types: "m5.large r5.large", spot: true},
	{template: "rhel", verdict: launches, types: "m5.large t3.large"},
	{template: "suse", verdict: launches, types: "r5.large m4.large"},
	{template: "ebs-optimized-t2", verdict: launches, types: "m5.large t3.large m4.large"},
	{template: "ebs-optimized-t2", verdict: "Unsupported ebs-optimized", types: "t2.large t2.micro m3.medium"},
	{template: "encrypted-volumes", verdict: launches, types: "m5.large m3.medium t2.micro"},
	{template: "no-metadata", verdict: launches, types: "m5.large m4.large"},
	{template: "metadata-tags", verdict: launches, types: "m5.large m4.large"},
	{template: "metadata-tags", verdict: operation + " spot-stop-protection", types: "m5.large", spot: true},
	{template: "protected", verdict: launches, types: "m5.large"},
	{template: "protected", verdict: operation + " spot-termination-protection", types: "m5.large r5.large", spot: true},
	{template: "private-dns", verdict: launches, types: "m5.large t3.large"},
	{template: "mac-builder", verdict: launches, types: "mac1.metal"},
	{template: "mac-builder", verdict: value + " architecture", types: "m5.large"},
}

func TestEC2DoesWithEachTemplateWhatItsDocumentsSay(t *testing.T) {
	t.Parallel()
	templates, types := read(t)
	count := 0
	for _, p := range pairs {
		tpl, known := templates[p.template]
		if !known {
			t.Errorf("no template %s", p.template)
			continue
		}
		for _, name := range strings.Fields(p.types) {
			typ, known := types[name]
			if !known {
				t.Errorf("%s: no type %s in types.json", p.template, name)
				continue
			}
			count++
			got := cloudsim.Judge(tpl.Launch(typ, p.spot))
			if want, reason, _ := strings.Cut(p.verdict, " "); word(got) != want || (reason != "" && got.Reason != reason) {
				t.Errorf("%s on %s, spot %t: %s %s %q %q, want %s", p.template, name, p.spot, word(got), got.Reason, got.Text, got.Impaired, p.verdict)
			}
		}
	}
	if count < 150 {
		t.Errorf("%d pairs are too few to tell", count)
	}
	t.Logf("%d pairs", count)
}

func word(o cloudsim.Outcome) string {
	switch {
	case o.Refused():
		return o.Code
	case o.Impaired != "":
		return impaired
	}
	return launches
}
