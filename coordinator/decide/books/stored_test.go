package books

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// TestWhatTheFirstReleaseWroteIsRead holds the form that is kept to what versions before this one wrote and read.
func TestWhatTheFirstReleaseWroteIsRead(t *testing.T) {
	t.Parallel()
	const old = `{"pairs":[
 {"intent":{"purpose":"swap","victim":"i-od","zone":"a","launch":{"nonce":"n-1","template":"lt-1","template_version":"2","spot":true,"overrides":null,"tags":null,"source_hash":"h1"},"at":"2026-11-02T11:50:00Z","instance":"i-s","type":"m5a.large"},
  "victim":"i-od","phase":"attached","at":"2026-11-02T11:58:00Z","since":"2026-11-02T11:58:01Z","why":"swap","sent":"2026-11-02T11:58:00Z"},
 {"intent":{"purpose":"swap","victim":"i-od2","zone":"b","launch":{"nonce":"n-2","spot":true,"source_hash":"h1"},"at":"2026-11-02T11:50:00Z","instance":"i-2","type":"m5a.large"},"victim":"i-2","phase":"paying","at":"2026-11-02T11:58:00Z","since":"2026-11-02T11:58:01Z","alone":true,"asked":"2026-11-02T11:59:00Z","missed":"2026-11-02T11:59:01Z"},
 {"intent":{"purpose":"fill","victim":"","zone":"b","launch":{"nonce":"n-3"},"at":"2026-11-02T11:50:00Z","instance":"i-3"},"victim":"","phase":"attached","at":"2026-11-02T11:58:00Z","since":"2026-11-02T11:58:01Z"},
 {"intent":{"purpose":"","victim":"","zone":"","launch":{"nonce":""},"at":"0001-01-01T00:00:00Z"},"victim":"i-many","phase":"attached","at":"2026-11-02T11:58:00Z","since":"2026-11-02T11:58:01Z","why":"desired is above the owner's MaxSize"}],
 "desired0":3,"doubt":{"more":2,"since":"2026-11-02T11:59:50Z"},
 "lease":{"owner":3,"leased":5,"tried":[4,5],"raised":true,"at":"2026-11-02T11:58:00Z","since":"2026-11-02T11:57:00Z"}}`
	var s Stored
	if err := json.Unmarshal([]byte(old), &s); err != nil {
		t.Fatal(err)
	}
	b, err := Load(s)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []Kind
	for _, d := range b.Debts() {
		kinds = append(kinds, d.Kind)
	}
	if got, want := fmt.Sprint(kinds), fmt.Sprint([]Kind{Exchange, Reversal, Waiting, OverMax}); got != want {
		t.Errorf("kinds %s, want %s", got, want)
	}
	if b.Base() != 3 || b.Owed() != 4 || b.Doubt().State != Off || b.Doubt().More != 2 || b.Lease().State != Raised {
		t.Errorf("base %d, owed %d, doubt %+v, lease %+v", b.Base(), b.Owed(), b.Doubt(), b.Lease())
	}
	first, err := json.Marshal(b.Store())
	if err != nil {
		t.Fatal(err)
	}
	var again Stored
	if err := json.Unmarshal(first, &again); err != nil {
		t.Fatal(err)
	}
	for n := range again.Pairs {
		again.Pairs[n].Kind = "" // what the first release does not know
	}
	was, _ := json.Marshal(s)
	is, _ := json.Marshal(again)
	if string(was) != string(is) {
		t.Errorf("read and written again it differs:\n%s\n%s", was, is)
	}
}

func TestEveryStateIsKept(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Stored{
		"off":       {Doubt: StoredDoubt{More: -1, Since: noon}},
		"maybe old": {Doubt: StoredDoubt{More: 1, Since: noon, Old: true}},
		"back":      {Doubt: StoredDoubt{Since: noon, Back: true}},
		"calm":      {Doubt: StoredDoubt{Since: noon}},
		"asked":     {Lease: &StoredLease{Owner: 1, Leased: 2, Tried: []int{2}, At: noon}},
		"raised":    {Lease: &StoredLease{Owner: 1, Leased: 2, Tried: []int{2}, At: noon, Raised: true}},
		"returned":  {Lease: &StoredLease{Owner: 1, Leased: 2, Tried: []int{2}, At: noon, Raised: true, Returned: true}},
		"nothing":   {},
	} {
		b, err := Load(s)
		if err != nil {
			t.Fatal(err)
		}
		was, _ := json.Marshal(s)
		is, _ := json.Marshal(b.Store())
		if string(was) != string(is) {
			t.Errorf("%s: %s became %s", name, was, is)
		}
	}
	for _, p := range append(phases, Paid, Undone, "", "sleeping") {
		_, err := Load(Stored{Pairs: []StoredDebt{{Phase: p}}})
		if known := slices.Contains(phases, p); (err == nil) != known {
			t.Errorf("phase %q: %v", p, err)
		}
	}
}

func TestAnEditThatCannotBeLoadedPanics(t *testing.T) {
	t.Parallel()
	if b := Edited(func(k *Stored) { k.Desired0 = 9 }); b.Base() != 9 {
		t.Errorf("the edit left the base at %d", b.Base())
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown phase was taken")
		}
	}()
	Edited(func(k *Stored) { k.Pairs = []StoredDebt{{Phase: "sleeping"}} })
}
