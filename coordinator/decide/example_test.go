package decide_test

import (
	"fmt"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

// A replacement is in service, so that the on-demand instance that it was launched for can go.
func ExampleDecide() {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	member := func(id string, spot bool) decide.Instance {
		return decide.Instance{ID: id, Type: "m5.large", Zone: "us-east-1a", Spot: spot, Ours: spot, Nonce: "n-1", State: "running", Launched: now.Add(-time.Hour),
			StatusOK: true, Member: true, Listed: true, Lifecycle: "InService", Healthy: true}
	}
	owners := settings.Defaults()
	owners.StatusTag = false
	world := decide.World{
		Now: now, Settings: owners,
		Group: decide.Group{Name: "web", Found: true, Enabled: true, HasTemplate: true, Min: 1, Max: 3, Desired: 3,
			Subnets: map[string]string{"us-east-1a": "subnet-1"}},
		Instances: []decide.Instance{member("i-demand1", false), member("i-demand2", false), member("i-spot", true)},
		Record: ledger.Record{Group: "web", Revision: 7, Books: books.Edited(func(k *books.Stored) {
			k.Desired0 = 2
			k.Pairs = []books.StoredDebt{{Phase: books.Attached, Victim: "i-demand1", At: now.Add(-time.Minute), Since: now.Add(-time.Minute),
				Intent: books.StoredLaunch{Purpose: books.Swap, Instance: "i-spot", Type: "m5a.large", Launch: books.StoredNonce{Nonce: "n-1", Spot: true}}}}
		})},
	}

	plan := decide.Decide(world)
	for _, d := range plan.Record.Books.Debts() {
		fmt.Printf("write: %s is %s for %s\n", d.Replacement.Instance, d.Phase, d.Victim)
	}
	for _, a := range plan.Actions {
		fmt.Printf("then:  %s %s: %s\n", a.Kind, a.Instance, a.Why)
	}
	// Output:
	// write: i-spot is paying for i-demand1
	// then:  protect i-spot: until its debt is paid
	// then:  retire i-demand1: i-spot (m5a.large) is in service in its place
}
