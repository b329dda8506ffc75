package decide

import (
	"testing"
	"time"
)

// In two days in which nothing can be launched, the group's own launches failing too, spot and on-demand are both asked again and again, ever more
// seldom. (Once on-demand alone was asked after the first failure.)
func TestAShortGroupAsksForSpotAndForOnDemandAsLongAsItIsShort(t *testing.T) {
	t.Parallel()
	w := web()
	w.Instances = w.Instances[:2]
	asked := map[bool]int{}
	for end := noon.Add(48 * time.Hour); w.Now.Before(end); {
		w.Activities = []Activity{{Launching: true, Failed: true, Kind: OtherChange, At: w.Now.Add(-10 * time.Second)}}
		p := Decide(w)
		w.Record = p.Record
		for _, a := range p.Actions {
			if a.Kind != LaunchOne {
				continue
			}
			asked[a.Launch.Spot]++
			res := Result{}
			for _, o := range a.Launch.Overrides {
				res.Refused = append(res.Refused, RefusedPool{Type: o.Type, Zone: o.Zone, Code: "InsufficientInstanceCapacity"})
			}
			w.Record = Learn(w.Record, a, res, w.Now)
		}
		if w.Now = w.Now.Add(time.Minute); p.Look.After(w.Now) {
			w.Now = p.Look
		}
	}
	if asked[true] < 4 || asked[false] < 4 || asked[true]+asked[false] > 60 {
		t.Errorf("in 48 hours spot was asked %d times and on-demand %d times", asked[true], asked[false])
	}
}
