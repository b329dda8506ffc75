package decide

import (
	"testing"
	"time"

	"autospotting/coordinator/ledger"
)

// allRefused are ways in which every launch fails for ever.
var allRefused = map[string]func(ledger.Launch) Result{
	"as a whole, for whatever is in it": func(ledger.Launch) Result {
		return Result{Failure: Invalid, Detail: "UnsupportedOperation: no", Suspect: true}
	},
	"for want of addresses in every zone": func(l ledger.Launch) (res Result) {
		for _, o := range l.Overrides {
			res.Refused = append(res.Refused, RefusedPool{Type: o.Type, Zone: o.Zone, Code: "InsufficientFreeAddressesInSubnet", Owner: OfZone})
		}
		return res
	},
	"for the first type, by its name": func(l ledger.Launch) Result {
		return Result{Failure: Invalid, Detail: "Unsupported: no", Untried: true, Refused: []RefusedPool{{Type: l.Overrides[0].Type, Code: "Unsupported", Owner: OfType}}}
	},
	"for the quota": func(l ledger.Launch) (res Result) {
		for _, o := range l.Overrides {
			res.Refused = append(res.Refused, RefusedPool{Type: o.Type, Zone: o.Zone, Code: "VcpuLimitExceeded", Owner: OfQuota})
		}
		return res
	},
	"for the account": func(ledger.Launch) Result { return Result{Failure: Invalid, Detail: "Blocked: no"} },
	"by one pool at a time": func(l ledger.Launch) Result {
		o := l.Overrides[0]
		return Result{Failure: Invalid, Detail: "InsufficientInstanceCapacity: no", Untried: true, Refused: []RefusedPool{{Type: o.Type, Zone: o.Zone, Code: "InsufficientInstanceCapacity", Owner: OfPool}}}
	},
}

// Whatever is refused, for whatever reason, a group does not hammer: it pauses as one that fails.
func TestNoKindOfRefusalHammersForHours(t *testing.T) {
	t.Parallel()
	for name, answer := range allRefused {
		for _, short := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := web()
				if short {
					w.Instances = w.Instances[:2]
				}
				calls, hour := 0, 0
				for end := noon.Add(48 * time.Hour); w.Now.Before(end); {
					if short {
						w.Activities = []Activity{{Launching: true, Failed: true, Kind: OtherChange, At: w.Now.Add(-10 * time.Second)}}
					}
					p := Decide(w)
					w.Record = p.Record
					for _, a := range p.Actions {
						if a.Kind == LaunchOne {
							if calls++; w.Now.Before(noon.Add(time.Hour)) {
								hour++
							}
							if len(a.Launch.Overrides) == 0 {
								t.Fatal("nothing is asked for")
							}
							w.Record = Learn(w.Record, a, answer(*a.Launch), w.Now)
						}
					}
					if w.Now = w.Now.Add(10 * time.Second); p.Look.After(w.Now) {
						w.Now = p.Look
					}
				}
				if hour > 80 || calls > 500 || calls < 4 {
					t.Errorf("short %t: %d calls in the first hour, %d in 48", short, hour, calls)
				}
			})
		}
	}
}

// However a notice's launches are refused, they are few, and the group gets its turn in time.
func TestNoKindOfRefusalHammersForANotice(t *testing.T) {
	t.Parallel()
	for name, answer := range allRefused {
		for _, zones := range []int{3, 1} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := web()
				w.allSpot()
				if zones == 1 {
					w.Group.Subnets = map[string]string{"a": "subnet-a"}
					for i := range w.Instances {
						w.Instances[i].Zone = "a"
					}
				}
				id := w.Instances[0].ID
				w.Record.Notices = map[string]ledger.Notice{id: {At: noon, Deadline: noon.Add(2 * time.Minute)}}
				calls, released := 0, false
				for end := noon.Add(2 * time.Minute); w.Now.Before(end); w.Now = w.Now.Add(5 * time.Second) {
					p := Decide(w)
					w.Record = p.Record
					for _, a := range p.Actions {
						switch a.Kind {
						case LaunchOne:
							calls++
							w.Record = Learn(w.Record, a, answer(*a.Launch), w.Now)
						case Retire:
							released = true
						}
					}
				}
				if !released || calls > triesAll+2*soonSplit {
					t.Errorf("%d zones: %d calls, released %t", zones, calls, released)
				}
			})
		}
	}
}
