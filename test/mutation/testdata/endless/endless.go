// Package endless is what test/mutation is tried on: without some of its lines it never ends.
package endless

// Count steps.
func Count(n int) (steps int) {
	for i := 0; i < n; {
		steps++
		i++
	}
	return steps
}

// Fill takes all memory without its last line.
func Fill(n int) (out []byte) {
	for i := 0; i < n; {
		out = append(out, make([]byte, 1<<20)...)
		i++
	}
	return out
}
