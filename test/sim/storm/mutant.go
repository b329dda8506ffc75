package storm

import (
	"fmt"

	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
)

// Mutant is a deliberate mistake in the coordinator.
type Mutant struct {
	Name     string
	What     string
	Scenario string // in which it must be caught
	Alter    func(*stage.Config)
	Speak    func(*stage.Stage, *cloudsim.Guest) // in the place of spotd
}

func (m *Mutant) alter(cfg *stage.Config) func(*stage.Stage, *cloudsim.Guest) {
	if m == nil {
		return speak
	}
	if m.Alter != nil {
		m.Alter(cfg)
	}
	if m.Speak != nil {
		return m.Speak
	}
	return speak
}

// FindMutant is the mistake of that name, nil for none.
func FindMutant(name string) (*Mutant, error) {
	if name == "" {
		return nil, nil
	}
	for i := range Mutants {
		if Mutants[i].Name == name {
			return &Mutants[i], nil
		}
	}
	return nil, fmt.Errorf("no mutant is called %q: list them with -list", name)
}

// Catch plays the mutant's scenario until a promise is broken, and says which, and after how many seeds.
func Catch(m *Mutant, first int64, most int) (by string, after int, err error) {
	sc, err := Find(m.Scenario)
	if err != nil {
		return "", 0, err
	}
	Seeds(sc, m, first, most, func(_ int64, r Result, failed error) bool {
		if by == "" {
			after++
			by, err = r.By(), failed
		}
		return by == "" && err == nil
	})
	return by, after, err
}
