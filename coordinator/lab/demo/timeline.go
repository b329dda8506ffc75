package demo

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"sync"
	"time"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/pkg/cloudsim"
)

// timeline writes who said what and what was decided, with the capacity as a bar.
type timeline struct {
	mu    sync.Mutex
	out   io.Writer
	cloud *cloudsim.Cloud
	start time.Time
	last  map[string]string // the last reason given per instance, so that waiting is told once
}

var longID = regexp.MustCompile(`\bi-(?:[0-9a-f]{17}|[0-9a-f]{8})\b`)

func short(s string) string {
	return longID.ReplaceAllStringFunc(s, func(id string) string { return "i-" + id[len(id)-5:] })
}

func (t *timeline) title(s string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, "\n── %s\n", s)
}

func (t *timeline) write(at time.Time, who, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.start.IsZero() {
		t.start = at.Truncate(time.Second)
	}
	d := at.Sub(t.start)
	text = short(text)
	if r := []rune(text); len(r) > 96 {
		text = string(r[:95]) + "…"
	}
	fmt.Fprintf(t.out, "%02d:%04.1f %s %-11s %s\n", int(d.Minutes()), math.Floor(math.Mod(d.Seconds(), 60)*10)/10, t.bar(), who, text)
}

// bar shows the group's members: ■ spot in service, □ on-demand in service, · not yet serving,
// ! under notice; the number is the ready ones of the desired.
func (t *timeline) bar() string {
	g, ok := t.cloud.Group(group)
	if !ok {
		return strings.Repeat(" ", 13)
	}
	var b strings.Builder
	for _, m := range g.Members {
		switch {
		case strings.HasPrefix(m.State, "Terminating"):
		case !m.Instance.NoticeAt.IsZero():
			b.WriteRune('!')
		case m.State != "InService" || !m.Instance.AppReady:
			b.WriteRune('·')
		case m.Instance.Spot:
			b.WriteRune('■')
		default:
			b.WriteRune('□')
		}
	}
	n := len([]rune(b.String()))
	return fmt.Sprintf("%s%s %d/%d", b.String(), strings.Repeat(" ", max(0, 8-n)), t.cloud.Ready(group), g.Desired)
}

func (t *timeline) note(n handle.Note) {
	switch n.Kind {
	case "ignored":
		return
	case "heard":
		if !strings.HasPrefix(n.Text, "EC2 Spot") && !strings.HasPrefix(n.Text, "terminating") {
			return // what spotd says is told when it is believed; state changes only wake us
		}
	case "why":
		if t.repeated(n.Instance, n.Text) {
			return
		}
		if strings.HasPrefix(n.Text, "spotd says") {
			t.write(n.At, "spotd", n.Instance+" "+strings.TrimPrefix(n.Text, "spotd says "))
			return
		}
	case string(decide.Protect), string(decide.Unprotect):
		return
	}
	text := n.Text
	if n.Instance != "" && !strings.Contains(text, n.Instance) {
		text = n.Instance + " " + text
	}
	t.write(n.At, "coordinator", text)
}

func (t *timeline) repeated(instance, text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = map[string]string{}
	}
	if t.last[instance] == text {
		return true
	}
	t.last[instance] = text
	return false
}

func (t *timeline) event(e cloudsim.Event) {
	text := map[cloudsim.Kind]string{
		cloudsim.Notice: "gives notice", cloudsim.InService: "in service", cloudsim.Removed: "is gone from the group",
		cloudsim.Running: "runs", cloudsim.AppUp: "its application answers", cloudsim.Unhealthy: "found unhealthy",
		cloudsim.LaunchFailed: "launch failed",
	}[e.Kind]
	if text == "" {
		return
	}
	who := e.Actor
	if strings.HasPrefix(who, "coordinator") { // what our call set going, told by what did it
		who = "autoscaling"
	}
	t.write(e.At, who, strings.TrimSpace(e.Instance+" "+text))
}

// minutes keeps the lowest ready count of every simulated minute.
type minutes struct {
	start  time.Time
	lowest []int
	now    int
}

func watchMinutes(c *cloudsim.Cloud) *minutes {
	m := &minutes{start: c.Now()}
	c.OnEvent(func(e cloudsim.Event) {
		ready, minute := c.Ready(group), int(e.At.Sub(m.start)/time.Minute)
		for len(m.lowest) <= minute { // a minute begins with what the one before ended with
			m.lowest = append(m.lowest, m.now)
		}
		m.lowest[minute], m.now = min(m.lowest[minute], ready), ready
	})
	return m
}

func round(x float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(x*p) / p
}

// Table is the closing table, for people.
func (r Result) Table(w io.Writer) {
	fmt.Fprintf(w, "\n  capacity   %s  lowest ready per minute, of %d\n", spark(r.ReadyByMinute, r.Desired), r.Desired)
	for _, row := range [][2]string{
		{"by our hand", fmt.Sprintf("never below %d ready", r.LowestReadyByUs)},
		{"interrupted", fmt.Sprintf("%d; replacement requested %d ms (simulated) after the notice; never below %d ready meanwhile", r.Interruptions, r.NoticeToRequestMS, r.LowestReadyAfterNotice)},
		{"instances", fmt.Sprintf("%d on-demand before, %d spot now: %s", r.OnDemandBefore, r.SpotAfter, r.typesList())},
		{"cost", fmt.Sprintf("%.4f USD in %s, %.4f on demand: %.1f %% saved; %.1f %% an hour from here on", r.CostUSD,
			(time.Duration(r.SimulatedSeconds) * time.Second).String(), r.OnDemandCostUSD, r.SavingsPercent, r.HourlySavingPercent)},
		{"the owner", fmt.Sprintf("asked for one on-demand: %d; denied %s: %d launched", r.OnDemandKept, denied, r.DeniedLaunched)},
		{"left behind", fmt.Sprintf("%d orphans, MaxSize restored: %t", r.Orphans, r.MaxSizeRestored)},
		{"seed", fmt.Sprint(r.Seed)},
	} {
		fmt.Fprintf(w, "  %-10s %s\n", row[0], row[1])
	}
}

// spark draws one character a minute, full height for all that is wanted.
func spark(values []int, full int) string {
	levels := []rune(" ▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, v := range values {
		b.WriteRune(levels[min(len(levels)-1, v*(len(levels)-1)/full)])
	}
	return b.String()
}
