package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"autospotting/pkg/message"
)

const (
	testInstance = "i-0123456789abcdef0"
	testTopic    = "arn:aws:sns:eu-west-1:123456789012:reports"
)

// metadata is an instance metadata service that insists on IMDSv2.
type metadata struct {
	mu      sync.Mutex
	items   map[string]string // by path after /latest/
	status  int               // answers everything with it, if set
	hang    bool              // answers nothing
	tokens  int               // handed out; only the last is valid
	ttl     int               // of a token in seconds, as it says
	expired bool              // the token is no longer accepted, earlier than it said
	denied  int               // requests answered with 401
	denial  int               // what they are answered with in its place, if set; -1 breaks the connection
	broken  map[string]int    // statuses of single items
	asked   map[string]int    // how often each item was asked for
}

func newMetadata(pending time.Time) *metadata {
	document := fmt.Sprintf(`{"accountId":"123456789012","region":"eu-west-1","availabilityZone":"eu-west-1a",`+
		`"instanceId":%q,"instanceType":"m5.large","pendingTime":%q}`, testInstance, pending.UTC().Format(time.RFC3339))
	return &metadata{ttl: 300, asked: map[string]int{}, items: map[string]string{
		"dynamic/instance-identity/document":     document,
		"dynamic/instance-identity/rsa2048":      "MIIsigned",
		"meta-data/instance-life-cycle":          "spot",
		"meta-data/events/maintenance/scheduled": "[]",
	}}
}

// set changes the service while it is asked.
func (m *metadata) set(change func(*metadata)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

func (m *metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hang {
		m.mu.Unlock()
		<-r.Context().Done()
		m.mu.Lock()
		return
	}
	switch {
	case m.status != 0:
		w.WriteHeader(m.status)
	case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
		m.tokens++
		m.expired = false
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", fmt.Sprint(m.ttl))
		fmt.Fprintf(w, "token-%d", m.tokens)
	case m.expired || r.Header.Get("X-Aws-Ec2-Metadata-Token") != fmt.Sprintf("token-%d", m.tokens):
		m.denied++
		w.WriteHeader(cmp.Or(m.denial, http.StatusUnauthorized))
	default:
		path := r.URL.Path[len("/latest/"):]
		m.asked[path]++
		body, ok := m.items[path]
		if status := m.broken[path]; status != 0 {
			w.WriteHeader(status)
			return
		}
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		io.WriteString(w, body)
	}
}

// breaks says that this request breaks the connection.
func (m *metadata) breaks(r *http.Request) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.denial < 0 && m.expired && r.Method != http.MethodPut
}

// interrupt gives the two minutes' notice.
func (m *metadata) interrupt(deadline time.Time) {
	m.set(func(m *metadata) {
		m.items["meta-data/spot/instance-action"] = fmt.Sprintf(`{"action":"terminate","time":%q}`, deadline.UTC().Format(time.RFC3339))
	})
}

// sink is an SNS topic.
type sink struct {
	mu     sync.Mutex
	answer func(attempt int) int // HTTP status; 0 swallows the request; nil is 200
	tries  int
	only   string   // the access key that it believes, if set
	keys   []string // access keys that requests were signed with
	got    []message.Report
	bad    []string
	heard  chan message.Report // gets a copy of each, if set
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.tries++
	status := http.StatusOK
	if s.answer != nil {
		status = s.answer(s.tries)
	}
	if s.only != "" && !strings.Contains(r.Header.Get("Authorization"), "Credential="+s.only+"/") {
		status = http.StatusForbidden
	}
	s.mu.Unlock()
	switch status {
	case 0:
		<-r.Context().Done()
	case http.StatusOK:
		s.accept(r)
		fmt.Fprint(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId></PublishResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PublishResponse>`)
	default:
		w.WriteHeader(status)
		fmt.Fprint(w, `<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`)
	}
}

func (s *sink) accept(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	report, err := message.Decode([]byte(r.FormValue("Message")))
	if err != nil || r.FormValue("Action") != "Publish" || r.FormValue("TopicArn") != testTopic {
		s.bad = append(s.bad, fmt.Sprint(err, r.Form))
		return
	}
	s.keys = append(s.keys, r.Header.Get("Authorization"))
	s.got = append(s.got, report)
	if s.heard != nil {
		s.heard <- report
	}
}

// kinds says what arrived, and fails the test for what was no report.
func (s *sink) kinds(t testing.TB) []string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.bad) > 0 {
		t.Fatalf("not a report: %q", s.bad)
	}
	var kinds []string
	for _, r := range s.got {
		kinds = append(kinds, string(r.Kind))
	}
	return kinds
}

// inMemory lets the real clients talk to a handler without a socket.
type inMemory struct{ http.Handler }

func (h inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	if m, ok := h.Handler.(*metadata); ok && m.breaks(r) {
		return nil, io.ErrUnexpectedEOF
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// roleCredentials is the metadata item of an instance role.
func roleCredentials(key string, expires time.Time) string {
	b, err := json.Marshal(map[string]any{
		"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": cmp.Or(key, "AKROLE"), "SecretAccessKey": "s", "Token": "t", "Expiration": expires,
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}
