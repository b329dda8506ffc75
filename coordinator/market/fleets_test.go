package market

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func pools(cap int, held map[string]int, types ...string) []Candidate {
	s := share{held: Holding{}, byType: map[string]int{}, poolCap: cap, typeCap: 1000}
	var out []Candidate
	for i, t := range types {
		p := Pool{Type: t, Zone: "a"}
		s.held[p] = held[t]
		out = append(out, s.candidate(p, 0.01*float64(i+1), limits{}))
	}
	return out
}

func TestSeveralAreLaunchedTogetherAsFarAsTheirPoolsHaveRoom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		pools []Candidate
		n     int
		want  string
		left  int
	}{
		{"within one pool's room", pools(10, nil, "m5.large", "m6i.large"), 7, "7 of m5.large m6i.large; ", 0},
		{"two fleets, with no family in common", pools(5, nil, "m5.large", "m6i.large", "m5.xlarge", "r5.large"), 8, "4 of m5.large m5.xlarge r5.large; 4 of m6i.large; ", 0},
		{"more than all have room for", pools(3, nil, "m5.large", "m6i.large"), 9, "3 of m5.large; 3 of m6i.large; ", 3},
		{"a pool that holds some has less room", pools(4, map[string]int{"m5.large": 2}, "m6i.large", "m5.large"), 4, "4 of m6i.large; ", 0},
		{"nobody has room for two", pools(1, nil, "m5.large", "m6i.large"), 5, "", 5},
		{"none", nil, 5, "", 5},
	} {
		fleets, left := Fleets(c.pools, c.n)
		got := ""
		for _, f := range fleets {
			got += fmt.Sprintf("%d of", f.Size)
			for _, p := range f.Pools {
				got += " " + p.Pool.Type
			}
			got += "; "
		}
		if got != c.want || left != c.left {
			t.Errorf("%s: %q, %d left; want %q, %d", c.name, got, left, c.want, c.left)
		}
	}
}

// Whatever EC2 makes of it, no pool comes to hold more than its share, and no family is lost to more than one of the fleets.
func TestFleetsKeepTheGroupDiverse(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		held := map[string]int{}
		var types []string
		for i := range rng.IntN(12) {
			name := fmt.Sprintf("f%d.%dxlarge", rng.IntN(6), i)
			types, held[name] = append(types, name), rng.IntN(8)
		}
		n := 1 + rng.IntN(60)
		fleets, left := Fleets(pools(1+rng.IntN(20), held, types...), n)
		seen := map[string]int{}
		for i, f := range fleets {
			n -= f.Size
			if f.Size < 2 || len(f.Pools) == 0 {
				t.Fatalf("a fleet of %d in %d pools", f.Size, len(f.Pools))
			}
			for _, p := range f.Pools {
				if p.Room() < f.Size {
					t.Fatalf("%d are asked of %s, which has room for %d", f.Size, p.Pool.Type, p.Room())
				}
				family := Type{Name: p.Pool.Type}.Family()
				if before, is := seen[family]; is && before != i {
					t.Fatalf("family %s is in two fleets", family)
				}
				seen[family] = i
			}
		}
		if n != left || left < 0 {
			t.Fatalf("%d are left, %d by the fleets", left, n)
		}
	}
}
