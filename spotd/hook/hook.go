// Package hook holds a termination lifecycle hook of the instance's group open
// while there is work to do, and completes it then (Amazon EC2 Auto Scaling User
// Guide, "Complete a lifecycle action").
package hook

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/rs/zerolog"
)

const (
	// beat is the time between two heartbeats. The shortest heartbeat time-out
	// that a hook can have is 30 s (API reference, PutLifecycleHook).
	beat = 10 * time.Second
	// attemptTimeout bounds one call.
	attemptTimeout = 5 * time.Second
	// persist is how long completing is tried: the target state may say
	// Terminated a moment before the hook begins to wait, and a role may lack the
	// permission for good.
	persist = 2 * time.Minute
	// firstBackoff doubles up to lastBackoff between two attempts to complete.
	firstBackoff = 500 * time.Millisecond
	lastBackoff  = 10 * time.Second
)

// Calls are the two operations, as function values: held so, the linker drops
// the client's other operations.
type Calls struct {
	Heartbeat func(context.Context, *autoscaling.RecordLifecycleActionHeartbeatInput, ...func(*autoscaling.Options)) (*autoscaling.RecordLifecycleActionHeartbeatOutput, error)
	Complete  func(context.Context, *autoscaling.CompleteLifecycleActionInput, ...func(*autoscaling.Options)) (*autoscaling.CompleteLifecycleActionOutput, error)
}

// Hook is one hook of one instance.
type Hook struct {
	Calls                 Calls
	Name, Group, Instance string
	Log                   zerolog.Logger
}

// Hold sends heartbeats until done is closed, then completes the hook. It
// returns when that is done, was tried long enough, or ctx ends. The heartbeats'
// failures are logged once: Auto Scaling refuses them while the hook is not waiting.
func (h Hook) Hold(ctx context.Context, done <-chan struct{}) {
	told := false
	for waiting := true; waiting; {
		select {
		case <-ctx.Done():
			return
		case <-done:
			waiting = false
		case <-time.After(beat):
			if err := h.heartbeat(ctx); err != nil && !told {
				told = true
				h.Log.Warn().Err(err).Str("hook", h.Name).Msg("lifecycle hook takes no heartbeat")
			}
		}
	}
	h.complete(ctx)
}

func (h Hook) heartbeat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	_, err := h.Calls.Heartbeat(ctx, &autoscaling.RecordLifecycleActionHeartbeatInput{
		AutoScalingGroupName: &h.Group, LifecycleHookName: &h.Name, InstanceId: &h.Instance,
	})
	return err
}

// complete goes on with the termination. For a terminating instance CONTINUE and
// ABANDON end alike, but ABANDON skips the other hooks.
func (h Hook) complete(ctx context.Context) {
	last := time.Now().Add(persist)
	for wait := firstBackoff; ; wait = min(2*wait, lastBackoff) {
		err := h.completeOnce(ctx)
		if err == nil {
			h.Log.Info().Str("hook", h.Name).Msg("lifecycle hook completed")
			return
		}
		if ctx.Err() != nil || !time.Now().Add(wait).Before(last) {
			h.Log.Error().Err(err).Str("hook", h.Name).Msg("lifecycle hook not completed, it ends by its own time-out; does the role allow autoscaling:CompleteLifecycleAction?")
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func (h Hook) completeOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	_, err := h.Calls.Complete(ctx, &autoscaling.CompleteLifecycleActionInput{
		AutoScalingGroupName: &h.Group, LifecycleHookName: &h.Name, InstanceId: &h.Instance,
		LifecycleActionResult: aws.String("CONTINUE"),
	})
	return err
}

// Try sends one heartbeat and tells whether it is permitted: a hook that is not
// waiting refuses it as invalid, which is fine.
func Try(ctx context.Context, h Hook) error {
	err := h.heartbeat(ctx)
	var code interface{ ErrorCode() string }
	if errors.As(err, &code) && code.ErrorCode() == "ValidationError" {
		return nil
	}
	return err
}
