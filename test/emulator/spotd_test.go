package emulator

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"autospotting/test/rig"
)

// metadata serves one instance's metadata on loopback, by sessions only, as an instance that requires IMDSv2 (aws-facts 3).
type metadata struct {
	*httptest.Server
	mu    sync.Mutex
	items map[string]string
}

const (
	tokenTTL = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	token    = "a-session"
)

func newMetadata(account string, i instance) (*metadata, error) {
	document, err := identityDocument(account, i)
	if err != nil {
		return nil, err
	}
	signature, err := lab.signer.sign(document)
	if err != nil {
		return nil, err
	}
	m := &metadata{items: map[string]string{
		"dynamic/instance-identity/document": document, "dynamic/instance-identity/rsa2048": signature,
		"meta-data/instance-id": i.id, "meta-data/instance-type": i.kind, "meta-data/instance-life-cycle": "spot", "meta-data/ami-id": image,
		"meta-data/placement/availability-zone": i.zone, "meta-data/placement/region": region,
	}}
	m.Server = httptest.NewServer(m)
	return m, nil
}

func (m *metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/latest/")
	if r.Method == http.MethodPut && path == "api/token" {
		w.Header().Set(tokenTTL, r.Header.Get(tokenTTL))
		fmt.Fprint(w, token)
		return
	}
	if r.Header.Get("X-Aws-Ec2-Metadata-Token") != token {
		http.Error(w, "no session", http.StatusUnauthorized)
		return
	}
	m.mu.Lock()
	body, ok := m.items[path]
	m.mu.Unlock()
	if !ok {
		http.NotFound(w, r) // the normal answer for what is absent
		return
	}
	fmt.Fprint(w, body)
}

func (m *metadata) set(path, body string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items[path] = body
}

func (m *metadata) unset(path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.items, path)
}

// hosts runs a real spotd for every instance of ours, with metadata of its own.
type hosts struct {
	a    *account
	mu   sync.Mutex
	byID map[string]*metadata
}

func (a *account) hosts(group string) *hosts {
	h := &hosts{a: a, byID: map[string]*metadata{}}
	a.guests(func(_ context.Context, i instance) error { return h.boot(i, group) })
	return h
}

func (h *hosts) boot(i instance, group string) error {
	m, err := newMetadata(h.a.cloud.account, i)
	if err != nil {
		return err
	}
	h.a.t.Cleanup(m.Close)
	log, err := startSpotd(h.a.t, m.URL, h.a.side.URL, h.a.reports, group)
	if err != nil {
		return err
	}
	showOnFailure(h.a.t, "spotd of "+i.id, log)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.byID[i.id] = m
	return nil
}

// startSpotd starts the built daemon, which ends with the test.
func startSpotd(t *testing.T, imds, sns, topic, group string, more ...string) (*tail, error) {
	log := &tail{}
	cmd := exec.Command(lab.spotd, append([]string{"run", "--topic", topic, "--group", group, "--grace=1s", "--poll=100ms", "--state-dir", t.TempDir()}, more...)...)
	cmd.Env = append(rig.Environment("http://127.0.0.1:1"), "AWS_ENDPOINT_URL_SNS="+sns, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+imds)
	cmd.Stderr = log
	if err := rig.Start(cmd); err != nil {
		return nil, fmt.Errorf("start spotd: %w", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return log, nil
}

// interrupt lets AWS take the instance: its metadata says so, and nothing else does.
func (h *hosts) interrupt(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	end := time.Now().Add(2 * time.Minute).UTC().Format(time.RFC3339)
	h.byID[id].set("meta-data/spot/instance-action", `{"action":"terminate","time":"`+end+`"}`)
}

// The whole way of a message: metadata, spotd, SNS, SQS, coordinator, EC2 and Auto Scaling.
func TestASwapAndAnInterruptionWithTheRealSpotd(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name string
		size size
	}{
		{"with room below MaxSize", size{1, 1, 2}},
		{"with desired at MaxSize", size{2, 2, 2}},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.newGroup("web", one.size, "a")
			h := a.hosts("web")
			a.serve(lab.coordinator)
			a.tick()
			before := a.settles("web", one.size)
			h.interrupt(before.spot[0])
			after := a.replaced("web", before.spot[0], one.size)
			if slices.Contains(after.spot, before.spot[0]) {
				t.Errorf("%s is still there", before.spot[0])
			}
			if err := a.launchedWell(t.Context(), "web", after); err != nil {
				t.Error(err)
			}
		})
	}
}
