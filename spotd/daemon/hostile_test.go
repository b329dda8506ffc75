package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"autospotting/spotd/fakes"
)

// endless is a body that never ends, and counts what was read of it.
type endless struct {
	read *atomic.Int64
	slow time.Duration // before each byte, if set
	ends <-chan struct{}
}

func (e endless) Read(p []byte) (int, error) {
	if e.slow > 0 {
		p = p[:1]
		select {
		case <-time.After(e.slow):
		case <-e.ends:
			return 0, errors.New("the request was given up")
		}
	}
	for i := range p {
		p[i] = 'x'
	}
	e.read.Add(int64(len(p)))
	return len(p), nil
}

func (endless) Close() error { return nil }

// stranger answers in the place of the metadata service.
type stranger struct {
	answer func(s *stranger, r *http.Request) (*http.Response, error)
	real   http.RoundTripper
	read   atomic.Int64 // bytes of endless bodies

	mu     sync.Mutex
	gone   bool     // the real one answers
	abroad []string // tokens that came to another host
}

// RoundTrip implements http.RoundTripper.
func (s *stranger) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token := r.Header.Get("X-Aws-Ec2-Metadata-Token"); token != "" && r.URL.Host != "169.254.169.254" {
		s.abroad = append(s.abroad, token)
	}
	for name, values := range r.Header { // what the real transport refuses to send
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") || len(v) > 1<<20 {
				return nil, fmt.Errorf("net/http: invalid header field value for %q", name)
			}
		}
	}
	if s.gone || s.answer == nil {
		s.mu.Unlock()
		defer s.mu.Lock()
		return s.real.RoundTrip(r)
	}
	return s.answer(s, r)
}

func (s *stranger) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
}

func response(r *http.Request, status int, body io.Reader, headers ...string) *http.Response {
	a := &http.Response{StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: r, ContentLength: -1}
	a.Body = io.NopCloser(body)
	if c, ok := body.(io.ReadCloser); ok {
		a.Body = c
	}
	for i := 0; i+1 < len(headers); i += 2 {
		a.Header.Set(headers[i], headers[i+1])
	}
	return a
}

const ttlHeader = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"

// token answers a request for a token so, and fails all others.
func token(body, ttl string) func(*stranger, *http.Request) (*http.Response, error) {
	return func(_ *stranger, r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPut {
			return response(r, http.StatusOK, strings.NewReader(body), ttlHeader, ttl), nil
		}
		return response(r, http.StatusServiceUnavailable, strings.NewReader("")), nil
	}
}

// item gives a good token, and answers all else so.
func item(status int, body func(*stranger, *http.Request) io.Reader, headers ...string) func(*stranger, *http.Request) (*http.Response, error) {
	return func(s *stranger, r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPut {
			return response(r, http.StatusOK, strings.NewReader("a-strangers-token"), ttlHeader, "21600"), nil
		}
		return response(r, status, body(s, r), headers...), nil
	}
}

// all answers everything so.
func all(status int, body string, headers ...string) func(*stranger, *http.Request) (*http.Response, error) {
	return func(_ *stranger, r *http.Request) (*http.Response, error) {
		return response(r, status, strings.NewReader(body), headers...), nil
	}
}

func text(body string) func(*stranger, *http.Request) io.Reader {
	return func(*stranger, *http.Request) io.Reader { return strings.NewReader(body) }
}

func forever(slow time.Duration) func(*stranger, *http.Request) io.Reader {
	return func(s *stranger, r *http.Request) io.Reader { return endless{&s.read, slow, r.Context().Done()} }
}

// strangers are what may answer at the metadata's address.
var strangers = []struct {
	name   string
	answer func(*stranger, *http.Request) (*http.Response, error)
}{
	{"a token with a line break", token("tok\r\nen", "21600")},
	{"a token of 100 MB", func(s *stranger, r *http.Request) (*http.Response, error) {
		return response(r, http.StatusOK, io.LimitReader(endless{&s.read, 0, nil}, 100_000_000), ttlHeader, "21600"), nil
	}},
	{"a token of 100 KB", token(strings.Repeat("t", 100_000), "21600")},
	{"an empty token", token("", "21600")},
	{"a token of NULs", token("\x00\x00", "21600")},
	{"a token that is not ASCII", token("tökén", "21600")},
	{"a token that is a page", token("<html><body>Log in to this network</body></html>", "21600")},
	{"a token that looks right, for ever", token("AQAAANjUxiMzkV0n1YzlpbC1hLXJlYWwtdG9rZW4tYXQtYWxsLi4=", "9223372036854775807")},
	{"a token that ended before it began", token("token", "-1")},
	{"a token whose time cannot be read", token("token", "soon")},
	{"a token that never ends", func(s *stranger, r *http.Request) (*http.Response, error) {
		return response(r, http.StatusOK, endless{&s.read, 0, nil}, ttlHeader, "21600"), nil
	}},
	{"a token byte by byte", func(s *stranger, r *http.Request) (*http.Response, error) {
		return response(r, http.StatusOK, endless{&s.read, 100 * time.Millisecond, r.Context().Done()}, ttlHeader, "21600"), nil
	}},
	{"items that never end", item(http.StatusOK, forever(0))},
	{"items byte by byte", item(http.StatusOK, forever(100*time.Millisecond))},
	{"errors that never end", item(http.StatusInternalServerError, forever(0))},
	{"absences that never end", item(http.StatusNotFound, forever(0))},
	{"refusals that never end", item(http.StatusForbidden, forever(0))},
	{"a redirect to another host", item(http.StatusFound, text("moved"), "Location", "http://192.0.2.1/latest/")},
	{"a redirect that keeps the method", all(http.StatusTemporaryRedirect, "moved", "Location", "http://192.0.2.1/latest/")},
	{"a redirect to itself", all(http.StatusMovedPermanently, "moved", "Location", "/latest/api/token")},
	{"a page for everything", all(http.StatusOK, "<html>Log in to this network</html>")},
	{"a page for everything, as a token", all(http.StatusOK, "<html>Log in to this network</html>", ttlHeader, "21600")},
	{"nothing, with a success", all(http.StatusOK, "", ttlHeader, "21600")},
	{"no content", all(http.StatusNoContent, "", ttlHeader, "21600")},
	{"nothing is there", all(http.StatusNotFound, "")},
	{"items that are absent", item(http.StatusNotFound, text(""))},
	{"no method is allowed", all(http.StatusMethodNotAllowed, "")},
	{"every request is bad", item(http.StatusBadRequest, text("bad"))},
	{"headers that are too large", item(http.StatusRequestHeaderFieldsTooLarge, text(""))},
	{"a token is never right", item(http.StatusUnauthorized, text(""))},
	{"JSON that is no document", item(http.StatusOK, text(`{"instanceId":["i-0123456789abcdef0"],"action":7,"time":{}}`))},
	{"bytes that are no text", item(http.StatusOK, text("\xff\xfe\x00\x01"))},
	{"a body that breaks off", item(http.StatusOK, func(*stranger, *http.Request) io.Reader {
		return io.MultiReader(strings.NewReader(`{"action":`), failing{io.ErrUnexpectedEOF})
	})},
	{"connections that break", func(*stranger, *http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }},
	{"connections that are refused", func(*stranger, *http.Request) (*http.Response, error) {
		return nil, errors.New("dial tcp 169.254.169.254:80: connect: connection refused")
	}},
	{"silence", func(s *stranger, r *http.Request) (*http.Response, error) {
		s.mu.Unlock()
		defer s.mu.Lock()
		<-r.Context().Done()
		return nil, r.Context().Err()
	}},
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

// mostOfAStranger is more than is read of what strangers answer in two minutes, each answer
// bounded: they are asked five times a second at most.
const mostOfAStranger = 100_000 * 5 * 120

func TestWhoeverAnsweredInTheMetadatasPlaceTheNoticeIsOutWithinTwoSecondsAfter(t *testing.T) {
	for i, c := range strangers {
		phase := time.Duration(i) * 137 * time.Millisecond % (2 * time.Second) // of the poll when it leaves
		for _, begins := range []struct {
			name  string
			peace time.Duration // before the stranger comes
		}{{"from the start", 0}, {"later", 10 * time.Second}} {
			t.Run(c.name+" "+begins.name, func(t *testing.T) {
				for _, hostile := range []time.Duration{time.Second + phase, 20*time.Second + phase} {
					meets(t, c.answer, begins.peace, hostile)
				}
			})
		}
	}
}

func meets(t *testing.T, answer func(*stranger, *http.Request) (*http.Response, error), peace, hostile time.Duration) {
	t.Helper()
	s := &stranger{answer: answer}
	inBubble(t, time.Minute, func(b *bed) {
		b.flags = []string{"--grace", "24h"}
		t.Setenv("AWS_ACCESS_KEY_ID", "") // so that the keys come by the same way
		b.metadata.Items["meta-data/iam/security-credentials/"] = "publisher"
		b.metadata.Items["meta-data/iam/security-credentials/publisher"] = fakes.RoleCredentials("AKROLE", time.Now().Add(10*time.Second))
		s.real, s.gone = fakes.InMemory{Handler: b.metadata}, peace > 0
		b.imds = s
	}, func(b *bed) {
		b.pass(peace)
		s.mu.Lock()
		s.gone = false
		s.mu.Unlock()
		b.pass(hostile)
		b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
		s.leave()
		b.pass(2 * time.Second)
		got := b.sink.Kinds(t)
		slices.Sort(got)
		if !slices.Equal(got, []string{"hello", "terminating"}) {
			t.Errorf("after %v of it arrived %q\n%.3000s", hostile, got, b.log)
		}
		if n := bytes.Count(b.log.Bytes(), []byte("\n")); n > 30 {
			t.Errorf("%d lines of log\n%.3000s", n, b.log)
		}
	})
	if len(s.abroad) > 0 {
		t.Errorf("tokens went elsewhere: %q", s.abroad)
	}
	if n := s.read.Load(); n > mostOfAStranger {
		t.Errorf("%d bytes were read of bodies that never end", n)
	}
}

func TestATokenThatIsRefusedInAnotherWayThanDocumentedIsGivenUp(t *testing.T) {
	for _, denial := range []int{-1, http.StatusBadRequest, http.StatusForbidden, http.StatusRequestHeaderFieldsTooLarge, http.StatusInternalServerError} {
		t.Run(fmt.Sprint(denial), func(t *testing.T) {
			inBubble(t, time.Minute, func(b *bed) { b.flags = []string{"--grace", "24h"} }, func(b *bed) {
				b.pass(time.Second)
				b.metadata.Set(func(m *fakes.Metadata) { m.TTL, m.Denial, m.Expired = 21600, denial, true })
				b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
				b.pass(7 * time.Second) // three looks
				b.want("hello", "terminating")
			})
		})
	}
}

// What the daemon signs with comes from the metadata too.
func TestKeysThatAStrangerGaveAreGivenUpWhenTheTopicRefusesThem(t *testing.T) {
	const role, keys = "meta-data/iam/security-credentials/", "meta-data/iam/security-credentials/publisher"
	inBubble(t, time.Minute, func(b *bed) {
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		b.flags = []string{"--grace", "24h"}
		b.metadata.Items[role] = "publisher"
		b.metadata.Items[keys] = fakes.RoleCredentials("AKSTRANGER", time.Now().Add(1000*time.Hour))
		b.sink.Only = "AKROLE"
	}, func(b *bed) {
		b.pass(time.Minute)
		b.want()
		b.metadata.Set(func(m *fakes.Metadata) { m.Items[keys] = fakes.RoleCredentials("AKROLE", time.Now().Add(6*time.Hour)) })
		b.metadata.Interrupt(time.Now().Add(2 * time.Minute))
		b.pass(2*time.Second + 200*time.Millisecond)
		b.want("terminating")
	})
}
