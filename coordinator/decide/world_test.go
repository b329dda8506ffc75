package decide

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
	"autospotting/coordinator/settings"
)

var update = flag.Bool("update", false, "rewrite the golden plans")

// noon is the time of every test world; instances are an hour old unless said otherwise.
var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// web is a group of three on-demand instances over three zones, with room for one more, on a market of five types.
func web() World {
	w := World{
		Now:      noon,
		Settings: quietly(settings.Defaults()),
		Group: Group{Name: "web", Found: true, Enabled: true, HasTemplate: true, Min: 1, Max: 4, Desired: 3,
			Subnets: map[string]string{"a": "subnet-a", "b": "subnet-b", "c": "subnet-c"}},
		Template: Template{Hash: "h1", ID: "lt-ours", Version: "1", Need: market.Need{Arch: "x86_64", Virtualization: market.HVM, ENA: market.SupportYes}},
		Record:   ledger.Record{Group: "web", Revision: 7},
		Catalog:  market.Catalog{Types: map[string]market.Type{}, Offered: map[market.Pool]bool{}, SpotUSD: map[market.Pool]float64{}, OnDemandUSD: map[string]float64{}},
	}
	for i, name := range []string{"m5.large", "m5a.large", "m6i.large", "m6a.large", "r5.large"} {
		w.Catalog.Types[name] = market.Type{Name: name, VCPU: 2, MemoryMiB: 8192, Arch: []string{"x86_64"}, Virtualization: []string{market.HVM},
			ENA: market.ENARequired, NVMe: true, BootModes: []string{market.LegacyBIOS, market.UEFI}, EBSOptimized: true, EBSBaselineMbps: 650,
			NetworkInterfaces: 3, CurrentGeneration: true, Spot: true}
		w.Catalog.OnDemandUSD[name] = 0.096 + float64(i)/1000
		for _, z := range []string{"a", "b", "c"} {
			w.Catalog.Offered[market.Pool{Type: name, Zone: z}] = true
			w.Catalog.SpotUSD[market.Pool{Type: name, Zone: z}] = 0.030 + float64(i)/1000
		}
	}
	for _, z := range []string{"a", "b", "c"} {
		w.Instances = append(w.Instances, member("i-od"+z, z))
	}
	return w
}

// member is an on-demand member in service.
func member(id, zone string) Instance {
	return Instance{ID: id, Type: "m5.large", Zone: zone, State: "running", Launched: noon.Add(-time.Hour), StatusOK: true,
		Member: true, Listed: true, Lifecycle: "InService", Healthy: true}
}

// ours is a spot instance that we launched two minutes ago, no member yet.
func ours(id, zone string) Instance {
	return Instance{ID: id, Type: "m5a.large", Zone: zone, Spot: true, State: "running", Launched: noon.Add(-2 * time.Minute), StatusOK: true, Ours: true, Nonce: "n-" + id}
}

// attached is ours as a member in service.
func attached(id, zone string) Instance {
	i := ours(id, zone)
	i.Member, i.Listed, i.Lifecycle, i.Healthy, i.Launched = true, true, "InService", true, noon.Add(-time.Hour)
	return i
}

func (w *World) add(list ...Instance) { w.Instances = append(w.Instances, list...) }

// at finds an instance to be changed.
func (w *World) at(id string) *Instance {
	for i := range w.Instances {
		if w.Instances[i].ID == id {
			return &w.Instances[i]
		}
	}
	panic("no instance " + id)
}

// intends records a launch for the victim, answered with the instance.
func (w *World) intends(purpose ledger.Purpose, instance, victim, zone string, age time.Duration) {
	w.Record.Intents = append(w.Record.Intents, ledger.Intent{Purpose: purpose, Victim: victim, Zone: zone, Instance: instance, Type: "m5a.large",
		At: noon.Add(-age), Launch: ledger.Launch{Nonce: "n-" + instance, Spot: true, SourceHash: "h1"}})
}

// owes records an open pair.
func (w *World) owes(s, victim, zone string, phase books.Phase, age time.Duration) {
	w.keep(func(k *books.Stored) {
		k.Pairs = append(k.Pairs, books.StoredDebt{Victim: victim, Phase: phase, At: noon.Add(-age), Since: noon.Add(-age), Sent: noon.Add(-age),
			Intent: books.StoredLaunch{Purpose: ledger.Swap, Instance: s, Type: "m5a.large", Zone: zone, Launch: books.StoredNonce{Nonce: "n-" + s, Spot: true, SourceHash: "h1"}}})
	})
	owed := 0
	if phase == books.Attached || phase == books.Paying {
		owed = w.Record.Books.Owed()
	}
	w.keep(func(k *books.Stored) { k.Desired0 = w.Group.Desired - owed })
}

// keep changes the books as the ledger keeps them.
func (w *World) keep(change func(*books.Stored)) {
	k := w.Record.Books.Store()
	change(&k)
	w.Record.Books = loaded(k)
}

func loaded(k books.Stored) books.Books {
	b, err := books.Load(k)
	if err != nil {
		panic(err)
	}
	return b
}

// says records what spotd on the instance said.
func (w *World) says(id string, hello, ready bool) {
	if w.Record.Said == nil {
		w.Record.Said = map[string]ledger.Said{}
	}
	var s ledger.Said
	if hello {
		s.Hello = noon.Add(-time.Minute)
	}
	if ready {
		s.Ready = noon.Add(-time.Second)
	}
	w.Record.Said[id] = s
}

// doom records a notice given so long ago.
func (w *World) doom(id string, ago time.Duration) {
	if w.Record.Notices == nil {
		w.Record.Notices = map[string]ledger.Notice{}
	}
	w.Record.Notices[id] = ledger.Notice{At: noon.Add(-ago), Deadline: noon.Add(noticeLead - ago), Action: "terminate", Source: "EventBridge"}
}

// render shows a plan as people read it.
func render(p Plan) string {
	var b strings.Builder
	for _, l := range p.Why {
		fmt.Fprintf(&b, "because  %s %s\n", l.Instance, l.Text)
	}
	for _, it := range p.Record.Intents {
		state := "launched as " + it.Instance
		if it.Instance == "" {
			state = "to be launched"
		}
		if it.Abandoned != "" {
			state += ", given up: " + it.Abandoned
		}
		fmt.Fprintf(&b, "intent   %s of %s in %s: %s\n", it.Purpose, it.Victim, it.Zone, state)
	}
	for _, d := range p.Record.Books.Debts() {
		fmt.Fprintf(&b, "debt     %s for %s: %s, desired before was %d\n", d.Replacement.Instance, d.Victim, d.Phase, p.Record.Books.Base())
	}
	if l := p.Record.Books.Lease(); l.State != books.NoLease {
		fmt.Fprintf(&b, "lease    MaxSize %d instead of the owner's %d, returned %t\n", l.Leased, l.Owner, l.State == books.Restored)
	}
	for _, a := range p.Actions {
		fmt.Fprintf(&b, "do       %s %s", a.Kind, a.Instance)
		if len(a.Instances) > 0 {
			fmt.Fprintf(&b, "%v", a.Instances)
		}
		if a.Kind == Retire {
			fmt.Fprintf(&b, " decrement=%t", a.Decrement)
		}
		if n := a.Max + a.Desired; n > 0 {
			fmt.Fprintf(&b, "%d", n)
		}
		b.WriteString(a.Text)
		if a.Launch != nil {
			fmt.Fprintf(&b, " spot=%t %s", a.Launch.Spot, pools(a.Launch.Overrides))
		}
		fmt.Fprintf(&b, " (%s)\n", a.Why)
	}
	if !p.Look.IsZero() {
		fmt.Fprintf(&b, "look     again after %s\n", p.Look.Sub(noon))
	}
	if p.Forget {
		b.WriteString("forget   the record itself\n")
	}
	fmt.Fprintf(&b, "status   %s %s\n", p.Record.Status.Code, p.Record.Status.Reason)
	return b.String()
}

func pools(overrides []ledger.Override) string {
	var out []string
	for _, o := range overrides {
		out = append(out, o.Type+"/"+o.Zone)
	}
	return strings.Join(out, " ")
}

// golden compares with, or rewrites, testdata/plans/NAME.txt.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "plans", strings.ReplaceAll(name, " ", "-")+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the plan differs from %s (go test ./coordinator/decide -update rewrites it)\n--- got\n%s--- want\n%s", file, got, want)
	}
}

// quietly leaves the status tag off, which every first plan would write.
func quietly(s settings.Settings) settings.Settings {
	s.StatusTag = false
	return s
}

// tagged lays tags over the settings of a test world.
func (w *World) tagged(tags map[string]string) {
	s, err := settings.FromTags(w.Settings, tags)
	if err != nil {
		panic(err)
	}
	w.Settings = s
}

// allSpot makes every member one of ours on spot.
func (w *World) allSpot() {
	for i := range w.Instances {
		m := &w.Instances[i]
		m.Spot, m.Ours, m.Nonce, m.Type = true, true, "n-"+m.ID, "m5a.large"
	}
}
