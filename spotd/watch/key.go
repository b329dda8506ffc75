package watch

import (
	"regexp"
	"strings"

	"autospotting/pkg/message"
)

// eventID is what a maintenance's detail begins with where AWS gave one, such as
// instance-event-0d59937288b749b32.
var eventID = regexp.MustCompile(`^([A-Za-z0-9-]{1,64}): `)

// Key names what a report is about, for saying it once in an instance's life: the
// kind, with the action where actions differ materially, and whether it is said once more. The time of a
// termination is not part of it, because the metadata may give another one at
// each look; a maintenance at another time is another one, and so is one with
// another event id of AWS's. A key is a safe file name.
func Key(r message.Report) string {
	if r.Detail == message.DetailAgain {
		r.Detail = ""
		return Key(r) + again
	}
	switch r.Kind {
	case message.Terminating:
		return string(r.Kind) + "-" + r.Action
	case message.Drained:
		return string(r.Kind) + "-" + r.ID
	case message.Maintenance:
		key := string(r.Kind) + "-" + r.ID
		if id := eventID.FindStringSubmatch(r.Detail); id != nil {
			key += "-" + id[1]
		}
		return key
	case message.Started:
		if r.Action != "" { // the probe's may still come, once the owner sets one
			return string(r.Kind) + "-" + r.Action
		}
		return string(r.Kind)
	default:
		return string(r.Kind)
	}
}

// BootKey is the key of a Started that says that the boot is over.
const BootKey = string(message.Started) + "-" + message.ActionBoot

// again is what follows a key where its report is said once more.
const again = "-again"

// isNotice tells the keys after which an instance does not become ready.
func isNotice(key string) bool {
	return strings.HasPrefix(key, string(message.Terminating)+"-")
}
