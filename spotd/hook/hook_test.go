package hook

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/rs/zerolog"
)

// group is an Auto Scaling group with one hook that may not be waiting yet.
type group struct {
	waits     time.Time // from when on the hook waits
	beats     int
	completed []time.Time
	result    string
	log       bytes.Buffer
}

var errInvalid = errors.New("ValidationError: No active Lifecycle Action found")

func (g *group) hook() Hook {
	return Hook{Name: "drain", Group: "web", Instance: "i-0123456789abcdef0", Log: zerolog.New(&g.log), Calls: Calls{
		Heartbeat: func(_ context.Context, in *autoscaling.RecordLifecycleActionHeartbeatInput, _ ...func(*autoscaling.Options)) (*autoscaling.RecordLifecycleActionHeartbeatOutput, error) {
			if time.Now().Before(g.waits) || *in.LifecycleHookName != "drain" || *in.AutoScalingGroupName != "web" {
				return nil, errInvalid
			}
			g.beats++
			return nil, nil
		},
		Complete: func(_ context.Context, in *autoscaling.CompleteLifecycleActionInput, _ ...func(*autoscaling.Options)) (*autoscaling.CompleteLifecycleActionOutput, error) {
			if time.Now().Before(g.waits) || *in.InstanceId != "i-0123456789abcdef0" {
				return nil, errInvalid
			}
			g.completed, g.result = append(g.completed, time.Now()), *in.LifecycleActionResult
			return nil, nil
		},
	}}
}

func TestTheHookIsHeldUntilTheWorkIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, done, began := &group{}, make(chan struct{}), time.Now()
		time.AfterFunc(95*time.Second, func() { close(done) })
		g.hook().Hold(t.Context(), done)
		if g.beats != 9 || len(g.completed) != 1 || g.result != "CONTINUE" || g.completed[0].Sub(began) != 95*time.Second {
			t.Errorf("%d beats, completed %v %s", g.beats, g.completed, g.result)
		}
	})
}

func TestAHookThatWaitsABitLaterIsCompletedAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, done := &group{waits: time.Now().Add(15 * time.Second)}, make(chan struct{})
		close(done)
		g.hook().Hold(t.Context(), done)
		if len(g.completed) != 1 || g.completed[0].Sub(g.waits) > lastBackoff {
			t.Errorf("completed %v", g.completed)
		}
	})
}

func TestAHookThatIsRefusedIsGivenUpAndToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, done, began := &group{waits: time.Now().Add(time.Hour)}, make(chan struct{}), time.Now()
		time.AfterFunc(time.Minute, func() { close(done) })
		g.hook().Hold(t.Context(), done)
		if took := time.Since(began); took < time.Minute+persist/2 || took > time.Minute+persist {
			t.Errorf("gave up after %v", took)
		}
		if log := g.log.String(); strings.Count(log, "takes no heartbeat") != 1 || strings.Count(log, "not completed") != 1 {
			t.Errorf("log:\n%s", log)
		}
	})
}
