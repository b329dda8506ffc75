package decide

import (
	"testing"
	"time"
)

// A fault that was no type's (a key's policy, say) is mended outside the template. Spot is asked again soon after, though every type was accused.
func TestAFaultOfNoTypeLeavesNoTypeAccusedForADay(t *testing.T) {
	t.Parallel()
	for _, types := range []int{1, 2, 5, 20} {
		for hours := 24; hours <= 72; hours += 8 {
			mended := noon.Add(time.Duration(hours) * time.Hour)
			if asked := heals(types, mended); asked.IsZero() || asked.Sub(mended) > longestPause {
				t.Errorf("%d types: spot is asked %s after it was mended, which took %d hours", types, asked.Sub(mended), hours)
			}
		}
	}
}

// heals plays a group whose launches all fail as a whole until they are mended; it gives when spot is asked first after that, the zero time where
// it is not for two days.
func heals(types int, mended time.Time) time.Time {
	w := manyTypes(types)
	for end := mended.Add(48 * time.Hour); w.Now.Before(end); {
		p := Decide(w)
		w.Record = p.Record
		for _, a := range p.Actions {
			if a.Kind != LaunchOne {
				continue
			}
			if a.Launch.Spot && !w.Now.Before(mended) {
				return w.Now
			}
			w.Record = Learn(w.Record, a, Result{Failure: Invalid, Detail: "SomethingNew: no", Suspect: true}, w.Now)
		}
		if w.Now = w.Now.Add(time.Minute); p.Look.After(w.Now) {
			w.Now = p.Look
		}
	}
	return time.Time{}
}
