package ledger_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
)

// storm makes records of so many notices, each with a replacement on its way, as far as the stage says. Its names and times are as little alike as
// those that AWS gives.
type storm struct{ *rand.Rand }

func newStorm() storm { return storm{rand.New(rand.NewPCG(13, 7))} }

func (s storm) hex(n int) string { return fmt.Sprintf("%016x%016x", s.Uint64(), s.Uint64())[:n] }
func (s storm) id() string       { return "i-0" + s.hex(16) }
func (s storm) at() time.Time {
	return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(s.Int64N(int64(2 * time.Minute))))
}

// The stages of a replacement.
const (
	noticed = iota
	asked
	launched
	spoken
	attached
	settled
)

var versions = [][2]string{{"7", strings.Repeat("7a", 16)}, {"8", strings.Repeat("8b", 16)}}

func (s storm) record(notices, stage int) ledger.Record {
	r := ledger.Record{Group: "web", Notices: map[string]ledger.Notice{}, Said: map[string]ledger.Said{}, Shielded: map[string]time.Time{},
		Retired: map[string]time.Time{}, Proving: map[string]time.Time{}}
	for n := range notices {
		victim, at, from := s.id(), s.at(), versions[n%2]
		r.Notices[victim] = ledger.Notice{At: at, Deadline: at.Add(2 * time.Minute), Action: "terminate", Source: "EC2 Spot Instance Interruption Warning from EventBridge"}
		it := ledger.Intent{Purpose: ledger.Replace, Victim: victim, Zone: "us-east-1a", At: s.at(),
			Launch: ledger.Launch{Nonce: s.hex(32), Template: "lt-0123456789abcdef0", TemplateVersion: from[0], Spot: true, SourceHash: from[1]}}
		if stage == asked {
			it.Launch.Tags = map[string]string{"team": "shop", "autospotting-group": "web", "autospotting-launch": it.Launch.Nonce}
			for k := range 20 {
				zone := string(rune('a' + k%3))
				it.Launch.Overrides = append(it.Launch.Overrides, ledger.Override{Type: fmt.Sprintf("m%d.large", k), Zone: "us-east-1" + zone, Subnet: "subnet-0123456789abcde" + zone, MaxUSD: 0.096})
			}
		}
		if stage >= launched {
			it.Instance, it.Type = s.id(), fmt.Sprintf("m%d.large", s.IntN(6))
		}
		if stage >= spoken {
			r.Said[it.Instance] = ledger.Said{Hello: s.at(), Started: s.at(), Ready: s.at()}
		}
		if stage >= attached {
			r.Books.Open(it.Replacement(), victim, 5000, s.at())
			r.Shielded[it.Instance] = s.at()
		} else if stage >= asked {
			r.Intents = append(r.Intents, it)
		}
		if stage == settled {
			r.Retired[victim], r.Proving[it.Instance] = s.at(), s.at()
		}
	}
	return r
}

func stored(t *testing.T, r ledger.Record) (body []byte, packed bool) {
	t.Helper()
	body, packed, err := r.Stored()
	if err != nil {
		t.Fatal(err)
	}
	return body, packed
}

func unzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

func zipped(b string) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = io.WriteString(z, b)
	_ = z.Close()
	return out.Bytes()
}

func TestALongRecordIsPackedAndComesBackAsItWas(t *testing.T) {
	t.Parallel()
	for stage := asked; stage <= settled; stage++ {
		r := newStorm().record(1500, stage)
		r.Intents = append(r.Intents, newStorm().record(30, asked).Intents...)
		plain := encoded(t, r)
		body, packed := stored(t, r)
		back, err := ledger.Unpack(body, 9)
		if err != nil || !packed {
			t.Fatalf("stage %d: packed: %t, %v", stage, packed, err)
		}
		if back.Revision != 9 || encoded(t, back) != plain {
			t.Errorf("stage %d: it came back otherwise", stage)
		}
		if encoded(t, r) != plain {
			t.Errorf("stage %d: packing changed it", stage)
		}
		text := string(unzipped(t, body))
		for _, once := range []string{"lt-0123456789abcdef0", versions[0][1], versions[1][1]} {
			if n := strings.Count(text, once); n > 2 { // one source with its template, for launches, and one without, for pairs
				t.Errorf("stage %d: %s is in it %d times", stage, once, n)
			}
		}
	}
}

// An earlier version of us reads what is not packed, so that a launch is whole in it.
func TestAShortRecordIsWrittenAsEver(t *testing.T) {
	t.Parallel()
	r := newStorm().record(40, launched)
	body, packed := stored(t, r)
	if packed || string(body) != encoded(t, r) || r.Grown() != 0 {
		t.Errorf("packed: %t, grown %d, %s", packed, r.Grown(), body)
	}
}

func TestAPackedRecordOfBeforeThereWereSourcesIsRead(t *testing.T) {
	t.Parallel()
	r := newStorm().record(5, attached)
	r.Intents = newStorm().record(5, launched).Intents
	back, err := ledger.Unpack(zipped(encoded(t, r)), 3)
	if err != nil || encoded(t, back) != encoded(t, r) {
		t.Errorf("%v, %s", err, encoded(t, back))
	}
}

func TestAPackedRecordThatNamesNoSourceIsAnError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, says string }{
		{"a launch of a source that is not there", `{"group":"web","sources":[],"intents":[{"launch":{"source_hash":"#0"}}]}`, `launch 0: its source is "#0", and the record has 0`},
		{"a launch of a source before the first", `{"group":"web","sources":[{"hash":"h"}],"intents":[{"launch":{"source_hash":"#-1"}}]}`, `launch 0`},
		{"a launch with a hash", `{"group":"web","sources":[{"hash":"h"}],"intents":[{"launch":{"source_hash":"#0"}},{"launch":{"source_hash":"0"}}]}`, `launch 1`},
		{"a pair of a source that is not there", `{"group":"web","sources":[{"hash":"h"}],"pairs":[{"phase":"attached","intent":{"launch":{"source_hash":"#1"}}}]}`, `pair 0`},
		{"a phase of a later version", `{"group":"web","sources":[{"hash":"h"}],"pairs":[{"phase":"haggling","intent":{"launch":{"source_hash":"#0"}}}]}`, `"haggling"`},
		{"half a record", `{"group":"web","sources":[`, `revision 4`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ledger.Unpack(zipped(c.body), 4)
			if err == nil || !strings.Contains(err.Error(), c.says) || !reflect.DeepEqual(got, ledger.Record{}) {
				t.Errorf("%v, %+v", err, got)
			}
		})
	}
}

// Grown is what decides whether more is begun: it must not be less than what comes.
func TestWhatIsOpenGrowsNoMoreThanIsReckonedWith(t *testing.T) {
	t.Parallel()
	for _, n := range []int{700, 1500, 2000} {
		end, _ := stored(t, newStorm().record(n, settled))
		for stage := asked; stage < settled; stage++ {
			if reckoned := newStorm().record(n, stage).Grown(); reckoned < len(end) || reckoned > len(end)*5/4 {
				t.Errorf("%d at stage %d: %d bytes are reckoned with, and in the end it has %d", n, stage, reckoned, len(end))
			}
		}
		t.Logf("%d open replacements take %d bytes in the end", n, len(end))
	}
}

// A replacement that is given up while it is a host of ECS is drained before it is ended: that takes no more than what it would have become.
func TestWhatIsDrainedInsteadGrowsNoMoreThanIsReckonedWith(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1500, 2000} {
		s := newStorm()
		r := s.record(n, spoken)
		r.Drains = map[string]ledger.Drain{}
		for i := range r.Intents {
			it := &r.Intents[i]
			it.Abandoned = "the owner's template changed since it was launched"
			r.Drains[it.Instance] = ledger.Drain{At: s.at(), Set: true}
		}
		if got, _ := stored(t, r); len(got) > newStorm().record(n, asked).Grown() {
			t.Errorf("%d take %d bytes, and %d are reckoned with", n, len(got), newStorm().record(n, asked).Grown())
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte(`{"group":"web","sources":[{"template":"lt-1","version":"7","hash":"h"}],"intents":[{"launch":{"source_hash":"#0"}}],"pairs":[{"phase":"attached","intent":{"instance":"i-1","launch":{"source_hash":"#0"}}}]}`))
	f.Add([]byte(`{"sources":null,"intents":[{"launch":{"source_hash":"#"}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ledger.Unpack(zipped(string(b)), 1)
		if err != nil {
			return
		}
		if body, packed, err := r.Stored(); err != nil || packed {
			t.Skip() // only what is long comes back packed
		} else if _, err := ledger.Decode(body, 1); err != nil {
			t.Errorf("%s\nis written as\n%s\nwhich is not read: %v", b, body, err)
		}
	})
}

// What packs is used again, also by several at once: nothing of one body gets into another.
func TestBodiesPackedOneAfterAnotherAreAsIfEachWereTheFirst(t *testing.T) {
	t.Parallel()
	bodies := [][]byte{bytes.Repeat([]byte("a long one "), 5000), nil, []byte("short"), bytes.Repeat([]byte{0, 1, 2}, 70000)}
	var first [][]byte
	for _, body := range bodies {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body)
		_ = z.Close()
		first = append(first, b.Bytes())
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 40 {
				body, want := bodies[i%len(bodies)], first[i%len(bodies)]
				packed := ledger.Pack(body)
				if back, err := ledger.UnpackBytes(packed); !bytes.Equal(packed, want) || err != nil || !bytes.Equal(back, body) {
					t.Errorf("body %d of %d bytes: packed into %d, want %d; it comes back with %d, %v", i%len(bodies), len(body), len(packed), len(want), len(back), err)
				}
			}
		})
	}
	all.Wait()
}
