package emulator

import (
	"context"
	"strings"
	"sync"
)

// memo gives the emulator's last answer again to a question that was asked since anything was written. In the emulator nothing
// changes by itself there, and its one processor is what the suite's length hangs on: the tests look at every group after
// every write, and the pages that the corrections cut are asked for one by one.
type memo struct {
	table                               shelved
	templates, hooks, instances, groups shelved
}

func (m *memo) ask(ctx context.Context, k *call, next transport) (answer, error) {
	switch k.service {
	case "ec2", "autoscaling":
		if strings.HasPrefix(k.action, "Describe") {
			return m.shows(k).recalled(ctx, k, next)
		}
		return during(m.changes(k), func() (answer, error) { return next(ctx, k) })
	case "dynamodb":
		if k.action == "GetItem" || k.action == "Scan" {
			return m.table.recalled(ctx, k, next)
		}
		return during([]*shelved{&m.table}, func() (answer, error) { return next(ctx, k) })
	}
	return next(ctx, k)
}

// shows is where the answer to such a question is kept.
func (m *memo) shows(k *call) *shelved {
	switch {
	case strings.Contains(k.action, "LaunchTemplate"):
		return &m.templates
	case strings.Contains(k.action, "LifecycleHook"):
		return &m.hooks
	case k.service == "ec2":
		return &m.instances
	}
	return &m.groups
}

// changes is what may be shown otherwise after such a write: all but what is known to have nothing to do with it.
func (m *memo) changes(k *call) []*shelved {
	switch {
	case strings.Contains(k.action, "LaunchTemplate"):
		return []*shelved{&m.templates}
	case strings.Contains(k.action, "LifecycleHook"):
		return []*shelved{&m.hooks}
	case k.action == "SetInstanceProtection", k.action == "CreateOrUpdateTags":
		return []*shelved{&m.groups}
	}
	return []*shelved{&m.templates, &m.hooks, &m.instances, &m.groups}
}

// during lets nothing be kept or recalled of these while f runs.
func during(all []*shelved, f func() (answer, error)) (answer, error) {
	for _, s := range all {
		s.begin()
	}
	defer func() {
		for _, s := range all {
			s.end()
		}
	}()
	return f()
}

// shelved are the answers to what was read since the last write.
type shelved struct {
	mu      sync.Mutex
	answers map[string]answer
	writing int // requests on their way that may change something: what is read meanwhile is not kept
	epoch   int
}

func (m *shelved) recalled(ctx context.Context, k *call, next transport) (answer, error) {
	body, err := k.encode()
	if err != nil {
		return answer{}, err
	}
	key := k.service + "." + k.action + " " + string(body)
	known, ok, epoch := m.recall(key)
	if ok {
		return known, nil
	}
	a, err := next(ctx, k)
	if err == nil && a.ok() {
		m.keep(key, a, epoch)
	}
	return a, err
}

func (m *shelved) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writing++
	m.epoch++
	m.answers = nil
}

func (m *shelved) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writing--
	m.epoch++
}

func (m *shelved) recall(key string) (answer, bool, int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.answers[key]
	return a, ok, m.epoch
}

func (m *shelved) keep(key string, a answer, epoch int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.writing > 0 || m.epoch != epoch {
		return
	}
	if m.answers == nil {
		m.answers = map[string]answer{}
	}
	m.answers[key] = a
}
