package ledger_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// firstRelease is what the first release wrote: its own Encode made this file of a record in which every field is set.
func firstRelease(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/first-release.json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decoded(t *testing.T, b []byte) ledger.Record {
	t.Helper()
	r, err := ledger.Decode(b, 41)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func encoded(t *testing.T, r ledger.Record) string {
	t.Helper()
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestARecordOfTheFirstReleaseIsRead(t *testing.T) {
	t.Parallel()
	r := decoded(t, firstRelease(t))
	if r.Group != "web" || r.Revision != 41 || !r.Open() {
		t.Errorf("group %q at revision %d", r.Group, r.Revision)
	}
	var got []string
	for _, d := range r.Books.Debts() {
		got = append(got, fmt.Sprintf("%s is %s for %q: %s", d.Name(), d.Phase, d.Victim, d.Kind))
	}
	want := []string{
		`i-00000014 is attaching for "i-00000004": exchange`,
		`i-00000015 is attached for "": waiting`,
		`i-00000016 is paying for "i-00000006": exchange`,
		`i-00000017 is attached for "i-00000017": reversal`,
		`i-00000018 is undoing for "i-00000008": exchange`,
		`over-max i-00000031 is attached for "i-00000031": over-max`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("the debts are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if r.Books.Base() != 6 || r.Books.Due() != 10 {
		t.Errorf("base %d and %d due, want 6 and 10", r.Books.Base(), r.Books.Due())
	}
	if got, want := r.Books.Doubt(), (books.Doubt{State: books.MaybeOld, More: -2, Since: second(7)}); got != want {
		t.Errorf("the doubt is %+v, want %+v", got, want)
	}
	if l := r.Books.Lease(); l.State != books.Raised || l.Owner != 6 || l.Leased != 8 || !slices.Equal(l.Tried, []int{7, 8}) || !l.At.Equal(second(8)) || !l.Since.Equal(second(7)) {
		t.Errorf("the lease is %+v", l)
	}
	if !r.Retired["i-00000020"].Equal(second(9)) || !r.Orphans["i-00000021"].Equal(second(16)) {
		t.Errorf("retired %v and orphans %v: they were kept as settling and strays", r.Retired, r.Orphans)
	}
}

// The first release reads names that it knows and ignores all others: what it wrote must come back under the same names.
func TestWhatIsWrittenTheFirstReleaseCanRead(t *testing.T) {
	t.Parallel()
	var before, after any
	unmarshal(t, firstRelease(t), &before)
	unmarshal(t, []byte(encoded(t, decoded(t, firstRelease(t)))), &after)
	got := differences("", before, after)
	slices.Sort(got)
	// The first release uses the template for launches alone, and a pair's instance is launched already. A kind follows from the other fields.
	var want []string
	for i := range 6 {
		pair := fmt.Sprintf("pairs[%d].", i)
		want = append(want, pair+"intent.launch.template is lost", pair+"intent.launch.template_version is lost", pair+"kind is new")
	}
	if !slices.Equal(got, want) {
		t.Errorf("written back it differs so:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func unmarshal(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

// differences tells what is not in after as it is in before.
func differences(path string, before, after any) (out []string) {
	switch before := before.(type) {
	case map[string]any:
		object, _ := after.(map[string]any)
		for name, value := range before {
			place := strings.TrimPrefix(path+"."+name, ".")
			if other, kept := object[name]; kept {
				out = append(out, differences(place, value, other)...)
			} else if value != nil { // null and nothing are read as the same
				out = append(out, place+" is lost")
			}
		}
		for name := range object {
			if _, known := before[name]; !known {
				out = append(out, strings.TrimPrefix(path+"."+name, ".")+" is new")
			}
		}
		return out
	case []any:
		list, _ := after.([]any)
		if len(list) != len(before) {
			return []string{fmt.Sprintf("%s has %d elements, and had %d", path, len(list), len(before))}
		}
		for i, value := range before {
			out = append(out, differences(fmt.Sprintf("%s[%d]", path, i), value, list[i])...)
		}
		return out
	}
	if !reflect.DeepEqual(before, after) {
		out = append(out, fmt.Sprintf("%s is %v, and was %v", path, after, before))
	}
	return out
}

func TestEveryFieldOfTheFirstReleaseIsInItsRecord(t *testing.T) {
	t.Parallel()
	since := []string{"Sick", "Ailing", "Moved", "Templates", "Blind", "Uses", "Suspicions", "Splits", "Watched", "Drains", "Clusters", "CanDrain", "Drainable", "Calm", "Scarce"} // fields that came after it
	r := reflect.ValueOf(decoded(t, firstRelease(t)))
	for i := range r.NumField() {
		if name := r.Type().Field(i).Name; r.Field(i).IsZero() != slices.Contains(since, name) {
			t.Errorf("testdata/first-release.json and %s: it sets it, or the other tests show nothing of it", name)
		}
	}
}

func TestEqualRecordsAreWrittenEqually(t *testing.T) {
	t.Parallel()
	first := encoded(t, decoded(t, firstRelease(t)))
	for range 20 {
		if again := encoded(t, decoded(t, firstRelease(t))); again != first {
			t.Fatalf("written as\n%s\nand as\n%s", first, again)
		}
	}
}

func TestARecordThatCannotBeReadIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	record := firstRelease(t)
	for _, c := range []struct {
		name string
		body []byte
		says []string
	}{
		{"a debt in a phase of a later version", bytes.Replace(record, []byte(`"phase": "undoing"`), []byte(`"phase": "haggling"`), 1), []string{`group "web"`, "revision 41", "pair 4", `"haggling"`}},
		{"a debt without a phase", bytes.Replace(record, []byte(`"phase": "attaching"`), []byte(`"phase": ""`), 1), []string{`group "web"`, "pair 0"}},
		{"half of it", record[:len(record)/2], []string{"ledger record", "revision 41"}},
		{"a field of another type", bytes.Replace(record, []byte(`"failures": 3`), []byte(`"failures": "three"`), 1), []string{"ledger record", "revision 41", "failures"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ledger.Decode(c.body, 41)
			if err == nil {
				t.Fatal("it was read")
			}
			for _, part := range c.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %s", err, part)
				}
			}
			if !reflect.DeepEqual(got, ledger.Record{}) {
				t.Errorf("beside the error stands %+v", got)
			}
		})
	}
}

func TestARecordThatCannotBeWrittenIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	r := ledger.Record{Group: "web", Intents: []ledger.Intent{{Launch: ledger.Launch{Overrides: []ledger.Override{{MaxUSD: math.NaN()}}}}}}
	if b, err := r.Encode(); err == nil || b != nil || !strings.Contains(err.Error(), `group "web"`) {
		t.Errorf("%s, %v: want an error that names the group, and nothing to be written", b, err)
	}
}

func FuzzDecode(f *testing.F) {
	b, err := os.ReadFile("testdata/first-release.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"group":"web","pairs":[{"phase":"x"}]}`))
	f.Add([]byte(`{"lease":{"owner":6},"doubt":{"since":"2026-11-02T09:00:00Z"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ledger.Decode(b, 1)
		if err != nil {
			return
		}
		once := encoded(t, r)
		if twice := encoded(t, decoded(t, []byte(once))); twice != once {
			t.Errorf("%s\nis read and written as\n%s", once, twice)
		}
	})
}
