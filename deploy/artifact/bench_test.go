package artifact

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkZips builds the function for both architectures, and fails where a zip is larger than it may be:
//
//	go test -run '^$' -bench Zips -benchtime 1x ./deploy/artifact/
func BenchmarkZips(b *testing.B) {
	for b.Loop() {
		m, err := Build(b.Context(), Source{Dir: "../..", Version: "v0.0.1-bench", Time: time.Unix(0, 0)}, b.TempDir(), b.Logf, Function)
		if err != nil {
			b.Fatal(err)
		}
		for _, a := range m.Artifacts {
			fmt.Printf("%-52s %12.2f %12.2f %8.2f\n", "zip for "+a.Arch+", MB, and the most", float64(a.Bytes)/1e6, float64(MaxZip[a.Arch])/1e6, float64(a.Bytes)/float64(MaxZip[a.Arch]))
		}
	}
}
