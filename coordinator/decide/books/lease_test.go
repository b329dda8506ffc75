package books

import (
	"fmt"
	"testing"
	"time"
)

func TestALease(t *testing.T) {
	t.Parallel()
	var b Books
	if b.RaiseAnswered(noon); b.Lease().State != NoLease {
		t.Error("an answer makes a lease")
	}
	if b.RestoreAnswered(noon); b.Lease().State != NoLease || b.Lease().Open() {
		t.Error("an answer makes a lease")
	}
	b.Borrow(3, 4, noon)
	if l := b.Lease(); l.State != Asked || !l.Open() || l.Owner != 3 || l.Leased != 4 || !l.Ours(4) || l.Ours(3) || !l.Since.Equal(noon) || !l.At.Equal(noon) {
		t.Errorf("asked: %+v", l)
	}
	b.RaiseAnswered(noon.Add(time.Second))
	if l := b.Lease(); l.State != Raised || !l.Open() || !l.At.Equal(noon.Add(time.Second)) {
		t.Errorf("raised: %+v", l)
	}
	b.Borrow(3, 6, noon.Add(time.Minute))
	b.Borrow(3, 6, noon.Add(time.Minute))
	if l := b.Lease(); l.State != Asked || fmt.Sprint(l.Tried) != "[4 6]" || !l.Since.Equal(noon) || !l.At.Equal(noon.Add(time.Minute)) {
		t.Errorf("raised further: %+v", l)
	}
	b.RestoreAnswered(noon.Add(2 * time.Minute))
	if l := b.Lease(); l.State != Restored || l.Open() || !l.At.Equal(noon.Add(2*time.Minute)) {
		t.Errorf("returned: %+v", l)
	}
	again := b.Clone()
	again.Borrow(3, 5, noon.Add(time.Hour))
	if l := again.Lease(); fmt.Sprint(l.Tried) != "[4 6 5]" || !l.Since.Equal(noon.Add(time.Hour)) {
		t.Errorf("raised anew: %+v", l)
	}
	b.Borrow(7, 8, noon.Add(time.Hour))
	if l := b.Lease(); fmt.Sprint(l.Tried) != "[8]" || l.Owner != 7 {
		t.Errorf("against another value of the owner's: %+v", l)
	}
	if b.EndLease(); b.Lease().State != NoLease {
		t.Error("ended and open")
	}
}
