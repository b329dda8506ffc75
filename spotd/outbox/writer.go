package outbox

import (
	"sync"
	"time"
)

const (
	// slowDisk is how long a report waits to be on disk until it is published all
	// the same: a disk that hangs is no reason to keep a notice back. A crash may
	// then have it said again, with the same ID.
	slowDisk = 200 * time.Millisecond
	// lastWrite bounds what is waited for at the end.
	lastWrite = time.Second
)

// writer does one thing after the other in goroutines, so that no caller waits. The
// zero value is ready.
type writer struct {
	mu   sync.Mutex
	last chan struct{} // closed when all that was asked for is done; nil is nothing
}

// do begins when all earlier ones are done.
func (w *writer) do(f func()) (done <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, mine := w.last, make(chan struct{})
	w.last = mine
	go func() { // ends with the disk
		defer close(mine)
		if before != nil {
			<-before
		}
		f()
	}()
	return mine
}

// done is closed when all that was asked for until now is done.
func (w *writer) done() <-chan struct{} { return w.do(func() {}) }

func await(done <-chan struct{}, most time.Duration) {
	select {
	case <-done:
	case <-time.After(most):
	}
}
