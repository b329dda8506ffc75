package decide

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/market"
)

func offered(p Plan) (types []string) {
	for _, a := range p.Actions {
		if a.Kind == LaunchOne {
			for _, o := range a.Launch.Overrides {
				types = append(types, o.Type)
			}
		}
	}
	return types
}

func TestWhatTheOwnersMembersUseIsAskedOfTheirReplacements(t *testing.T) {
	t.Parallel()
	w := web()
	for _, name := range []string{"m5a.large", "m6i.large"} {
		x := w.Catalog.Types[name]
		x.NetworkInterfaces = 2
		w.Catalog.Types[name] = x
	}
	if got := offered(Decide(w)); !slices.Contains(got, "m5a.large") {
		t.Fatalf("with one interface %v are offered", got)
	}
	w.at("i-oda").Uses = ledger.Uses{Interfaces: 3}
	p := Decide(w)
	if got := offered(p); slices.Contains(got, "m5a.large") || slices.Contains(got, "m6i.large") || !slices.Contains(got, "m6a.large") {
		t.Errorf("where a member has three, %v are offered", got)
	}
	if want := (ledger.Uses{Of: "h1", Interfaces: 3}); p.Record.Uses != want {
		t.Errorf("written down is %+v, want %+v", p.Record.Uses, want)
	}
}

func TestWhatMembersUsedHoldsAsLongAsTheTemplateIsTheSame(t *testing.T) {
	t.Parallel()
	w := web()
	w.allSpot()
	for i := range w.Instances {
		w.Instances[i].Uses = ledger.Uses{Interfaces: 4} // a larger type's, which takes more: no example
	}
	w.Record.Uses = ledger.Uses{Of: "h1", Interfaces: 3, IPv4: 5, IPv6: 1, Volumes: 7}
	want := market.Asks{NetworkInterfaces: 3, IPv4PerInterface: 5, IPv6PerInterface: 1, IPv6: true, Volumes: 7}
	if got := Need(w, "m5.large").Asks; !reflect.DeepEqual(got, want) {
		t.Errorf("asked is %+v, want %+v", got, want)
	}
	if got := Decide(w).Record.Uses; got != w.Record.Uses {
		t.Errorf("kept is %+v", got)
	}
	w.Template.Hash = "h2"
	if got := Need(w, "m5.large").Asks; !reflect.DeepEqual(got, market.Asks{}) {
		t.Errorf("of another template %+v is asked", got)
	}
	if got := Decide(w).Record.Uses; got != (ledger.Uses{}) {
		t.Errorf("of another template %+v is kept", got)
	}
	w.Template.Hash = ""
	if got := Decide(w).Record.Uses; got != w.Record.Uses {
		t.Errorf("where the template was not read, %+v is kept", got)
	}
}

func TestAMemberOfAnotherArchitectureThanTheTemplatesIsLeft(t *testing.T) {
	t.Parallel()
	w := web()
	arm := w.Catalog.Types["m5.large"]
	arm.Name, arm.Arch = "m7g.large", []string{"arm64"}
	w.Catalog.Types["m7g.large"], w.Catalog.OnDemandUSD["m7g.large"] = arm, 0.2
	for i := range w.Instances {
		w.Instances[i].Type, w.Instances[i].Arch = "m7g.large", "arm64"
	}
	p := Decide(w)
	if got := offered(p); len(got) > 0 {
		t.Errorf("%v are offered for an arm64 member of an x86_64 image", got)
	}
	if all := strings.Join(lines(p), "\n"); !strings.Contains(all, string(market.RuleArch)) {
		t.Errorf("the reason is not said:\n%s", all)
	}
	for _, z := range []string{"a", "b", "c"} {
		w.Catalog.Offered[market.Pool{Type: "m7g.large", Zone: z}] = true
	}
	w.allSpot()
	for i := range w.Instances {
		w.Instances[i].Ours = false
		w.Instances[i].Type, w.Instances[i].Arch = "m7g.large", "arm64"
	}
	r := newRun(w)
	for _, o := range r.onDemandOverrides("m7g.large", []string{"a"}) {
		if o.Type == "m7g.large" {
			t.Error("the image is launched on a type that it cannot boot on")
		}
	}
}

func lines(p Plan) (out []string) {
	for _, l := range p.Why {
		out = append(out, l.Text)
	}
	return out
}

func TestBurstableTypesAreLaunchedFromTheirOwnVersion(t *testing.T) {
	t.Parallel()
	w := web()
	w.Settings.AllowBurstable, w.Template.Burstable = true, "9"
	x := w.Catalog.Types["m5a.large"]
	x.Burstable = true
	w.Catalog.Types["m5a.large"] = x
	versions := map[string]string{}
	for _, a := range Decide(w).Actions {
		if a.Kind == LaunchOne {
			for _, o := range a.Launch.Overrides {
				versions[o.Type] = o.Version
			}
		}
	}
	if versions["m5a.large"] != "9" || versions["m6i.large"] != "" || len(versions) < 3 {
		t.Errorf("launched from versions %v", versions)
	}
}
