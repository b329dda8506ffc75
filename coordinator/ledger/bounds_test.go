package ledger_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"autospotting/coordinator/ledger"
)

// sized is a record of just so many bytes.
func sized(t *testing.T, bytes int) ledger.Record {
	t.Helper()
	r := ledger.Record{Group: "web", Cause: "."}
	r.Cause += strings.Repeat(".", bytes-len(encoded(t, r)))
	if n := len(encoded(t, r)); n != bytes {
		t.Fatalf("%d bytes, want %d", n, bytes)
	}
	return r
}

func TestARecordOf256KibibytesIsTheFirstThatIsPacked(t *testing.T) {
	t.Parallel()
	const from = 256 * 1024
	for bytes, want := range map[int]bool{from - 1: false, from: true, from + 1: true} {
		body, packed := stored(t, sized(t, bytes))
		if packed != want || packed == (len(body) == bytes) {
			t.Errorf("%d bytes: packed %t, as %d", bytes, packed, len(body))
		}
	}
}

// What cannot be written is an error in every form, and takes no room: it is never taken for a short one.
func TestALongRecordThatCannotBeWrittenIsAnErrorToo(t *testing.T) {
	t.Parallel()
	short := ledger.Record{Group: "web", Intents: []ledger.Intent{{Launch: ledger.Launch{Overrides: []ledger.Override{{MaxUSD: math.NaN()}}}}}}
	long := short
	long.Cause = strings.Repeat(".", 300*1024)
	for _, r := range []ledger.Record{short, long} {
		if body, packed, err := r.Stored(); err == nil || body != nil || packed || !strings.Contains(err.Error(), `group "web"`) {
			t.Errorf("%d bytes, packed %t, %v", len(body), packed, err)
		}
		if n := r.Grown(); n != 0 {
			t.Errorf("grown to %d", n)
		}
	}
}

func TestWhatIsNoPackedBodyIsAnError(t *testing.T) {
	t.Parallel()
	for _, b := range [][]byte{nil, []byte("{}"), zipped("{}")[:8]} {
		if body, err := ledger.UnpackBytes(b); err == nil {
			t.Errorf("%q unpacks to %q", b, body)
		}
		if r, err := ledger.Unpack(b, 2); err == nil || r.Group != "" {
			t.Errorf("%q is read as %+v, %v", b, r, err)
		}
	}
	if body, err := ledger.UnpackBytes(ledger.Pack([]byte("text"))); err != nil || string(body) != "text" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestARecordNamesTheTemplatesOfItselfAndOfItsLaunches(t *testing.T) {
	t.Parallel()
	r := ledger.Record{Templates: []string{"lt-1"}, Intents: []ledger.Intent{{Launch: ledger.Launch{Template: "lt-2"}}}}
	for id, want := range map[string]bool{"lt-1": true, "lt-2": true, "lt-3": false, "": false} {
		if got := r.Names(id); got != want {
			t.Errorf("%q: %t", id, got)
		}
	}
}

func TestAClonesListsAreItsOwn(t *testing.T) {
	t.Parallel()
	r := ledger.Record{Templates: []string{"lt-1"}, Suspicions: []ledger.Suspicion{{Error: "a"}}, Sick: nil}
	clone := r.Clone()
	clone.Templates[0], clone.Suspicions[0].Error = "lt-2", "b"
	if !slices.Equal(r.Templates, []string{"lt-1"}) || r.Suspicions[0].Error != "a" {
		t.Errorf("the record changed with its clone: %+v", r)
	}
}

func TestWhoUsesMoreCounts(t *testing.T) {
	t.Parallel()
	a, b := ledger.Uses{Of: "h", Interfaces: 3, IPv4: 1, Volumes: 9}, ledger.Uses{Interfaces: 2, IPv4: 5, IPv6: 2, Volumes: 1}
	if got, want := a.And(b), (ledger.Uses{Of: "h", Interfaces: 3, IPv4: 5, IPv6: 2, Volumes: 9}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
