package cloudsim

import (
	"testing"
	"time"
)

// BenchmarkSwap is one whole simulation: a group of six boots, one member is swapped, half an hour passes.
func BenchmarkSwap(b *testing.B) {
	for n := range b.N {
		spec := six()
		spec.Max = 7
		r := newRig(b, Config{Seed: int64(n)}, spec)
		id := r.spot()
		r.settle()
		if r.attach(id) != nil || r.retire(r.inZone("us-east-1a"), true) != nil {
			b.Fatal("the swap failed")
		}
		r.pass(30 * time.Minute)
		r.Close()
	}
}
