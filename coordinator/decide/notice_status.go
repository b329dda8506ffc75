package decide

import "slices"

// NoticeStatuses are the status codes of a spot request whose instance is on its way out though still running: with behaviour "terminate" the code is
// instance-terminated-no-capacity at once (EC2 user guide, "Spot request status").
var NoticeStatuses = []string{
	"instance-terminated-no-capacity", "instance-terminated-by-price", "instance-terminated-by-schedule",
	"instance-terminated-by-service", "instance-terminated-launch-group-constraint",
	"instance-stopped-no-capacity", "instance-stopped-by-price",
	"marked-for-termination", "marked-for-stop", "marked-for-stop-by-experiment", "marked-for-termination-by-experiment",
}

// NoticeStatus tells by the status code of a spot request whether AWS takes its instance, though it may still run.
func NoticeStatus(code string) bool { return slices.Contains(NoticeStatuses, code) }

func noticeStatus(code string) bool { return NoticeStatus(code) }

// Doubted lists the instances that somebody says AWS takes, and of which only their spot request tells whether, or how: nobody vouches for it, or so many
// were believed on spotd's word alone that no more are.
func Doubted(w World) (ids []string) {
	r := newRun(w)
	for _, h := range w.Heard {
		i, seen := r.v.Instance(h.Instance)
		if h.Kind != HeardTerminating || !seen || !i.Ours || !i.Spot || !i.Live() || r.doomed(i.ID) && h.Trusted || slices.Contains(ids, i.ID) {
			continue
		}
		if !h.Trusted || h.Source == FromSpotd && (h.Action == "hibernate" || len(w.Record.Unconfirmed)+len(w.Heard) > r.mostBelieved()) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}
