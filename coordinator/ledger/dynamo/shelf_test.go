package dynamo_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/ledger/dynamo"
)

// A group's copy is an item beside its record, and none itself.
func TestACopyIsNoRecord(t *testing.T) {
	t.Parallel()
	s := stores(t)["DynamoDB"].(dynamo.Store)
	body := bytes.Repeat([]byte(`{"types":"m5.large"}`), 1000)
	if got, err := s.Load(t.Context(), "web"); err != nil || got != nil {
		t.Errorf("before any was saved: %q, %v", got, err)
	}
	for _, group := range []string{"web", "api"} {
		if err := s.Save(t.Context(), group, append([]byte(group), body...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Save(t.Context(), "web", body); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Load(t.Context(), "web"); err != nil || !bytes.Equal(got, body) {
		t.Errorf("%d bytes are read, %v", len(got), err)
	}
	r, err := s.Put(t.Context(), ledger.Record{Group: "web"})
	if err != nil {
		t.Fatal(err)
	}
	if names, err := s.Known(t.Context()); err != nil || !slices.Equal(names, []string{"web"}) {
		t.Errorf("known are %q, %v", names, err)
	}
	if err := s.Delete(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Load(t.Context(), "web"); err != nil || got != nil {
		t.Errorf("it outlives its record: %d bytes, %v", len(got), err)
	}
	if got, err := s.Load(t.Context(), "api"); err != nil || len(got) != len(body)+3 {
		t.Errorf("another group's went too: %v", err)
	}
}

func TestAFailureOfTheTableIsNoCopy(t *testing.T) {
	t.Parallel()
	throttled := errors.New("throttled")
	s := dynamo.Store{API: &table{err: throttled}, Table: "ledgers"}
	if got, err := s.Load(t.Context(), "web"); !errors.Is(err, throttled) || got != nil || !strings.Contains(err.Error(), `read the copy of group "web" from table ledgers`) {
		t.Errorf("%q, %v", got, err)
	}
	if err := s.Save(t.Context(), "web", []byte("{}")); !errors.Is(err, throttled) || !strings.Contains(err.Error(), `write the copy of group "web" to table ledgers`) {
		t.Error(err)
	}
}
