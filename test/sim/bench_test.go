package sim_test

import (
	"testing"

	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
)

// BenchmarkDemo is one standard scenario: six swaps, one interruption, and a quiet quarter of an hour.
func BenchmarkDemo(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		newWorld(b, stage.Config{Cloud: cloudsim.Config{Seed: int64(i)}}).playDemo()
	}
}
