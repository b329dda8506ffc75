package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"autospotting/coordinator/ledger"
	"autospotting/deploy/cfn"
	"autospotting/pkg/cli"
)

// slow is Lambda as it is: a mapping is switched some looks after it was asked for, and meanwhile may not be asked again. Beside it is
// the ledger.
type slow struct {
	state string
	busy  int    // looks until what was asked for is done
	body  string // the record of group web; empty is none
	asked []string
}

func (l *slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch target := r.Header.Get("X-Amz-Target"); {
	case strings.HasSuffix(target, ".Scan") && l.body == "":
		fmt.Fprint(w, `{"Items":[]}`)
	case strings.HasSuffix(target, ".Scan"):
		fmt.Fprint(w, `{"Items":[{"asg":{"S":"web"}}]}`)
	case strings.HasSuffix(target, ".GetItem"):
		fmt.Fprintf(w, `{"Item":{"asg":{"S":"web"},"body":{"S":%q},"revision":{"N":"1"}}}`, l.body)
	case r.Method == http.MethodPut:
		l.change(w, r)
	case strings.HasSuffix(r.URL.Path, "/configuration"):
		fmt.Fprint(w, `{"FunctionName":"f","Timeout":30}`)
	default:
		if l.busy--; l.busy == 0 {
			l.state = map[string]string{"Disabling": "Disabled", "Enabling": "Enabled"}[l.state]
		}
		l.asked = append(l.asked, l.state)
		fmt.Fprintf(w, `{"EventSourceMappings":[{"UUID":"1","State":%q}]}`, l.state)
	}
}

func (l *slow) change(w http.ResponseWriter, r *http.Request) {
	if l.busy--; l.busy > 0 {
		l.asked = append(l.asked, "in use")
		w.Header().Set("X-Amzn-ErrorType", "ResourceInUseException")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"message":"Cannot update the event source mapping because it is in use."}`)
		return
	}
	body, _ := io.ReadAll(r.Body)
	l.state, l.busy = "Enabling", 3
	if strings.Contains(string(body), "false") {
		l.state = "Disabling"
	}
	l.asked = append(l.asked, "asked")
}

// at is a site of that Lambda; what is waited for happens at once.
func (l *slow) at(t *testing.T, wait func(context.Context, time.Duration) error) *site {
	t.Helper()
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	s := &site{options: &options{pause: time.Millisecond}, st: cli.Streams{In: bufio.NewReader(strings.NewReader("")), Out: io.Discard, Err: io.Discard}}
	s.connect(aws.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AK", "secret", ""), BaseEndpoint: &server.URL})
	s.wait = wait
	return s
}

var standing = cfn.State{Exists: true, Outputs: map[string]string{"FunctionName": "f", "TableName": "autospotting-ledger"}}

// What an invocation that was under way writes before its time is over is seen by the look that decides.
func TestTheLastLookAtTheLedgerComesWhenNothingWorksAnyMore(t *testing.T) {
	t.Parallel()
	l := &slow{state: "Enabled"}
	var waited []time.Duration
	s := l.at(t, func(_ context.Context, d time.Duration) error {
		waited = append(waited, d)
		body, err := ledger.Record{Group: "web", Intents: make([]ledger.Intent, 1)}.Encode()
		l.body = string(body)
		return err
	})
	err := s.stop(t.Context(), standing)
	if err == nil || !strings.Contains(err.Error(), "web: 1 replacements are launched") {
		t.Errorf("it says %v", err)
	}
	if want := []string{"Enabled", "asked", "Disabling", "Disabling", "Disabled"}; !slices.Equal(l.asked, want) {
		t.Errorf("asked was %v, want %v", l.asked, want)
	}
	if !slices.Equal(waited, []time.Duration{30 * time.Second}) {
		t.Errorf("waited was %v", waited)
	}
}

func TestAWaitThatIsBrokenOffEndsTheRemoval(t *testing.T) {
	t.Parallel()
	l := &slow{state: "Disabled"}
	s := l.at(t, func(context.Context, time.Duration) error { return context.Canceled })
	if err := s.stop(t.Context(), standing); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("it says %v", err)
	}
}

func TestAMappingThatIsBeingChangedIsAskedAgain(t *testing.T) {
	t.Parallel()
	l := &slow{state: "Disabling", busy: 4}
	s := l.at(t, cfn.Pause)
	if switched, err := s.listen(t.Context(), standing, true); err != nil || switched != 1 {
		t.Errorf("switched %d (%v)", switched, err)
	}
	if want := []string{"Disabling", "in use", "in use", "asked"}; !slices.Equal(l.asked, want) {
		t.Errorf("asked was %v, want %v", l.asked, want)
	}
}

func TestOnlyAnEmulatorIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	amazon, emulated := &site{options: &options{}}, &site{options: &options{}}
	amazon.connect(aws.Config{Region: "eu-west-1"})
	emulated.connect(aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String("http://127.0.0.1:1")})
	if err := amazon.wait(ended, time.Hour); err == nil {
		t.Error("a wait that is broken off was over")
	}
	if err := emulated.wait(t.Context(), 1000*time.Hour); err != nil {
		t.Error(err)
	}
}
