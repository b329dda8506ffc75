package snapshot

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// row is one line of origin/instance-types.jsonl; what it leaves empty stays out of types.jsonl.
type row struct {
	Name       string   `json:"instance_type"`
	Family     string   `json:"family,omitempty"`
	Generation string   `json:"generation,omitempty"`
	Arch       []string `json:"arch"`
	VCPU       int      `json:"vCPU"`
	MemoryGiB  float64  `json:"memory"`
	GPU        int      `json:"GPU,omitempty"`
	GPUModel   string   `json:"GPU_model,omitempty"`
	FPGA       int      `json:"FPGA,omitempty"`
	Storage    *struct {
		Devices int  `json:"devices,omitempty"`
		SizeGB  int  `json:"size,omitempty"` // of each device
		SSD     bool `json:"ssd,omitempty"`
		NVMe    bool `json:"nvme_ssd,omitempty"`
	} `json:"storage,omitempty"`
	EBSOptimized   bool     `json:"ebs_optimized,omitempty"`
	EBSMBps        float64  `json:"ebs_baseline_throughput,omitempty"` // megabytes per second; EC2 cuts 1562.5 Mbps to 1562
	Virtualization []string `json:"linux_virtualization_types,omitempty"`
	VPC            *struct {
		ENIs int `json:"max_enis,omitempty"`
		IPv4 int `json:"ips_per_eni,omitempty"`
	} `json:"vpc,omitempty"`
	Network string              `json:"network_performance,omitempty"`
	IPv6    bool                `json:"ipv6_support,omitempty"`
	Zones   map[string][]string `json:"availability_zones,omitempty"` // region → zone IDs
}

// typ converts a row and derives what it lacks.
func (r row) typ(spot bool) Type {
	t := Type{
		Name: r.Name, VCPU: r.VCPU, MemoryMiB: int(math.Round(r.MemoryGiB * 1024)), Arch: r.Arch,
		EBSBaselineMbps: int(r.EBSMBps * 8), EBSOptimized: r.EBSOptimized,
		CurrentGeneration: r.Generation == "current", Spot: spot,
	}
	for _, v := range r.Virtualization {
		t.Virtualization = append(t.Virtualization, virtualizationNames[v])
	}
	if s := r.Storage; s != nil {
		t.StorageDisks, t.StorageGB, t.StorageKind = s.Devices, s.Devices*s.SizeGB, "hdd"
		if s.SSD {
			t.StorageKind = "ssd"
		}
		if s.NVMe {
			t.StorageKind = "nvme"
		}
	}
	derive(&t, r)
	return t
}

var virtualizationNames = map[string]string{"HVM": "hvm", "PV": "paravirtual"}

// readPrices reads the format of origin/linux-prices-by-region.csv; rows has the zones of each type, and may be nil.
func readPrices(r io.Reader, rows map[string]row) (map[string][]Price, error) {
	records := csv.NewReader(r)
	records.ReuseRecord = true
	if _, err := records.Read(); err != nil { // header
		return nil, err
	}
	prices := map[string][]Price{}
	for {
		rec, err := records.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		p, err := price(rec)
		if err != nil {
			line, _ := records.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		region := strings.Clone(rec[1])
		p.ZoneIDs = rows[p.Type].Zones[region]
		prices[region] = append(prices[region], p)
	}
	for _, list := range prices {
		slices.SortFunc(list, func(a, b Price) int { return strings.Compare(a.Type, b.Type) })
	}
	return prices, nil
}

// price reads one record: instance_type, region, ondemand, spot_avg,
// spot_min, spot_max, spot_per_az_sorted, pct_interrupt, pct_savings_od.
func price(rec []string) (Price, error) {
	if len(rec) != 9 {
		return Price{}, fmt.Errorf("%d fields, want 9", len(rec))
	}
	p := Price{Type: strings.Clone(rec[0]), InterruptBucket: strings.Clone(rec[7])}
	var errs [5]error
	p.OnDemandUSD, errs[0] = number(rec[2])
	p.SpotAvgUSD, errs[1] = number(rec[3])
	p.SpotMinUSD, errs[2] = number(rec[4])
	p.SpotMaxUSD, errs[3] = number(rec[5])
	for f := range strings.FieldsSeq(rec[6]) {
		v, err := number(f)
		errs[4] = errors.Join(errs[4], err)
		p.PerZoneSorted = append(p.PerZoneSorted, v)
	}
	return p, errors.Join(errs[:]...)
}

// number reads a price; empty is 0, unknown.
func number(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.ParseFloat(s, 64)
}
