package dataset

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"autospotting/pkg/snapshot"
)

const onDemandFormat = "write a header with instance_type,region,ondemand, and USD per hour"

// onDemand is a region's on-demand prices, and the interruption buckets that the same file may carry.
type onDemand struct {
	usd     map[string]float64
	buckets map[string]int
	regions map[string]bool
}

func readOnDemand(r io.Reader, region string) (onDemand, error) {
	out := onDemand{usd: map[string]float64{}, buckets: map[string]int{}, regions: map[string]bool{}}
	rows := csv.NewReader(r)
	rows.FieldsPerRecord, rows.ReuseRecord = -1, true
	head, err := rows.Read()
	if err != nil {
		return out, &Error{Line: 1, Reason: "no header", Remedy: onDemandFormat}
	}
	col := map[string]int{}
	for i, name := range head {
		col[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	typ, hasType := col["instance_type"]
	usd, hasUSD := col["ondemand"]
	reg, hasRegion := col["region"]
	bucket, hasBucket := col["pct_interrupt"]
	if !hasType || !hasUSD || !hasRegion {
		return out, &Error{Line: 1, Reason: "its header lacks instance_type, region or ondemand", Remedy: onDemandFormat}
	}
	for {
		rec, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, csvError(err)
		}
		line, _ := rows.FieldPos(0)
		if len(rec) <= max(typ, usd, reg) {
			return out, &Error{Line: line, Reason: fmt.Sprintf("%d fields", len(rec)), Remedy: onDemandFormat}
		}
		out.regions[strings.Clone(rec[reg])] = true
		if rec[reg] != region || strings.TrimSpace(rec[usd]) == "" {
			continue
		}
		price, err := strconv.ParseFloat(strings.TrimSpace(rec[usd]), 64)
		if err != nil || price < 0 || math.IsNaN(price) || math.IsInf(price, 0) {
			return out, &Error{Line: line, Reason: fmt.Sprintf("%q is no price", rec[usd]), Remedy: onDemandFormat}
		}
		name := strings.Clone(rec[typ])
		if price > 0 {
			out.usd[name] = price
		}
		if hasBucket && bucket < len(rec) {
			if b, ok := bucketLabelled(rec[bucket]); ok {
				out.buckets[name] = b
			}
		}
	}
}

func bucketLabelled(label string) (int, bool) {
	i := slices.IndexFunc(published(), func(b Bucket) bool { return b.Label == strings.TrimSpace(label) })
	return i, i >= 0
}

// builtInOnDemand is the snapshot's.
func builtInOnDemand(region string) onDemand {
	out := onDemand{usd: map[string]float64{}, buckets: map[string]int{}}
	for _, p := range snapshot.Prices(region) {
		if p.OnDemandUSD > 0 {
			out.usd[p.Type] = p.OnDemandUSD
		}
		if b, ok := bucketLabelled(p.InterruptBucket); ok {
			out.buckets[p.Type] = b
		}
	}
	return out
}

// readAdvisor reads the Spot Instance Advisor's JSON as AWS publishes it.
func readAdvisor(r io.Reader, region string) (Advisor, error) {
	const remedy = "give spot-advisor-data.json as AWS publishes it, or leave --advisor out"
	var doc struct {
		Regions map[string]map[string]map[string]struct {
			R *int `json:"r"`
		} `json:"spot_advisor"`
		Ranges []struct {
			Index int     `json:"index"`
			Label string  `json:"label"`
			Max   float64 `json:"max"`
		} `json:"ranges"`
	}
	if err := json.NewDecoder(r).Decode(&doc); err != nil {
		return Advisor{}, &Error{Reason: "not the advisor's JSON: " + err.Error(), Remedy: remedy}
	}
	types, ok := doc.Regions[region]["Linux"]
	if !ok {
		return Advisor{}, &Error{Reason: fmt.Sprintf("it says nothing of Linux in %s; it knows %s", region, some(slices.Sorted(maps.Keys(doc.Regions)))), Remedy: remedy}
	}
	a := Advisor{Buckets: published(), ByType: map[string]int{}, Fallback: middling}
	if n := len(doc.Ranges); n > 0 {
		a.Buckets = make([]Bucket, n)
		slices.SortFunc(doc.Ranges, func(x, y struct {
			Index int     `json:"index"`
			Label string  `json:"label"`
			Max   float64 `json:"max"`
		}) int {
			return x.Index - y.Index
		})
		from := 0.0
		for i, b := range doc.Ranges {
			to := b.Max / 100
			if b.Index != i || to <= from || to > 1 {
				return Advisor{}, &Error{Reason: fmt.Sprintf("its range %q does not follow the one before", b.Label), Remedy: remedy}
			}
			a.Buckets[i] = Bucket{Index: i, Label: b.Label, From: from, To: to}
			from = to
		}
		a.Fallback = min(middling, n-1)
	}
	for name, one := range types {
		if one.R == nil || *one.R < 0 || *one.R >= len(a.Buckets) {
			return Advisor{}, &Error{Reason: fmt.Sprintf("type %s in %s has no bucket r of 0 to %d", name, region, len(a.Buckets)-1), Remedy: remedy}
		}
		a.ByType[name] = *one.R
	}
	return a, nil
}

// some lists a few names of many.
func some(names []string) string {
	if len(names) > 8 {
		return strings.Join(names[:8], ", ") + " …"
	}
	return strings.Join(names, ", ")
}
