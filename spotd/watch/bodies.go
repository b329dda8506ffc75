package watch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"autospotting/pkg/message"
)

// noticeTime is how long before an interruption AWS gives notice (EC2 User
// Guide, "Spot Instance interruption notices").
const noticeTime = 120 * time.Second

// The years that a notice may be of; the instance's own clock has no say in it, for
// it may be a day off.
const (
	firstYear = 1990
	lastYear  = 2199
)

// spotAction reads spot/instance-action, for instance
// {"action":"terminate","time":"2017-09-18T08:22:00Z"}. Its time is passed on as
// AWS gives it, whatever our clock says. A notice whose time cannot be read is
// still a notice; so is an action that is new to us, which is treated as the worst
// one known.
func (m *Machine) spotAction(now time.Time, item Item) []message.Report {
	var body struct {
		Action any `json:"action"`
		Time   any `json:"time"`
	}
	if !m.decode("spot/instance-action", item, &body) {
		return nil
	}
	action, _ := body.Action.(string)
	if action == "" {
		m.note(fmt.Sprintf("spot/instance-action without an action: %s", clip(item.Body)))
		return nil
	}
	var details []string
	deadline, err := noticeDeadline(body.Time)
	if err != nil && action != message.ActionHibernate {
		deadline = now.Add(noticeTime)
		details = append(details, err.Error()+"; assumed the usual 120 s")
	}
	if !slices.Contains([]string{message.ActionTerminate, message.ActionStop, message.ActionHibernate}, action) {
		details = append(details, fmt.Sprintf("action %s, treated as terminate", clip(action)))
		action = message.ActionTerminate
	}
	r := m.report(message.Terminating, now, deadline)
	r.Action, r.Detail = action, strings.Join(details, "; ")
	if r.Detail != "" {
		m.note("spot/instance-action: " + r.Detail)
	}
	return []message.Report{r}
}

// terminationTime reads the legacy spot/termination-time, for instance
// 2015-01-05T18:02:00Z. It may hold something that is no time, and one in the
// past where the termination failed (EC2 User Guide, "Spot Instance interruption
// notices"): neither is a notice. What is past the service's own clock tells, and
// ours only where it has none.
func (m *Machine) terminationTime(now time.Time, item Item) []message.Report {
	if item.Presence != Present {
		return nil
	}
	theirs := item.At
	if theirs.IsZero() {
		theirs = now
	}
	deadline, err := noticeDeadline(strings.TrimSpace(item.Body))
	if err != nil || !deadline.After(theirs) || deadline.Sub(theirs) > mostAhead {
		m.note("spot/termination-time is no time to come: " + clip(item.Body))
		return nil
	}
	r := m.report(message.Terminating, now, deadline)
	r.Action, r.Detail = message.ActionTerminate, "from the legacy spot/termination-time"
	return []message.Report{r}
}

// mostAhead is how far ahead the legacy time may be: it is no notice's further off.
const mostAhead = 24 * time.Hour

// noticeDeadline reads the time of a notice, zero and an error if there is none.
func noticeDeadline(value any) (time.Time, error) {
	text, _ := value.(string)
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %s cannot be read", clip(fmt.Sprint(value)))
	}
	if year := t.UTC().Year(); year < firstYear || year > lastYear {
		return time.Time{}, fmt.Errorf("time %s is of another century", clip(text))
	}
	return t, nil
}

// rebalance reads events/recommendations/rebalance, for instance
// {"noticeTime":"2020-11-05T08:22:00Z"}. It is never taken back, so it is told
// once, and its time is for people.
func (m *Machine) rebalance(now time.Time, item Item) []message.Report {
	var body struct {
		NoticeTime any `json:"noticeTime"`
	}
	if !m.decode("events/recommendations/rebalance", item, &body) {
		return nil
	}
	if body.NoticeTime == nil {
		m.note("events/recommendations/rebalance without a noticeTime: " + clip(item.Body))
		return nil
	}
	r := m.report(message.Rebalance, now, time.Time{})
	r.Detail = "recommended at " + clip(fmt.Sprint(body.NoticeTime))
	return []message.Report{r}
}

// maintenance reads events/maintenance/scheduled: a list of events, with times
// like "21 Jan 2019 09:00:43 GMT". Only active ones are still to come.
func (m *Machine) maintenance(now time.Time, item Item) []message.Report {
	var events []struct {
		NotBefore, Code, Description, EventID, State string
	}
	if !m.decode("events/maintenance/scheduled", item, &events) {
		return nil
	}
	var out []message.Report
	for _, e := range events {
		if e.State != "active" {
			continue
		}
		notBefore, err := time.Parse("2 Jan 2006 15:04:05 MST", e.NotBefore)
		if err != nil || notBefore.Year() < 1970 {
			m.note(fmt.Sprintf("events/maintenance/scheduled: NotBefore %s cannot be read", clip(e.NotBefore)))
			notBefore = time.Time{}
		}
		r := m.report(message.Maintenance, now, notBefore)
		r.Action, r.Detail = message.Code(e.Code), cut(e.EventID+": "+e.Description)
		out = append(out, r)
	}
	return out
}

// decode reads a present item; what does not parse is noted and no event.
func (m *Machine) decode(path string, item Item, into any) bool {
	if item.Presence != Present {
		return false
	}
	if err := json.Unmarshal([]byte(item.Body), into); err != nil {
		m.note(fmt.Sprintf("%s is malformed: %v: %s", path, err, clip(item.Body)))
		return false
	}
	return true
}

// clip quotes a strange text so that it fits a log line and a message.
func clip(s string) string { return fmt.Sprintf("%q", cut(s)) }

func cut(s string) string {
	const most = 200
	s = strings.ToValidUTF8(s, "\ufffd")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
