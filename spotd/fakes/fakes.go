// Package fakes holds what tests of spotd put in the place of the metadata service and the topic. Nothing that is shipped imports it.
package fakes

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"autospotting/pkg/message"
)

// Who speaks, and where to, in these tests.
const (
	Instance = "i-0123456789abcdef0"
	Topic    = "arn:aws:sns:eu-west-1:123456789012:reports"
)

// Metadata is an instance metadata service that insists on IMDSv2.
type Metadata struct {
	mu      sync.Mutex
	Items   map[string]string // by path after /latest/
	Status  int               // answers everything with it, if set
	Hang    bool              // answers nothing
	Tokens  int               // handed out; only the last is valid
	TTL     int               // of a token in seconds, as it says
	Expired bool              // the token is no longer accepted, earlier than it said
	Denied  int               // requests answered with 401
	Denial  int               // what they are answered with in its place, if set; -1 breaks the connection
	Broken  map[string]int    // statuses of single items
	Asked   map[string]int    // how often each item was asked for
}

// NewMetadata is that of an instance that was launched then.
func NewMetadata(pending time.Time) *Metadata {
	document := fmt.Sprintf(`{"accountId":"123456789012","region":"eu-west-1","availabilityZone":"eu-west-1a",`+
		`"instanceId":%q,"instanceType":"m5.large","pendingTime":%q}`, Instance, pending.UTC().Format(time.RFC3339))
	return &Metadata{TTL: 300, Asked: map[string]int{}, Items: map[string]string{
		"dynamic/instance-identity/document":     document,
		"dynamic/instance-identity/rsa2048":      "MIIsigned",
		"meta-data/instance-life-cycle":          "spot",
		"meta-data/events/maintenance/scheduled": "[]",
	}}
}

// Set changes the service while it is asked.
func (m *Metadata) Set(change func(*Metadata)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// ServeHTTP implements http.Handler.
func (m *Metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Hang {
		m.mu.Unlock()
		<-r.Context().Done()
		m.mu.Lock()
		return
	}
	switch {
	case m.Status != 0:
		w.WriteHeader(m.Status)
	case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
		m.Tokens++
		m.Expired = false
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", fmt.Sprint(m.TTL))
		fmt.Fprintf(w, "token-%d", m.Tokens)
	case m.Expired || r.Header.Get("X-Aws-Ec2-Metadata-Token") != fmt.Sprintf("token-%d", m.Tokens):
		m.Denied++
		w.WriteHeader(cmp.Or(m.Denial, http.StatusUnauthorized))
	default:
		path := r.URL.Path[len("/latest/"):]
		m.Asked[path]++
		body, ok := m.Items[path]
		if status := m.Broken[path]; status != 0 {
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
func (m *Metadata) breaks(r *http.Request) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.Denial < 0 && m.Expired && r.Method != http.MethodPut
}

// Interrupt gives the two minutes' notice.
func (m *Metadata) Interrupt(deadline time.Time) {
	m.Set(func(m *Metadata) {
		m.Items["meta-data/spot/instance-action"] = fmt.Sprintf(`{"action":"terminate","time":%q}`, deadline.UTC().Format(time.RFC3339))
	})
}

// Sink is an SNS topic.
type Sink struct {
	mu     sync.Mutex
	Answer func(attempt int) int // HTTP status; 0 swallows the request; nil is 200
	Tries  int
	Only   string   // the access key that it believes, if set
	Keys   []string // access keys that requests were signed with
	Got    []message.Report
	Bad    []string
	Heard  chan message.Report // gets a copy of each, if set
}

// ServeHTTP implements http.Handler.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.Tries++
	status := http.StatusOK
	if s.Answer != nil {
		status = s.Answer(s.Tries)
	}
	if s.Only != "" && !strings.Contains(r.Header.Get("Authorization"), "Credential="+s.Only+"/") {
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

func (s *Sink) accept(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	report, err := message.Decode([]byte(r.FormValue("Message")))
	if err != nil || r.FormValue("Action") != "Publish" || r.FormValue("TopicArn") != Topic {
		s.Bad = append(s.Bad, fmt.Sprint(err, r.Form))
		return
	}
	s.Keys = append(s.Keys, r.Header.Get("Authorization"))
	s.Got = append(s.Got, report)
	if s.Heard != nil {
		s.Heard <- report
	}
}

// Reports are those that arrived so far.
func (s *Sink) Reports() []message.Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.Got)
}

// Kinds says what arrived, and fails the test for what was no report.
func (s *Sink) Kinds(t testing.TB) []string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.Bad) > 0 {
		t.Fatalf("not a report: %q", s.Bad)
	}
	var kinds []string
	for _, r := range s.Got {
		kinds = append(kinds, string(r.Kind))
	}
	return kinds
}

// InMemory lets the real clients talk to a handler without a socket.
type InMemory struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (h InMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	if m, ok := h.Handler.(*Metadata); ok && m.breaks(r) {
		return nil, io.ErrUnexpectedEOF
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// RoleCredentials is the metadata item of an instance role.
func RoleCredentials(key string, expires time.Time) string {
	b, err := json.Marshal(map[string]any{
		"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": cmp.Or(key, "AKROLE"), "SecretAccessKey": "s", "Token": "t", "Expiration": expires,
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}
