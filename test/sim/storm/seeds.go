package storm

import (
	"runtime"
	"sync"
)

// Seeds plays the scenario under so many seeds from the first on, in parallel, and tells every result, in no order. It stops early
// where tell returns false.
func Seeds(sc Scenario, m *Mutant, first int64, count int, tell func(int64, Result, error) bool) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	next, stop := first, false
	take := func() (int64, bool) {
		mu.Lock()
		defer mu.Unlock()
		if stop || next >= first+int64(count) {
			return 0, false
		}
		next++
		return next - 1, true
	}
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				seed, ok := take()
				if !ok {
					return
				}
				r, err := Play(sc.Script(seed), m)
				mu.Lock()
				stop = !tell(seed, r, err) || stop
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}
