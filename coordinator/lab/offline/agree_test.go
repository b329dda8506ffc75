package offline_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"autospotting/coordinator/act"
	"autospotting/coordinator/decide"
	"autospotting/coordinator/lab/offline"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/plan"
	"autospotting/test/printed"
)

// tally counts what the accounts had, so that a test of accounts without anything to judge fails.
type tally map[string]int

func (n tally) count(w decide.World, p plan.Group) {
	n[p.Status]++
	n["pools"] += len(p.Pools)
	n["actions"] += len(p.Actions)
	n["notes"] += len(w.Template.Notes)
	for what, is := range map[string]bool{"unreadable": w.Template.Unreadable != "", "burstable version": w.Template.Burstable != "", "hooks": len(w.Group.UnheardHooks) > 0,
		"our template": w.Template.Version != "", "refreshing": w.Group.Refreshing, "placement": w.Group.PlacementStrategy != "", "bad tag": w.Group.BadTag != "",
		"arm64": w.Template.Need.Arch == "arm64", "interfaces asked": w.Template.Need.Asks.NetworkInterfaces > 1, "volumes asked": w.Template.Need.Asks.Volumes > 1,
		"policy": len(w.Group.Types) > 0 && p.Status == plan.Managed, "group of one": w.Group.Max == 1 && p.Status == plan.Managed} {
		if is {
			n[what]++
		}
	}
	for _, i := range w.Instances {
		for what, is := range map[string]bool{"ours": i.Ours, "spot": i.Spot, "unproven": i.Unproven, "protected": i.Protected, "undeletable": i.Undeletable, "standby": i.Lifecycle == "Standby",
			"interfaces": i.Uses.Interfaces > 1, "volumes": i.Uses.Volumes > 1, "notice": decide.NoticeStatus(i.SpotStatus), "ended": !i.Live()} {
			if is {
				n[what]++
			}
		}
	}
}

func TestThirtyAccountsArePlannedFromFilesAsTheyAreLive(t *testing.T) {
	t.Parallel()
	seen := tally{}
	for seed := range uint64(30) {
		g := generate(t, seed)
		files, err := printed.Account(context.Background(), g.config().EC2, g.config().AutoScaling)
		if err != nil {
			t.Fatal(err)
		}
		worlds, err := offline.Worlds(offline.Files{Any: saved(t, g.rng, files)}, g.config(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(worlds) != len(g.names) {
			t.Fatalf("seed %d: %d worlds of %d groups", seed, len(worlds), len(g.names))
		}
		for _, w := range worlds {
			live, err := act.New(g.config()).Observe(context.Background(), w.Group.Name, ledger.Record{Group: w.Group.Name}, nil)
			if err != nil || w.Err != nil {
				t.Fatalf("seed %d, %s: live %v, files %v", seed, w.Group.Name, err, w.Err)
			}
			live.Group.Print, w.World.Group.Print = "", "" // of the description as it came, which the SDK and a file give with other zero values
			inLive := plan.Of(live, nil)
			seen.count(live, inLive)
			if g.zonesOnly[w.Group.Name] && inLive.Status == plan.Managed {
				seen["default subnets"]++
			}
			if _, has := g.facts.configurations[w.Group.Name]; has && w.Template.Hash != "" {
				seen["configuration"]++
			}
			for _, wrong := range slices.Concat(printed.Worlds(live, w.World), printed.Plans(inLive, plan.Of(w.World, w.Assumed))) {
				t.Errorf("seed %d, %s: %s", seed, w.Group.Name, wrong)
			}
		}
	}
	t.Logf("seen %v", seen)
	for _, what := range []string{plan.Managed, plan.Refused, plan.NotEnabled, "pools", "actions", "notes", "unreadable", "burstable version", "hooks", "our template", "configuration",
		"refreshing", "placement", "bad tag", "arm64", "interfaces asked", "volumes asked", "ours", "spot", "protected", "undeletable", "standby", "interfaces", "volumes", "notice", "ended", "policy", "group of one", "default subnets"} {
		if seen[what] == 0 {
			t.Errorf("of 30 accounts none had: %s", what)
		}
	}
}

// What a file would have told is missed: each one left out makes a plan that differs from the live one, and in what way it does is assumed aloud.
func TestEachFileCounts(t *testing.T) {
	t.Parallel()
	missed, named := map[string]int{}, map[string]int{}
	files := []string{"hooks.json", "refreshes.json", "versions.json", "configurations.json", "images.json", "placements.json", "protection.json", "requests.json", "offerings.json", "prices.json", "types.json", "activities.json"}
	for seed := range uint64(12) {
		g := generate(t, seed)
		all, err := printed.Account(context.Background(), g.config().EC2, g.config().AutoScaling)
		if err != nil {
			t.Fatal(err)
		}
		whole := worlds(t, g, all)
		for _, name := range files {
			less := maps.Clone(all)
			delete(less, name)
			for n, w := range worlds(t, g, less) {
				if len(printed.Worlds(whole[n].World, w.World)) > 0 {
					missed[name]++
				}
				if len(w.Assumed)+len(w.Catalog.Assumptions) > len(whole[n].Assumed)+len(whole[n].Catalog.Assumptions) || !slices.Equal(w.Assumed, whole[n].Assumed) {
					named[name]++
				}
			}
		}
	}
	for _, name := range files {
		if missed[name] == 0 && name != "activities.json" { // which are read only while something is short
			t.Errorf("without %s every world is the same: the accounts do not need it", name)
		}
		if named[name] == 0 && name != "placements.json" { // then the group is refused
			t.Errorf("without %s nothing is assumed aloud", name)
		}
	}
	t.Logf("groups that differ %v, that say so %v", missed, named)
}

func worlds(t *testing.T, g *generated, files map[string][]byte) []offline.World {
	t.Helper()
	out, err := offline.Worlds(offline.Files{Any: saved(t, g.rng, files)}, g.config(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
