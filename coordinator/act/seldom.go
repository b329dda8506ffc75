package act

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// seldomFor is how long what seldom changes of a group is not read again: hooks, refreshes, the template, the stack. Nothing gradual rests on it: that asks
// for what is read anew (decide.World.Cached).
const seldomFor = time.Minute

// seldom is what one process remembers of a group, by what it tells and of what.
type seldom struct {
	mu sync.Mutex
	of map[string]recollection
}

type recollection struct {
	value any
	at    time.Time
}

// memory is what one look takes from there, and notes that it did. None (nil) has everything read.
type memory struct {
	kept *seldom
	anew bool // nothing of the group is remembered
	// tagged says that this look is also for what nothing names.
	tagged bool
	now    time.Time
	mu     sync.Mutex
	whats  []string
}

func (a *Actor) memoryOf(group string) *memory {
	kept, known := a.cache.seldom.get(group)
	if !known {
		kept = &seldom{of: map[string]recollection{}}
		a.cache.seldom.put(group, kept)
	}
	return &memory{kept: kept, anew: !known, now: a.Now()}
}

// Refresh has the next look at the group read everything anew.
func (a *Actor) Refresh(group string) {
	a.cache.seldom.drop(group)
	if last, known := a.cache.rules.get(""); known {
		last.again = true
		a.cache.rules.put("", last)
	}
}

// note says that something of this look was read before.
func (m *memory) note(what string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Contains(m.whats, what) {
		m.whats = append(m.whats, what)
	}
}

// cached lists what was.
func (m *memory) cached() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(slices.Values(m.whats))
}

// recall gives what was read within the last minute of an API, for a key, else what read gives, which is remembered if it is no error.
func recall[V any](m *memory, api, key string, read func() (V, error)) (V, error) {
	if m == nil {
		return read()
	}
	key = api + " " + key
	m.kept.mu.Lock()
	k, known := m.kept.of[key]
	m.kept.mu.Unlock()
	if v, ok := k.value.(V); ok && known && m.now.Sub(k.at) < seldomFor {
		m.note(whatOf(api))
		return v, nil
	}
	v, err := read()
	if err == nil {
		m.kept.mu.Lock()
		defer m.kept.mu.Unlock()
		m.kept.of[key] = recollection{v, m.now}
	}
	return v, err
}

// forget has what these APIs tell read anew in this look.
func (m *memory) forget(apis ...string) {
	m.kept.mu.Lock()
	defer m.kept.mu.Unlock()
	maps.DeleteFunc(m.kept.of, func(key string, _ recollection) bool {
		return slices.ContainsFunc(apis, func(api string) bool { return strings.HasPrefix(key, api+" ") })
	})
}

func whatOf(api string) string { return read(api).What }
