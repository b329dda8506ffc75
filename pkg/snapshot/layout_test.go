package snapshot

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var write = flag.Bool("write", false, "write types.jsonl and prices.bin from origin/")

func opened(t testing.TB, name string) io.Reader {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// original is the data as it came.
type original struct {
	rows   map[string]row
	prices map[string][]Price // by region
	saving map[[2]string]int  // of a type and a region
}

func readOriginal(t testing.TB) original {
	t.Helper()
	o := original{rows: map[string]row{}, saving: map[[2]string]int{}}
	for dec := json.NewDecoder(opened(t, "origin/instance-types.jsonl.gz")); ; {
		var r row
		err := dec.Decode(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		o.rows[r.Name] = r
	}
	text, err := io.ReadAll(opened(t, "origin/linux-prices-by-region.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if o.prices, err = readPrices(bytes.NewReader(text), o.rows); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range records[1:] {
		if percent, err := strconv.Atoi(rec[8]); err == nil {
			o.saving[[2]string{rec[0], rec[1]}] = percent
		}
	}
	return o
}

func (o original) sold(name string) bool {
	for _, list := range o.prices {
		for _, p := range list {
			if p.Type == name && (p.SpotAvgUSD > 0 || len(p.PerZoneSorted) > 0) {
				return true
			}
		}
	}
	return false
}

func (o original) typeLines(t testing.TB) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	for _, name := range slices.Sorted(maps.Keys(o.rows)) {
		r := o.rows[name]
		r.Zones = nil
		if err := e.Encode(line{r, o.sold(name)}); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// priceBlocks lays the prices out as region.prices reads them.
func (o original) priceBlocks(t testing.TB) []byte {
	types := slices.Sorted(maps.Keys(o.rows))
	index, blocks := binary.AppendUvarint(nil, uint64(len(o.prices))), []byte(nil)
	for _, name := range slices.Sorted(maps.Keys(o.prices)) {
		var zones []string
		for _, p := range o.prices[name] {
			zones = append(zones, p.ZoneIDs...)
		}
		slices.Sort(zones)
		zones = slices.Compact(zones)
		block := o.block(t, name, types, zones)
		index = append(binary.AppendUvarint(index, uint64(len(name))), name...)
		index = binary.AppendUvarint(index, uint64(len(zones)))
		for _, id := range zones {
			index = append(binary.AppendUvarint(index, uint64(len(id))), id...)
		}
		index = binary.AppendUvarint(index, uint64(len(block)))
		blocks = append(blocks, block...)
	}
	return append(index, blocks...)
}

func (o original) block(t testing.TB, name string, types, zones []string) []byte {
	list := o.prices[name]
	count := binary.AppendUvarint(nil, uint64(len(list)))
	var column [8][]byte
	number := func(c int, n int) {
		if n < 0 {
			t.Fatalf("%s: column %d has the negative number %d", name, c, n)
		}
		column[c] = binary.AppendUvarint(column[c], uint64(n))
	}
	last := -1
	for _, p := range list {
		at, ok := slices.BinarySearch(types, p.Type)
		bucket := slices.Index(buckets, p.InterruptBucket)
		if !ok || bucket < 0 || len(zones) > 8 || len(p.PerZoneSorted) > zoneBitMask {
			t.Fatalf("%s: no room for %+v", name, p)
		}
		number(0, at-last-1)
		last = at
		onDemand, average := parts(t, p.OnDemandUSD, onDemandParts), parts(t, p.SpotAvgUSD, averageParts)
		number(1, onDemand)
		column[2] = append(column[2], byte(bucket<<zoneBits|len(p.PerZoneSorted)))
		bits := 0
		for _, id := range p.ZoneIDs {
			bits |= 1 << slices.Index(zones, id)
		}
		column[3] = append(column[3], byte(bits))
		switch percent := o.saving[[2]string{p.Type, name}]; {
		case average == 0:
			column[4] = append(column[4], noAverage)
		case percent >= 0 && percent < 100 && saved(onDemand, percent) == average:
			column[4] = append(column[4], byte(percent+1))
		default:
			column[4] = append(column[4], ownAverage)
			number(5, average)
		}
		for z, usd := range p.PerZoneSorted {
			price := parts(t, usd, zoneParts)
			if z == 0 {
				number(6, fold(price-nearAverage(average)))
			} else {
				number(7, price-parts(t, p.PerZoneSorted[z-1], zoneParts))
			}
		}
	}
	return slices.Concat(append([][]byte{count}, column[:]...)...)
}

// parts is a price in whole parts of a dollar.
func parts(t testing.TB, usd, of float64) int {
	n := math.Round(usd * of)
	if n/of != usd {
		t.Fatalf("%v is no whole number of 1/%v", usd, of)
	}
	return int(n)
}

func fold(n int) int {
	if n < 0 {
		return -2*n - 1
	}
	return 2 * n
}

func TestWhatIsEmbeddedSaysWhatTheOriginalSays(t *testing.T) {
	t.Parallel()
	o := readOriginal(t)
	types, prices := o.typeLines(t), o.priceBlocks(t)
	if *write {
		if err := cmp.Or(os.WriteFile("types.jsonl", types, 0o644), os.WriteFile("prices.bin", prices, 0o644)); err != nil {
			t.Fatal(err)
		}
		t.Skip("written: build the test again")
	}
	if string(types) != typesFile || string(prices) != pricesFile {
		t.Error("types.jsonl or prices.bin is not what origin/ makes: go test ./pkg/snapshot -run Embedded -write")
	}
	if got, want := Regions(), slices.Sorted(maps.Keys(o.prices)); !slices.Equal(got, want) {
		t.Errorf("regions %v, want %v", got, want)
	}
	for name, want := range o.prices {
		if got := Prices(name); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s", name, differing(got, want))
		}
	}
	for name, r := range o.rows {
		if got, ok := Lookup(name); !ok || !reflect.DeepEqual(got, r.typ(o.sold(name))) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, r.typ(o.sold(name)))
		}
	}
	if got := Types(); len(got) != len(o.rows) {
		t.Errorf("%d types, want %d", len(got), len(o.rows))
	}
}

func differing(got, want []Price) string {
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			return fmt.Sprintf("\n got %+v\nwant %+v", got[i], want[i])
		}
	}
	return fmt.Sprintf("%d rows, want %d", len(got), len(want))
}

// BenchmarkFirstUse is what the first look at a group asks of the snapshot, a type and its region's prices, beside reading all of the original: it fails
// where that takes more than a tenth.
func BenchmarkFirstUse(b *testing.B) {
	names, lines := typeLines()
	at, _ := slices.BinarySearch(names, "m5.large")
	all, _ := regions()
	var ours, whole time.Duration
	for b.Loop() {
		began := time.Now()
		var l line
		if err := json.Unmarshal([]byte(lines[at]), &l); err != nil || l.typ(true).VCPU != 2 {
			b.Fatal(l, err)
		}
		if len(all["us-east-1"].prices()) < 700 || len(strings.Split(typesFile, "\n")) < 900 {
			b.Fatal("there are fewer")
		}
		ours += time.Since(began)
		began = time.Now()
		readOriginal(b)
		whole += time.Since(began)
	}
	b.ReportMetric(float64(ours)/float64(whole), "ours/whole")
	if ours > whole/10 {
		b.Errorf("it takes %v, all of the original %v", ours, whole)
	}
}
