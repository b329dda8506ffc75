package census

import (
	"time"

	"autospotting/pkg/cloudsim"
)

// World is one of the clouds in which the census is played: AWS does not say which of them is the real one, and nobody may be harmed in any.
type World struct {
	Name     string
	Readings cloudsim.Readings
}

// Worlds lists them. The first shows members that were attached what it shows all members, and everybody hears of an attach at once.
func Worlds() []World {
	return []World{
		{"at-once", cloudsim.Readings{}},
		{"hidden-state", cloudsim.Readings{AttachedStateHidden: true}},
		{"late-stack", cloudsim.Readings{StackTakesAttached: time.Minute}},
		{"strict-group", cloudsim.Readings{PolicyCountsAttached: true, LaunchAfterDrain: true, SecondDecrement: true, SizeCountsTerminating: true}},
	}
}
