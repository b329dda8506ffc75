package snapshot

import (
	_ "embed" // the data
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// typesFile has a line for each type, by name: a row as JSON, without its zones.
//
//go:embed types.jsonl
var typesFile string

// pricesFile has first an index of the regions by name, for each its name, the IDs of its zones and the length of its block, and then
// the blocks. A block is columns, since a column compresses well in the function's zip; see [region.prices]. Numbers are unsigned
// varints, texts have their length in front. The test writes the file.
//
//go:embed prices.bin
var pricesFile string

// line is how a type stands in typesFile.
type line struct {
	row
	Sold bool `json:"spot,omitempty"` // as spot, in at least one region
}

const lineBegin = `{"instance_type":"`

// typeLines are the lines of typesFile, and the names in them.
var typeLines = sync.OnceValues(func() (names, lines []string) {
	lines = strings.Split(strings.TrimSuffix(typesFile, "\n"), "\n")
	names = make([]string, len(lines))
	for i, l := range lines {
		names[i], _, _ = strings.Cut(strings.TrimPrefix(l, lineBegin), `"`)
	}
	return names, lines
})

var readTypes sync.Map // name -> Type

// Types returns every known instance type, by name.
func Types() []Type { return allTypes() }

var allTypes = sync.OnceValue(func() []Type {
	names, _ := typeLines()
	list := make([]Type, len(names))
	for i, name := range names {
		list[i], _ = Lookup(name)
	}
	return list
})

// Lookup returns the type of that name.
func Lookup(name string) (Type, bool) {
	if t, ok := readTypes.Load(name); ok {
		return t.(Type), true
	}
	names, lines := typeLines()
	i, ok := slices.BinarySearch(names, name)
	if !ok {
		return Type{}, false
	}
	var l line
	if err := json.Unmarshal([]byte(lines[i]), &l); err != nil {
		panic("snapshot: embedded type " + name + ": " + err.Error()) // a fault of the build; the tests read every line
	}
	t, _ := readTypes.LoadOrStore(name, l.typ(l.Sold))
	return t.(Type), true
}

// region is where the prices of one are.
type region struct {
	zones []string
	block string
	read  func() []Price
}

// The regions, and their names in order.
var regions = sync.OnceValues(func() (map[string]region, []string) {
	in, all, names := cursor(pricesFile), map[string]region{}, []string(nil)
	lengths := make([]int, in.number())
	for i := range lengths {
		names = append(names, in.text())
		r := region{zones: make([]string, in.number())}
		for z := range r.zones {
			r.zones[z] = in.text()
		}
		lengths[i] = in.number()
		all[names[i]] = r
	}
	for i, name := range names {
		r := all[name]
		r.block = in.take(lengths[i])
		r.read = sync.OnceValue(r.prices)
		all[name] = r
	}
	return all, names
})

// Regions returns the names that Prices knows, sorted.
func Regions() []string {
	_, names := regions()
	return slices.Clone(names)
}

// Prices returns what a region (us-east-1) sells, by type; nil for a region
// that is not in the data. Local and wavelength zones count as regions of
// their own (us-east-1-bos-1).
func Prices(name string) []Price {
	all, _ := regions()
	if r, ok := all[name]; ok {
		return r.read()
	}
	return nil
}

// The units of prices in the file, as parts of a dollar. A whole number of them, divided, is the float64 next to the decimal.
const (
	onDemandParts = 1e5
	averageParts  = 1e6
	zoneParts     = 1e4
)

// The saving of a row whose average price is told elsewhere, and the bits of the number of zones beside the bucket.
const (
	noAverage   = 0   // there is none
	ownAverage  = 255 // it follows as a number; else the saving is the percentage and one more
	zoneBits    = 3
	zoneBitMask = 1<<zoneBits - 1
)

// buckets are the values of Price.InterruptBucket.
var buckets = []string{"", "<5%", "5-10%", "10-15%", "15-20%", ">20%"}

// prices reads the columns of a block: the number of rows; how many types each row is beyond its predecessor's next; the on-demand price;
// the bucket and the number of prices of zones; the zones that offer the type; the saving, from which and the on-demand price the average
// follows; the averages that do not; how far the lowest price of a zone is from the average, its sign in the lowest bit; the steps to the others.
func (r region) prices() []Price {
	types, _ := typeLines()
	in := cursor(r.block)
	list, onDemand := make([]Price, in.number()), make([]int, 0)
	at := -1
	for i := range list {
		at += 1 + in.number()
		list[i].Type = types[at]
	}
	for i := range list {
		onDemand = append(onDemand, in.number())
		list[i].OnDemandUSD = float64(onDemand[i]) / onDemandParts
	}
	for i := range list {
		b := in.octet()
		list[i].InterruptBucket = buckets[b>>zoneBits]
		if n := b & zoneBitMask; n > 0 {
			list[i].PerZoneSorted = make([]float64, n)
		}
	}
	for i := range list {
		list[i].ZoneIDs = r.offering(in.octet())
	}
	average := r.averages(&in, onDemand)
	for i := range list {
		list[i].SpotAvgUSD = float64(average[i]) / averageParts
	}
	low := make([]int, len(list))
	for i := range list {
		if len(list[i].PerZoneSorted) > 0 {
			low[i] = nearAverage(average[i]) + unfold(in.number())
		}
	}
	for i := range list {
		list[i].inZones(&in, low[i])
	}
	return list
}

// averages are in parts of averageParts.
func (r region) averages(in *cursor, onDemand []int) []int {
	list, own := make([]int, len(onDemand)), []int(nil)
	for i := range list {
		switch saving := in.octet(); saving {
		case noAverage:
		case ownAverage:
			own = append(own, i)
		default:
			list[i] = saved(onDemand[i], saving-1)
		}
	}
	for _, i := range own {
		list[i] = in.number()
	}
	return list
}

// saved is the on-demand price less a percentage, as an average.
func saved(onDemand, percent int) int { return (onDemand*(100-percent) + 5) / 10 }

// nearAverage is an average in the unit of zones' prices.
func nearAverage(average int) int { return (average + 50) / 100 }

// offering names the zones whose bits are set.
func (r region) offering(bits int) (ids []string) {
	for z, id := range r.zones {
		if bits>>z&1 == 1 {
			ids = append(ids, id)
		}
	}
	return ids
}

// inZones reads the prices in zones above the lowest.
func (p *Price) inZones(in *cursor, low int) {
	for z := range p.PerZoneSorted {
		if z > 0 {
			low += in.number()
		}
		p.PerZoneSorted[z] = float64(low) / zoneParts
	}
	if n := len(p.PerZoneSorted); n > 0 {
		p.SpotMinUSD, p.SpotMaxUSD = p.PerZoneSorted[0], p.PerZoneSorted[n-1]
	}
}

// cursor reads from the front of what is left. What is embedded is whole: beyond its end it panics.
type cursor string

func (c *cursor) octet() int {
	b := (*c)[0]
	*c = (*c)[1:]
	return int(b)
}

func (c *cursor) number() (n int) {
	for shift := 0; ; shift += 7 {
		b := c.octet()
		n |= b & 127 << shift
		if b < 128 {
			return n
		}
	}
}

func (c *cursor) take(n int) string {
	s := (*c)[:n]
	*c = (*c)[n:]
	return string(s)
}

func (c *cursor) text() string { return c.take(c.number()) }

// unfold is a number whose lowest bit is its sign.
func unfold(n int) int {
	if n&1 == 1 {
		return -(n + 1) / 2
	}
	return n / 2
}
