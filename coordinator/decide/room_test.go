package decide

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/ledger"
)

// throng is a group of thousands on spot, of which AWS takes many at once, and just so much of a cloud as they need: launches run after half a minute,
// spotd speaks, the group replaces whom we release. Every record must fit into the ledger.
type throng struct {
	t        *testing.T
	w        World
	named    int
	most     int // bytes of the longest record
	open     int // replacements at once, at most
	waited   bool
	launched map[string]bool // for whom
}

func newThrong(t *testing.T, size int) *throng {
	c := &throng{t: t, w: web(), launched: map[string]bool{}}
	c.w.Instances = nil
	c.w.Group.Desired, c.w.Group.Max = size, 3*size
	for n := range size {
		i := attached(c.id(), []string{"a", "b", "c"}[n%3])
		i.Template = "lt-ours"
		c.w.add(i)
	}
	return c
}

// id is as little like another as EC2's.
func (c *throng) id() string {
	c.named++
	sum := sha256.Sum256(fmt.Append(nil, c.named))
	return fmt.Sprintf("i-0%x", sum[:8])
}

// takes gives the notice to the members of these zones.
func (c *throng) takes(zones string) (doomed []string) {
	for n := range c.w.Instances {
		if i := &c.w.Instances[n]; strings.Contains(zones, i.Zone) {
			doomed = append(doomed, i.ID)
			at := c.w.Now.Add(time.Duration(len(doomed)) * 1234567 * time.Nanosecond)
			c.w.Heard = append(c.w.Heard, Hint{Kind: HeardTerminating, Instance: i.ID, At: at.Add(-3 * time.Second), Deadline: at.Add(noticeLead), Action: "terminate", Trusted: true, Source: "EC2 Spot Instance Interruption Warning from EventBridge"})
			i.SpotStatus, i.SpotStatusAt = "marked-for-termination", c.w.Now
		}
	}
	return doomed
}

func (c *throng) keep(r ledger.Record) {
	body, _, err := r.Stored()
	if err != nil {
		c.t.Fatal(err)
	}
	c.most, c.open = max(c.most, len(body)), max(c.open, len(r.Intents)+len(r.Books.Debts()))
	if len(body) > ledger.MostStored {
		c.t.Fatalf("%s after the beginning the record has %d bytes: %d launches, %d debts, %d notices", c.w.Now.Sub(noon), len(body), len(r.Intents), len(r.Books.Debts()), len(r.Notices))
	}
	c.w.Record = r
}

// step decides and does one plan, a second after the one before.
func (c *throng) step() Plan {
	c.w.Now = c.w.Now.Add(time.Second)
	c.live()
	p := Decide(c.w)
	c.w.Heard = nil
	c.waited = c.waited || strings.Contains(p.Record.Status.Reason, "as many as the record has room for")
	c.keep(p.Record)
	learned := p.Record
	for _, a := range p.Actions {
		learned = Learn(learned, a, c.do(a), c.w.Now)
	}
	c.keep(learned)
	return p
}

// live lets the instances go on by themselves.
func (c *throng) live() {
	c.w.Instances = slices.DeleteFunc(c.w.Instances, func(i Instance) bool { return i.State == "terminated" })
	for n := range c.w.Instances {
		i := &c.w.Instances[n]
		switch age := c.w.Now.Sub(i.Launched); {
		case i.State == "pending" && age >= 20*time.Second:
			i.State, i.StatusOK = "running", true
			if i.Member {
				i.Lifecycle = "InService"
			}
		case i.Ours && age == 30*time.Second:
			for _, k := range []HintKind{HeardHello, HeardStarted, HeardReady} {
				c.w.Heard = append(c.w.Heard, Hint{Kind: k, Instance: i.ID, At: c.w.Now, Trusted: true, Source: FromSpotd})
			}
		}
	}
}

func (c *throng) do(a Action) Result {
	switch a.Kind {
	case LaunchOne:
		for _, it := range c.w.Record.Intents {
			if it.Launch.Nonce == a.Launch.Nonce {
				c.launched[it.Victim] = true
			}
		}
		o := a.Launch.Overrides[0]
		var res Result
		for range max(a.Launch.Count, 1) {
			i := Instance{ID: c.id(), Type: o.Type, Zone: o.Zone, Spot: a.Launch.Spot, State: "pending", Launched: c.w.Now, Ours: true, Nonce: a.Launch.Nonce, Template: "lt-ours"}
			c.w.add(i)
			res.Launched = append(res.Launched, LaunchedOne{ID: i.ID, Type: i.Type, Zone: i.Zone})
		}
		return res
	case AttachSome:
		for _, id := range a.Instances {
			i := c.w.at(id)
			i.Member, i.Listed, i.Healthy, i.Lifecycle = true, true, true, "InService"
		}
		c.w.Group.Desired += len(a.Instances)
	case Retire:
		i := c.w.at(a.Instance)
		i.Lifecycle, i.State = "Terminating", "terminated"
		if a.Decrement {
			c.w.Group.Desired--
		} else {
			fresh := member(c.id(), i.Zone)
			fresh.State, fresh.Lifecycle, fresh.Launched = "pending", "Pending", c.w.Now
			c.w.add(fresh)
		}
	case Terminate:
		c.w.at(a.Instance).State = "terminated"
	case Protect, Unprotect:
		c.w.at(a.Instance).Protected = a.Kind == Protect
	case RaiseMax, RestoreMax:
		c.w.Group.Max = a.Max
	case SetDesired:
		c.w.Group.Desired = a.Desired
	}
	return Result{}
}

// A zone of a group of two thousand goes at once: a third of it. All are answered, and the record always fits.
func TestAZoneOfAGroupOfThousandsIsAnsweredWithinTheRecordsLimit(t *testing.T) {
	t.Parallel()
	c := newThrong(t, 2000)
	c.step()
	doomed := c.takes("a")
	for range 80 { // seconds
		c.step()
	}
	for _, id := range doomed {
		if !c.launched[id] {
			t.Fatalf("for %s nothing was launched", id)
		}
	}
	if c.w.Group.Desired < 2400 {
		t.Errorf("%d are attached so far", c.w.Group.Desired-2000)
	}
	t.Logf("%d notices, at most %d replacements open, the longest record has %d bytes", len(doomed), c.open, c.most)
	if c.waited {
		t.Error("the record had no room")
	}
}

// busy gives the throng's record so many launches for these members, each with an instance that boots.
func (c *throng) busy(purpose ledger.Purpose, victims []string) {
	for _, v := range victims {
		i := ours(c.id(), c.w.at(v).Zone)
		i.State, i.Launched, i.Template, i.Nonce = "pending", c.w.Now, "lt-ours", fmt.Sprintf("%x", sha256.Sum256([]byte(v)))[:32]
		c.w.add(i)
		c.w.Record.Intents = append(c.w.Record.Intents, ledger.Intent{Purpose: purpose, Victim: v, Zone: i.Zone, Instance: i.ID, Type: i.Type, At: c.w.Now.Add(-time.Duration(len(c.w.Record.Intents)) * 1234567),
			Launch: ledger.Launch{Nonce: i.Nonce, Template: "lt-ours", TemplateVersion: "1", Spot: true, SourceHash: "h1"}})
	}
}

const noRoom = "as many as the record has room for: the next wait"

// More than the record has room for is answered in waves. Whoever has no replacement in time is released, so that the group launches one.
func TestWhatTheRecordHasNoRoomForWaits(t *testing.T) {
	t.Parallel()
	c := newThrong(t, 2400)
	doomed := c.takes("abc")
	c.step() // hears them, and launches for the first
	first := len(c.w.Record.Intents)
	c.w.Record.Intents = nil
	c.busy(ledger.Replace, doomed[:2200])
	c.w.add(ours("i-orphan", "a"))
	c.w.Record.Orphans = map[string]time.Time{"i-orphan": noon.Add(-time.Hour)}

	p := c.step()
	if n := launches(p); first < launchBatch || first > launchBatch*mostTogether || n > 0 || !strings.HasSuffix(p.Record.Status.Reason, noRoom) || p.Look.IsZero() {
		t.Errorf("launched were %d at first and %d where there is no room (looked at again at %s), and the status says %q", first, n, p.Look, p.Record.Status.Reason)
	}
	if !slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Kind == Terminate && a.Instance == "i-orphan" }) {
		t.Error("an orphan was not swept")
	}

	c.w.Record.Intents = c.w.Record.Intents[:1500] // the others are paired, paid and gone
	for range 10 {
		c.step()
	}
	if n := len(c.w.Record.Intents); n < 1500+10*launchBatch {
		t.Errorf("with room again %d are under way, and the status says %q", n, c.w.Record.Status.Reason)
	}

	later := c.w
	later.Now = later.Now.Add(noticeLead)
	p = Decide(later)
	for _, id := range doomed {
		if !slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Kind == Retire && a.Instance == id && !a.Decrement }) {
			t.Fatalf("%s was not released in time", id)
		}
	}
}

func TestWhatCanWaitLeavesRoomForNotices(t *testing.T) {
	t.Parallel()
	c := newThrong(t, 2400)
	c.w.tagged(map[string]string{"autospotting:swaps-at-once": "100%"})
	var onDemand []string
	for n := range c.w.Instances {
		if i := &c.w.Instances[n]; n >= 100 {
			i.Spot, i.Ours, i.Nonce, i.Template, i.Type = false, false, "", "", "m5.large"
			onDemand = append(onDemand, i.ID)
		}
	}
	c.busy(ledger.Swap, onDemand[:1000])
	if n := launches(c.step()); n == 0 {
		t.Errorf("with room for it nothing is begun: %+v", c.w.Record.Status)
	}
	c.busy(ledger.Swap, onDemand[1010:1900])
	p := c.step()
	if n := launches(p); n > 0 || !strings.HasSuffix(p.Record.Status.Reason, noRoom) {
		t.Errorf("%d more swaps are begun, and the status says %q", n, p.Record.Status.Reason)
	}
	i := &c.w.Instances[0]
	c.w.Heard = []Hint{{Kind: HeardTerminating, Instance: i.ID, At: c.w.Now, Trusted: true}}
	if n := launches(c.step()); n != 1 {
		t.Errorf("a notice is answered by %d launches", n)
	}
}

// EC2 says what is left out again, as long as it is so.
func TestNoMoreNoticesAreNotedThanTheRecordHasRoomFor(t *testing.T) {
	t.Parallel()
	w := web()
	w.allSpot()
	w.Record.Notices = map[string]ledger.Notice{}
	for n := range mostNotices {
		w.Record.Notices[fmt.Sprintf("i-%05d", n)] = ledger.Notice{At: noon, Deadline: noon.Add(noticeLead)}
	}
	w.Heard = []Hint{{Kind: HeardTerminating, Instance: "i-oda", At: noon, Trusted: true}}
	p := Decide(w)
	if _, noted := p.Record.Notices["i-oda"]; noted || len(p.Record.Notices) != mostNotices || p.Look.IsZero() {
		t.Errorf("%d notices, looked at again at %s", len(p.Record.Notices), p.Look)
	}
	delete(w.Record.Notices, "i-00000")
	if p := Decide(w); len(p.Record.Notices) != mostNotices || p.Record.Notices["i-oda"].At.IsZero() {
		t.Error("there was room for it")
	}
}
