package watch

import (
	"strings"

	"autospotting/pkg/message"
)

// Key names what a report is about, for saying it once in an instance's life: the
// kind, with the action where actions differ materially. The time of a
// termination is not part of it, because the metadata may give another one at
// each look; a maintenance at another time is another one. A key is a safe file
// name.
func Key(r message.Report) string {
	switch r.Kind {
	case message.Terminating:
		return string(r.Kind) + "-" + r.Action
	case message.Maintenance:
		return string(r.Kind) + "-" + r.ID
	default:
		return string(r.Kind)
	}
}

// isNotice tells the keys after which an instance does not become ready.
func isNotice(key string) bool {
	return strings.HasPrefix(key, string(message.Terminating)+"-")
}
