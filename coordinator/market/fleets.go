package market

import (
	"slices"
)

// Together is a fleet for several: its pools, best first, and how many instances may be asked of them at once.
type Together struct {
	Pools []Candidate
	Size  int
}

// Room is how many more the pool may hold within its share.
func (c Candidate) Room() int { return max(c.poolCap-c.inPool, 0) }

// Fleets shares n launches in one zone out among as few fleets as keep the group as diverse as it is to be: EC2 may take all of a fleet from one pool, so
// that none is asked for more than each of its pools has room for, and no two have a family in common. What no fleet has room for, and who would be alone
// in one, is left: it is launched one by one, with every pool to choose from.
func Fleets(candidates []Candidate, n int) (fleets []Together, left int) {
	var families [][]Candidate
	at := map[string]int{}
	for _, c := range candidates {
		if c.Crowding.Over != WithinShare || c.Room() < 2 {
			continue
		}
		name := Type{Name: c.Pool.Type}.Family()
		i, known := at[name]
		if !known {
			i, at[name] = len(families), len(families)
			families = append(families, nil)
		}
		families[i] = append(families[i], c)
	}
	for count := 1; count <= len(families); count++ {
		fleets = shareOut(families, count, n)
		if room(fleets) >= n || count == len(families) {
			break
		}
	}
	left = n
	for i := range fleets {
		fleets[i].Size = min(fleets[i].Size, (left+len(fleets)-i-1)/(len(fleets)-i))
		left -= fleets[i].Size
	}
	return slices.DeleteFunc(fleets, func(f Together) bool {
		if f.Size == 1 {
			left++
		}
		return f.Size < 2
	}), left
}

// shareOut deals the families to so many fleets in turn. A fleet is as large as the room of its best pool; pools that have less are left out.
func shareOut(families [][]Candidate, count, n int) []Together {
	fleets := make([]Together, count)
	for i, f := range families {
		fleets[i%count].Pools = append(fleets[i%count].Pools, f...)
	}
	for i := range fleets {
		f := &fleets[i]
		f.Size = min(f.Pools[0].Room(), n)
		f.Pools = slices.DeleteFunc(slices.Clone(f.Pools), func(c Candidate) bool { return c.Room() < f.Size })
	}
	return fleets
}

func room(fleets []Together) (n int) {
	for _, f := range fleets {
		n += f.Size
	}
	return n
}
