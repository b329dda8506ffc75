package daemon

import (
	"runtime"
	"runtime/debug"
	"time"
)

// tidyEvery is the time between two returns of memory to the system. A
// collection of our megabyte takes about a millisecond; left alone, the heap
// would grow to four before the first one, and keep what the start took.
const tidyEvery = time.Minute

// Single keeps the daemon on one processor at a time: it waits nearly always, and
// the runtime then keeps the caches and workers of one.
func Single() { runtime.GOMAXPROCS(1) }

// tidy gives memory that is not needed back to the system, now and then: this
// runs on every instance, beside applications that have better use for it.
type tidy struct{ next time.Time }

func (t *tidy) at(now time.Time) {
	if now.Before(t.next) {
		return
	}
	first := t.next.IsZero()
	t.next = now.Add(tidyEvery)
	debug.FreeOSMemory()
	if first {
		forgetStart()
	}
}
