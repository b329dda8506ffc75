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
	cloud, table shelved
}

func (m *memo) ask(ctx context.Context, k *call, next transport) (answer, error) {
	switch k.service {
	case "ec2", "autoscaling": // either changes what the other shows
		return m.cloud.ask(ctx, k, strings.HasPrefix(k.action, "Describe"), next)
	case "dynamodb":
		return m.table.ask(ctx, k, k.action == "GetItem" || k.action == "Scan", next)
	}
	return next(ctx, k)
}

// shelved are the answers to what was read since the last write.
type shelved struct {
	mu      sync.Mutex
	answers map[string]answer
	writing int // requests on their way that may change something: what is read meanwhile is not kept
	epoch   int
}

func (m *shelved) ask(ctx context.Context, k *call, reads bool, next transport) (answer, error) {
	if !reads {
		m.begin()
		defer m.end()
		return next(ctx, k)
	}
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
