package ledger

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// MostStored is how many bytes of a record a store holds: what an item of DynamoDB may have (DynamoDB developer guide, "Constraints": 400 KB), less
// the other attributes.
const MostStored = 400*1024 - 1024

// packFrom is from how many bytes on a record is packed. Below it, people can read the record in the table, and a version before this one can read it
// too.
const packFrom = 256 * 1024

// Stored gives the form in which a store keeps the record: Encode's, or where that is long a packed one.
func (r Record) Stored() (body []byte, packed bool, err error) {
	if body, err = r.Encode(); err != nil || len(body) < packFrom {
		return body, false, err
	}
	if body, err = json.Marshal(r.condensed()); err != nil {
		return nil, false, fmt.Errorf("pack the record of group %q: %w", r.Group, err)
	}
	return Pack(body), true, nil
}

// condensed is a long record. What thousands of its launches have in common stands in it once.
type condensed struct {
	stored
	Sources []source `json:"sources"`
}

// source is what a launch is made from. In a condensed record a launch has, in the place of its hash, the number of its source.
type source struct {
	Template string `json:"template,omitempty"`
	Version  string `json:"version,omitempty"`
	Hash     string `json:"hash"`
}

const sourceMark = "#"

func (r Record) condensed() condensed {
	r = r.Clone()
	c := condensed{stored: stored{rest(r), r.Books.Store()}, Sources: []source{}}
	known := map[source]string{}
	number := func(s source) string {
		n, ok := known[s]
		if !ok {
			n = sourceMark + strconv.Itoa(len(c.Sources))
			known[s], c.Sources = n, append(c.Sources, s)
		}
		return n
	}
	for i := range c.Intents {
		l := &c.Intents[i].Launch
		l.SourceHash = number(source{l.Template, l.TemplateVersion, l.SourceHash})
		l.Template, l.TemplateVersion = "", ""
	}
	for i := range c.Pairs {
		l := &c.Pairs[i].Intent.Launch
		l.SourceHash = number(source{Hash: l.SourceHash})
	}
	return c
}

// Unpack reads the packed form; revision is kept beside it by the store.
func Unpack(packed []byte, revision int64) (Record, error) {
	body, err := UnpackBytes(packed)
	if err != nil {
		return Record{}, err
	}
	var c condensed
	if err := json.Unmarshal(body, &c); err != nil {
		return Record{}, fmt.Errorf("decode a ledger record (revision %d): %w", revision, err)
	}
	if err := c.expand(); err != nil {
		return Record{}, fmt.Errorf("decode the ledger record of group %q (revision %d): %w", c.Group, revision, err)
	}
	return c.record(revision)
}

// expand gives each launch its source back. A record that was packed before there were sources has none.
func (c *condensed) expand() error {
	if c.Sources == nil {
		return nil
	}
	for i := range c.Intents {
		l := &c.Intents[i].Launch
		s, err := c.source(l.SourceHash)
		if err != nil {
			return fmt.Errorf("launch %d: %w", i, err)
		}
		l.Template, l.TemplateVersion, l.SourceHash = s.Template, s.Version, s.Hash
	}
	for i := range c.Pairs {
		l := &c.Pairs[i].Intent.Launch
		s, err := c.source(l.SourceHash)
		if err != nil {
			return fmt.Errorf("pair %d: %w", i, err)
		}
		l.SourceHash = s.Hash
	}
	return nil
}

func (c *condensed) source(ref string) (source, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(ref, sourceMark))
	if err != nil || !strings.HasPrefix(ref, sourceMark) || n < 0 || n >= len(c.Sources) {
		return source{}, fmt.Errorf("its source is %q, and the record has %d", ref, len(c.Sources))
	}
	return c.Sources[n], nil
}

// What a packed record still grows by when what is open in it goes on to its end, in bytes, as measured (TestWhatIsOpenGrowsNoMoreThanIsReckonedWith).
// A launch becomes a debt, with a shield and a watch; a debt leaves a retirement and a proof.
const (
	launchGrows = 100
	wordsGrow   = 36 // what spotd says
	debtGrows   = 46
)

// Grown is how many bytes the record will take in a store once all that is open in it has gone its way; 0 where it is so short that this does
// not matter.
func (r Record) Grown() int {
	body, packed, err := r.Stored()
	if err != nil || !packed {
		return 0
	}
	n := len(body) + debtGrows*len(r.Books.Debts())
	for _, it := range r.Intents {
		n += launchGrows
		if _, spoke := r.Said[it.Instance]; !spoke {
			n += wordsGrow
		}
	}
	return n
}

// Pack makes a body as small as it gets: a storm's record says nearly the same a thousand times.
func Pack(body []byte) []byte {
	var b bytes.Buffer
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(&b)
	_, _ = z.Write(body) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// packers are used again: each has a window of nearly a megabyte.
var packers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// mostUnpacked bounds what a damaged item may unpack to.
const mostUnpacked = 64 << 20

// UnpackBytes gives a body that Pack made small.
func UnpackBytes(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, mostUnpacked))
}
