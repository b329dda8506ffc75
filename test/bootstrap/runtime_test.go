// Package bootstrap runs the real binary under the name that Lambda starts it by, against a loopback stub of the Lambda runtime API
// (Lambda developer guide, "Using the Lambda runtime API for custom runtimes") and of the few AWS calls that it needs.
package bootstrap

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// patience ends a test that waits for something that does not come.
const patience = 30 * time.Second

// answer is how an invocation ended: kind is response or error.
type answer struct{ id, kind, body string }

// runtimeAPI is the service inside of Lambda that a function polls.
type runtimeAPI struct {
	*httptest.Server
	polls   chan time.Time // when each poll came in
	events  chan string    // what to invoke with
	answers chan answer
	n       int // invocations handed out; only one poll is open at a time
}

const invocation = "/2018-06-01/runtime/invocation/"

func newRuntime(t testing.TB) *runtimeAPI {
	r := &runtimeAPI{polls: make(chan time.Time, 100), events: make(chan string), answers: make(chan answer, 100)}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *runtimeAPI) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	came := time.Now()
	body, _ := io.ReadAll(req.Body)
	path, ok := strings.CutPrefix(req.URL.Path, invocation)
	switch {
	case !ok: // above all /runtime/init/error
		r.answers <- answer{kind: req.URL.Path, body: string(body)}
		w.WriteHeader(http.StatusAccepted)
	case path == "next":
		r.polls <- came
		select {
		case <-req.Context().Done():
		case e := <-r.events:
			r.n++
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprintf("request-%d", r.n))
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(patience).UnixMilli()))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:coordinator")
			fmt.Fprint(w, e)
		}
	default:
		id, kind, _ := strings.Cut(path, "/")
		r.answers <- answer{id, kind, string(body)}
		w.WriteHeader(http.StatusAccepted)
	}
}

// invoke hands out an event and waits for the answer.
func (r *runtimeAPI) invoke(t testing.TB, event string) answer {
	t.Helper()
	select {
	case r.events <- event:
	case a := <-r.answers:
		t.Fatalf("before it polled: %+v", a)
	case <-time.After(patience):
		t.Fatal("nobody polls")
	}
	return hear(t, r.answers, "no answer")
}

func hear[T any](t testing.TB, from <-chan T, otherwise string) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		t.Fatal(otherwise)
	}
	return v
}
