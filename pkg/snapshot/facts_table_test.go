package snapshot

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestEveryTableNamesTypesOfTheData(t *testing.T) {
	t.Parallel()
	for name, table := range map[string]func() table{"cpuOptions": cpuOptions, "sevSNP": sevSNP, "networkCards": networkCards, "ipv4": ipv4, "baselineGbps": baselineGbps,
		"efaInterfaces": efaInterfaces, "enaExpress": enaExpress, "volumes": volumes} {
		for ty := range table() {
			if _, ok := Lookup(ty); !ok {
				t.Errorf("%s has %s, which is no type", name, ty)
			}
		}
	}
	families := map[string]bool{"*": true}
	for _, ty := range Types() {
		family, _, _ := strings.Cut(ty.Name, ".")
		families[family] = true
	}
	for key := range ebsIOPS() {
		if family, _, _ := strings.Cut(key, "."); !families[family] {
			t.Errorf("ebsIOPS has %s, whose family is none", key)
		}
	}
	for _, list := range [][]string{singleThreaded[:14], nested, noEnclaves, noTPM, hibernating, weighted, flexibleQueues, dedicatedVolumes, instanceStoreRoot, unknownRoot, paravirtual} {
		for _, family := range list {
			if !families[family] {
				t.Errorf("%s is no family", family)
			}
		}
	}
}

func TestOnlyAPlainFigureIsABaseline(t *testing.T) {
	t.Parallel()
	for performance, want := range map[string]float64{"25 Gigabit": 25, "12.5 Gigabit": 12.5, "4x 100 Gigabit": 400, "8x 100 Gigabit": 800,
		"Up to 10 Gigabit": 0, "High": 0, "": 0, "x 5 Gigabit": 0, "-1x 5 Gigabit": 0, "Inf Gigabit": 0, "NaN Gigabit": 0, "25 Gigabits": 0, "-5 Gigabit": 0} {
		if got := PlainGbps(performance); got != want {
			t.Errorf("%q is read as %v, want %v", performance, got, want)
		}
	}
}

func FuzzPlainGbpsIsABandwidth(f *testing.F) {
	for _, s := range []string{"25 Gigabit", "4x 100 Gigabit", "Up to 10 Gigabit", "1e999x 1 Gigabit", "9223372036854775807x 1e308 Gigabit"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v := PlainGbps(s); v < 0 || math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%q is read as %v", s, v)
		}
	})
}

func TestAFaultOfATableIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, fault string
		read        func()
	}{
		{"an entry without value", "large", func() { parseTable("m5: large") }},
		{"a type twice", "m5.large", func() { parseTable("m5: large=1 large=2") }},
		{"a range backwards", "4-1", func() { integers("4-1") }},
		{"a step of nothing", "1-4/0", func() { integers("1-4/0") }},
		{"a word for a number", "many", func() { parseTable("m5: large=many").integer("m5.large") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if said := fmt.Sprint(recover()); !strings.Contains(said, c.fault) {
					t.Errorf("panic %q does not name %q", said, c.fault)
				}
			}()
			c.read()
		})
	}
}
