package ledger

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
)

func TestTwoRecordsAreTheSameIfTheirStoredFormsAre(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	full := func() Record {
		return Record{Group: "web", Revision: 3, Retired: map[string]time.Time{"i-1": at}, Said: map[string]Said{"i-2": {}},
			Intents: []Intent{{Purpose: Swap, Victim: "i-1", Launch: Launch{Nonce: "n", Overrides: []Override{{Type: "m5.large"}}}}}, PausedUntil: at}
	}
	for _, c := range []struct {
		name   string
		change func(*Record)
	}{
		{"nothing", func(*Record) {}},
		{"the revision, which is kept beside it", func(r *Record) { r.Revision++ }},
		{"a map that is empty instead of none", func(r *Record) { r.Orphans = map[string]time.Time{} }},
		{"a list that is empty instead of none", func(r *Record) { r.Sick = []time.Time{} }},
		{"a list that is none instead of empty, and stands there", func(r *Record) { r.Intents[0].Launch.Overrides = nil }},
		{"a list that is empty, and stands there", func(r *Record) { r.Intents[0].Launch.Overrides = []Override{} }},
		{"the same moment of another clock", func(r *Record) { r.PausedUntil = r.PausedUntil.Local().UTC() }},
		{"the same moment of another zone", func(r *Record) { r.PausedUntil = r.PausedUntil.In(time.FixedZone("", 3600)) }},
		{"another moment", func(r *Record) { r.PausedUntil = r.PausedUntil.Add(1) }},
		{"the name", func(r *Record) { r.Group = "api" }},
		{"one more retired", func(r *Record) { r.Retired["i-3"] = at }},
		{"one retired another time", func(r *Record) { r.Retired["i-1"] = at.Add(time.Second) }},
		{"what spotd said", func(r *Record) { r.Said = nil }},
		{"a launch gone", func(r *Record) { r.Intents = nil }},
		{"a launch answered", func(r *Record) { r.Intents[0].Instance = "i-9" }},
		{"a debt", func(r *Record) {
			r.Books, _ = books.Load(books.Stored{Desired0: 2, Pairs: []books.StoredDebt{{Phase: books.Attached, Victim: "i-1", At: at}}})
		}},
		{"a base", func(r *Record) { r.Books, _ = books.Load(books.Stored{Desired0: 2}) }},
		{"a price that is no number", func(r *Record) { r.Intents[0].Launch.Overrides[0].MaxUSD = nan() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := full(), full()
			c.change(&b)
			x, _ := a.Encode()
			y, err := b.Encode()
			if want := err == nil && bytes.Equal(x, y); a.Same(b) != want || b.Same(a) != want {
				t.Errorf("same %t and %t, want %t:\n%s\n%s", a.Same(b), b.Same(a), want, x, y)
			}
		})
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

// Each field of a record, but for those that are kept beside the stored form, makes another record of it.
func TestNoFieldOfARecordIsOverlooked(t *testing.T) {
	t.Parallel()
	for n := range reflect.TypeFor[Record]().NumField() {
		field := reflect.TypeFor[Record]().Field(n)
		var a, b Record
		v := reflect.ValueOf(&b).Elem().Field(n)
		switch field.Type.Kind() {
		case reflect.Map:
			v.Set(reflect.MakeMap(field.Type))
			v.SetMapIndex(reflect.Zero(field.Type.Key()), reflect.Zero(field.Type.Elem()))
		case reflect.Slice:
			v.Set(reflect.MakeSlice(field.Type, 1, 1))
		case reflect.String:
			v.SetString("x")
		case reflect.Int, reflect.Int64:
			v.SetInt(1)
		case reflect.Bool:
			v.SetBool(true)
		default:
			continue // structs: of them the other test has its pick
		}
		x, _ := a.Encode()
		y, _ := b.Encode()
		if a.Same(b) != bytes.Equal(x, y) {
			t.Errorf("%s: same %t, of\n%s\n%s", field.Name, a.Same(b), x, y)
		}
	}
}

// BenchmarkSame is what a decision that changes nothing asks, beside the two encodings that it took before.
func BenchmarkSame(b *testing.B) {
	r := Record{Group: "web", Said: map[string]Said{}, Proving: map[string]time.Time{}}
	for n := range 250 {
		id := "i-0123456789abc" + string(rune('a'+n%26)) + string(rune('a'+n/26))
		r.Said[id], r.Proving[id] = Said{}, time.Date(2026, 11, 2, 9, 0, n, 0, time.UTC)
		if n < 25 {
			r.Intents = append(r.Intents, Intent{Victim: id, Launch: Launch{Nonce: id, Overrides: make([]Override, 20)}})
		}
	}
	other := r.Clone()
	var same, encoded time.Duration
	for b.Loop() {
		began := time.Now()
		if !r.Same(other) {
			b.Fatal("changed")
		}
		same += time.Since(began)
		began = time.Now()
		x, _ := r.Encode()
		y, _ := other.Encode()
		if !bytes.Equal(x, y) {
			b.Fatal("changed")
		}
		encoded += time.Since(began)
	}
	b.ReportMetric(float64(same)/float64(encoded), "same/encoded")
	if same > encoded {
		b.Errorf("comparing takes %v, encoding twice %v", same, encoded)
	}
}
