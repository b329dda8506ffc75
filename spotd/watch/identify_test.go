package watch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// silent is a metadata service that does not answer.
type silent struct{ Metadata }

func (silent) GetDynamicData(context.Context, *imds.GetDynamicDataInput, ...func(*imds.Options)) (*imds.GetDynamicDataOutput, error) {
	return nil, errors.New("no answer")
}

func TestWithoutMetadataThereAreSignsOfLifeForTheWatchdogHoweverRarelyItIsPolled(t *testing.T) {
	for _, poll := range []time.Duration{50 * time.Millisecond, 2 * time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			last, longest, times := time.Now(), time.Duration(0), 0
			_, err := Reader{Client: silent{}}.Identify(ctx, "web", poll, func(error) {
				longest, last, times = max(longest, time.Since(last)), time.Now(), times+1
			})
			if !errors.Is(err, context.DeadlineExceeded) || longest > min(poll, 5*time.Second) || times < 100 {
				t.Errorf("poll %v: %d attempts, the longest wait %v, %v", poll, times, longest, err)
			}
		})
	}
}
