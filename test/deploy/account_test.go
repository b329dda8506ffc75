package deploy_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"autospotting/test/rig"
)

const region = rig.Region

// patience is far above what anything here takes.
const patience = 3 * time.Minute

// account is an AWS account of the emulator that nobody used before, seen through a proxy that counts requests and may cut.
type account struct {
	t  *testing.T
	id string
	// signingKey is what the command finds in its environment.
	signingKey string
	front      *httptest.Server

	mu     sync.Mutex
	asked  []string
	cutAt  int                                                          // the request whose answer is lost, from 1; 0 is none
	cut    func()                                                       // kills the process
	cutIf  func(*http.Request) bool                                     // the same, by what is asked
	answer func(r *http.Request, body []byte) (status int, text string) // in the emulator's place; 0 lets it answer
	invoke func(version string) (failure string)                        // runs the function, which the emulator does in Docker only
	alarms map[string]string                                            // states, for the protocol of CloudWatch that the emulator does not know
}

var accounts atomic.Int64

func newAccount(t *testing.T) *account {
	t.Helper()
	needEmulator(t)
	a := &account{t: t, id: fmt.Sprintf("%012d", 200000000000+accounts.Add(1))}
	a.front = httptest.NewServer(a)
	t.Cleanup(a.front.Close)
	return a
}

// ServeHTTP hands the request on. What was begun is finished though the client is killed: so does AWS.
func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	hit := a.note(r, body) || a.cutIf != nil && a.cutIf(r)
	if own := a.stands(r, body); own != nil {
		if hit {
			a.cut()
			panic(http.ErrAbortHandler)
		}
		own(w)
		return
	}
	if a.answer != nil {
		if status, text := a.answer(r, body); status != 0 {
			w.Header().Set("Content-Type", "text/xml")
			w.WriteHeader(status)
			fmt.Fprint(w, text)
			return
		}
	}
	req, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, lab.moto+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	req.Header = r.Header.Clone()
	req.Header.Set("X-Moto-Account-Id", a.id)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer res.Body.Close()
	if hit {
		a.cut()
		panic(http.ErrAbortHandler)
	}
	for k, v := range res.Header {
		w.Header()[k] = v
	}
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}

// note counts the requests, by the action of the query protocol, the target of the JSON one, or method and path.
func (a *account) note(r *http.Request, body []byte) (hit bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, action(r, body))
	return a.cutAt == len(a.asked)
}

func action(r *http.Request, body []byte) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target
	}
	for part := range strings.SplitSeq(string(body), "&") {
		if name, ok := strings.CutPrefix(part, "Action="); ok && len(body) < 1<<20 {
			return name
		}
	}
	return r.Method + " " + r.URL.Path
}

func (a *account) config() aws.Config {
	return aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("AK", "secret", ""), BaseEndpoint: &a.front.URL}
}

// command is deploy with arguments, and nothing of this machine's configuration of AWS.
func (a *account) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, lab.spotctl, append(args, "--poll", "50ms")...)
	cmd.Env = append(rig.Environment(a.front.URL), "SIGNING_KEY="+a.signingKey)
	return cmd
}

// deploy runs the command and returns what it wrote.
func (a *account) deploy(args ...string) (out, said string, err error) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	cmd := a.command(ctx, args...)
	var o, e strings.Builder
	cmd.Stdout, cmd.Stderr = &o, &e
	err = cmd.Run()
	return o.String(), e.String(), err
}

// must is deploy that has to succeed.
func (a *account) must(args ...string) (out, said string) {
	a.t.Helper()
	out, said, err := a.deploy(args...)
	if err != nil {
		a.t.Fatalf("spotctl %s: %v\n%s\nasked so far: %s", strings.Join(args, " "), err, said, strings.Join(a.asked, ", "))
	}
	return out, said
}

func (a *account) up(version string, more ...string) {
	a.t.Helper()
	a.must(append([]string{"up", "--yes", "--dist", lab.dist, "--version", version}, more...)...)
}
