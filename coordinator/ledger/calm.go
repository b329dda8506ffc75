package ledger

import "time"

// Calm is a group for which nothing is to be done: as long as it is described as it was then, a tick need not look at it.
type Calm struct {
	Print string    `json:"print"` // of its description: the fingerprint
	Since time.Time `json:"since"`
	// Until is when something in the record is over, which a look takes out of it; zero where there is nothing of that kind.
	Until time.Time `json:"until,omitzero"`
	// Ours says that it holds spot of ours, which may be had cheaper.
	Ours bool `json:"ours,omitempty"`
}
