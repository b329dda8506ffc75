package endless

import "testing"

func TestCount(t *testing.T) {
	if n := Count(3); n != 3 {
		t.Error(n)
	}
}

func TestFill(t *testing.T) {
	if n := len(Fill(2)); n != 2<<20 {
		t.Error(n)
	}
}
