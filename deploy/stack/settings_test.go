package stack

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"autospotting/coordinator/settings"
)

// pascal turns keep-on-demand into KeepOnDemand.
func pascal(name string) string {
	var b strings.Builder
	for _, part := range strings.Split(name, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func TestEverySettingHasItsParameterAndItsVariable(t *testing.T) {
	t.Parallel()
	d := read(t, Autospotting)
	environment := at(d.resources["Function"].Properties, "Environment", "Variables").(map[string]any)
	for _, s := range settings.Table() {
		p := d.parameters[pascal(s.Name)]
		if p == nil {
			t.Errorf("the setting %s has no parameter %s", s.Name, pascal(s.Name))
			continue
		}
		if p["Type"] != "String" || p["Default"] != "" {
			t.Errorf("%s: %v by default %q; empty leaves the default to the coordinator", pascal(s.Name), p["Type"], p["Default"])
		}
		if ref := at(environment[s.Env()], "Ref"); ref != pascal(s.Name) {
			t.Errorf("%s is %v, want the parameter %s", s.Env(), ref, pascal(s.Name))
		}
	}
}

// The function is told everything that the coordinator can be told, and nothing that it does not know.
func TestTheFunctionsEnvironmentIsTheCoordinators(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile("../../coordinator/config/config.go")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"AUTOSPOTTING_METRICS": true} // read where metrics are written
	for _, v := range regexp.MustCompile(`"(AUTOSPOTTING_[A-Z0-9_]+)"`).FindAllStringSubmatch(string(config), -1) {
		known[v[1]] = true
	}
	if len(known) < 10 {
		t.Fatalf("found only %d variables in the coordinator's configuration", len(known))
	}
	for _, s := range settings.Table() {
		known[s.Env()] = true
	}
	delete(known, "AUTOSPOTTING_CERTIFICATES") // files, which a function has none of
	environment := at(read(t, Autospotting).resources["Function"].Properties, "Environment", "Variables").(map[string]any)
	if got, want := slices.Sorted(maps.Keys(environment)), slices.Sorted(maps.Keys(known)); !slices.Equal(got, want) {
		t.Errorf("the function has\n%v, the coordinator knows\n%v", got, want)
	}
}

// So is the updater told all that it can be told; flags alone are what only people need.
func TestTheUpdatersEnvironmentIsTheUpdaters(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile("../../coordinator/updatecmd.go")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"AUTOSPOTTING_ROLE": true} // read where Lambda is served
	for _, v := range regexp.MustCompile(`"(AUTOSPOTTING_[A-Z0-9_]+)"`).FindAllStringSubmatch(string(config), -1) {
		known[v[1]] = true
	}
	delete(known, "AUTOSPOTTING_STACK_VERSION") // the updater's own version is that of the stack that installed it
	environment := at(read(t, Autospotting).resources["Updater"].Properties, "Environment", "Variables").(map[string]any)
	if got, want := slices.Sorted(maps.Keys(environment)), slices.Sorted(maps.Keys(known)); !slices.Equal(got, want) {
		t.Errorf("the updater has\n%v, and knows\n%v", got, want)
	}
}

// The predecessors' templates had parameters that nothing read.
func TestEveryParameterIsUsed(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		d := read(t, name)
		_, body, _ := strings.Cut(d.text, "\nConditions:")
		for p, of := range d.parameters {
			if !regexp.MustCompile(`(!Ref |\$\{)` + p + `\b`).MatchString(body) {
				t.Errorf("%s: nothing reads the parameter %s", name, p)
			}
			if of["Description"] == nil {
				t.Errorf("%s: the parameter %s is not described", name, p)
			}
		}
	}
}
