package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// ErrConflict says that somebody else wrote the record since it was read. The run that meets it must stop:
// its plan is stale.
var ErrConflict = errors.New("the ledger record was changed by somebody else")

// Memory is a Store that lives in the process, for the simulator and tests.
type Memory struct {
	mu      sync.Mutex
	records map[string]Record
}

// Get returns the group's record, an empty one at revision 0 if there is none.
func (m *Memory) Get(_ context.Context, group string) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[group]
	if !ok {
		return Record{Group: group}, nil
	}
	return r.Clone(), nil
}

// Put writes r if its revision is still the stored one, and returns it with the new revision, or ErrConflict.
func (m *Memory) Put(_ context.Context, r Record) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records[r.Group].Revision != r.Revision {
		return r, fmt.Errorf("write the record of group %q at revision %d: %w", r.Group, r.Revision, ErrConflict)
	}
	r.Revision++
	if m.records == nil {
		m.records = map[string]Record{}
	}
	m.records[r.Group] = r.Clone()
	return r, nil
}

// Delete removes the group's record if its revision is still the stored one, else it returns ErrConflict.
func (m *Memory) Delete(_ context.Context, r Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records[r.Group].Revision != r.Revision {
		return fmt.Errorf("delete the record of group %q at revision %d: %w", r.Group, r.Revision, ErrConflict)
	}
	delete(m.records, r.Group)
	return nil
}

// Calm gives the groups that have a record, and of each how it was when nothing was left to do for it.
func (m *Memory) Calm(context.Context) (map[string]Calm, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]Calm{}
	for group, r := range m.records {
		out[group] = r.Calm
	}
	return out, nil
}

// Known names the groups that have a record, in order.
func (m *Memory) Known(context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.records)), nil
}
