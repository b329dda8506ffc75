package deploy_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

// hears lists the states of the function's event source mappings.
func (a *account) hears() (states []string) {
	a.t.Helper()
	out, err := lambda.NewFromConfig(a.config()).ListEventSourceMappings(a.t.Context(), &lambda.ListEventSourceMappingsInput{FunctionName: aws.String("autospotting")})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, m := range out.EventSourceMappings {
		states = append(states, aws.ToString(m.State))
	}
	return states
}

// switches one mapping, as the request is seen by the proxy.
func switches(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/event-source-mappings/")
}

// after answers an action with an error once a mapping was switched.
func after(name string, status int, code, message string) func(*http.Request, []byte) (int, string) {
	var off atomic.Bool
	return func(r *http.Request, body []byte) (int, string) {
		if switches(r) {
			off.Store(true)
		}
		if !off.Load() {
			return 0, ""
		}
		return instead(name, status, code, message)(r, body)
	}
}

var hearing = []string{"Enabled", "Enabled", "Enabled"}

func TestARemovalThatFailsLeavesTheFunctionHearing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer func(*http.Request, []byte) (int, string)
		says   string
	}{
		{"the stack may not be removed", after("DeleteStack", 400, "ValidationError", "Stack [autospotting] cannot be deleted while TerminationProtection is enabled"), "TerminationProtection"},
		{"the record of a group with a raised MaxSize cannot be read", after("DynamoDB_20120810.GetItem", 403, "AccessDeniedException", "not you"), "read the record of group web"},
		{"MaxSize cannot be given back", after("UpdateAutoScalingGroup", 403, "AccessDenied", "autoscaling:UpdateAutoScalingGroup"), "autoscaling:UpdateAutoScalingGroup"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.group("web")
			a.up("v1")
			a.record(ledger.Record{Group: "web", Books: books.Edited(func(k *books.Stored) { k.Lease = &books.StoredLease{Owner: 3, Leased: 4, Tried: []int{4}} })})
			a.answer = c.answer
			_, said, err := a.deploy("down", "--yes")
			if err == nil || !strings.Contains(said, c.says) || !strings.Contains(said, "the function listens again") {
				t.Errorf("it said (%v) %s", err, said)
			}
			if got := a.hears(); !slices.Equal(got, hearing) {
				t.Errorf("the function hears %v", got)
			}
		})
	}
}

// stopped runs down and sends it that signal once the first mapping is off; the answer is lost.
func (a *account) stopped(by os.Signal) (said string, err error) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	cmd := a.command(ctx, "down", "--yes")
	var out strings.Builder
	cmd.Stderr = &out
	started := make(chan struct{})
	var once atomic.Bool
	a.cutIf = func(r *http.Request) bool { return switches(r) && once.CompareAndSwap(false, true) }
	a.cut = func() {
		<-started
		_ = cmd.Process.Signal(by)
	}
	if err = cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	close(started)
	err = cmd.Wait()
	return out.String(), err
}

func TestARemovalThatIsInterruptedLeavesTheFunctionHearing(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.up("v1")
	if said, err := a.stopped(os.Interrupt); err == nil || !strings.Contains(said, "the function listens again") {
		t.Errorf("it said (%v) %s", err, said)
	}
	if got := a.hears(); !slices.Equal(got, hearing) {
		t.Errorf("the function hears %v", got)
	}
}

func TestAFunctionThatAKilledRemovalLeftDeafHearsAfterUp(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.up("v1")
	if _, err := a.stopped(os.Kill); err == nil || slices.Equal(a.hears(), hearing) {
		t.Fatalf("nothing was switched off (%v)", err)
	}
	if _, said := a.must("up", "--yes", "--dist", lab.dist, "--version", "v1"); !strings.Contains(said, "the function listens again") {
		t.Errorf("it said %s", said)
	}
	if got := a.hears(); !slices.Equal(got, hearing) {
		t.Errorf("the function hears %v", got)
	}
}
