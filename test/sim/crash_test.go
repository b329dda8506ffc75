package sim_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
)

// crashAt kills the coordinator at its n-th mutating call, before the call's effect or after it.
func crashAt(c *cloudsim.Cloud, n int, after bool) {
	seen, done := 0, false
	hook := func(counts bool) func(cloudsim.Call) cloudsim.Verdict {
		return func(call cloudsim.Call) cloudsim.Verdict {
			if !call.Mutating || !coordinators(call.Session) || done {
				return cloudsim.GoOn
			}
			if counts {
				seen++
			}
			if seen == n && counts != after {
				done = true
				return cloudsim.Crash
			}
			return cloudsim.GoOn
		}
	}
	c.OnCall(hook(true), hook(false))
}

// mutatingCalls plays the demo undisturbed and names the coordinator's mutating calls.
func mutatingCalls(t *testing.T) []string {
	w := newWorld(t, stage.Config{Cloud: cloudsim.Config{Seed: 1}})
	var calls []string
	w.cloud.OnCall(func(c cloudsim.Call) cloudsim.Verdict {
		if c.Mutating && coordinators(c.Session) {
			calls = append(calls, c.Service+"."+c.Op)
		}
		return cloudsim.GoOn
	}, nil)
	w.playDemo()
	return calls
}

// nth is the number of the call that is the nth of its kind.
func nth(calls []string, kind string, n int) int {
	for i, c := range calls {
		if c == kind {
			if n--; n == 0 {
				return i + 1
			}
		}
	}
	return len(calls)
}

func TestTheCoordinatorMayDieBeforeAndAfterEveryMutatingCall(t *testing.T) {
	t.Parallel()
	calls := mutatingCalls(t)
	if len(calls) < 100 {
		t.Fatalf("only %d mutating calls: %v", len(calls), calls)
	}
	t.Logf("%d mutating calls", len(calls))
	// The swaps between the second and the last make the same calls again: every fifth of theirs will do.
	const retire = "Auto Scaling.TerminateInstanceInAutoScalingGroup"
	second, last := nth(calls, retire, 2), nth(calls, retire, 6)
	for n := 1; n <= len(calls); n++ {
		if n > second && n < last && n%5 != 0 {
			continue
		}
		for _, after := range []bool{false, true} {
			name := fmt.Sprintf("%03d %s %s", n, map[bool]string{false: "before", true: "after"}[after], calls[n-1])
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, stage.Config{Cloud: cloudsim.Config{Seed: 1}})
				crashAt(w.cloud, n, after)
				w.playDemo()
				if w.crashes != 1 {
					w.fail("%d crashes where one was meant", w.crashes)
				}
			})
		}
	}
}

// A launch whose answer was lost may have been made: that its repetition is refused for want of tokens says nothing of the first time.
func TestALaunchWhoseAnswerWasLostIsKeptWhereItsRepetitionIsThrottled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code string }{{"by EC2's code", "RequestLimitExceeded"}, {"by another", "Throttling"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, stage.Config{Cloud: cloudsim.Config{Seed: 1, Faults: cloudsim.Faults{ReadLag: 20 * time.Second}}}) // else the next look shows it
			fleets := 0
			hook := func(before bool) func(cloudsim.Call) cloudsim.Verdict {
				return func(call cloudsim.Call) cloudsim.Verdict {
					if call.Op != "CreateFleet" || !coordinators(call.Session) {
						return cloudsim.GoOn
					}
					if before {
						fleets++
					}
					switch {
					case !before && fleets == 1:
						return cloudsim.Fail(errors.New("the connection was reset"))
					case before && fleets == 2:
						return cloudsim.Fail(&smithy.GenericAPIError{Code: c.code, Message: "Request limit exceeded."})
					}
					return cloudsim.GoOn
				}
			}
			w.cloud.OnCall(hook(true), hook(false))
			w.playDemo()
			if fleets < 3 {
				t.Errorf("%d requests: nothing was lost and throttled", fleets)
			}
			if v := w.check.Violations(); len(v) > 0 {
				w.fail("%v", v[0])
			}
		})
	}
}
