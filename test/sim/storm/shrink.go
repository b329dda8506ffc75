package storm

import "autospotting/pkg/cloudsim"

// Shrink looks for the shortest script that still breaks the same promise, in at most so many replays: it cuts what comes after the
// first broken promise, then deeds, in ever smaller runs of them, then whole kinds of faults. It returns what it found, the result
// itself where nothing shorter was.
func Shrink(r Result, m *Mutant, most int) Result {
	s := &shrinker{best: r, mutant: m, left: most}
	s.cutTail()
	for size := max(1, len(s.best.Script.Deeds)/2); size >= 1 && s.left > 0; size /= 2 {
		s.cutRuns(size)
	}
	s.cutFaults()
	s.cutTail()
	return s.best
}

type shrinker struct {
	best   Result
	mutant *Mutant
	left   int
}

// try plays a shorter script and keeps it if it breaks the same promise.
func (s *shrinker) try(shorter Script) bool {
	if s.left == 0 {
		return false
	}
	s.left--
	r, err := Play(shorter, s.mutant)
	if err != nil || !r.Failed() || r.By() != s.best.By() {
		return false
	}
	s.best = r
	return true
}

// cutTail drops the deeds that had not been done when the promise broke. They can have had no part in it.
func (s *shrinker) cutTail() {
	first := s.best.Violations[0].At
	begin := Begin
	script := s.best.Script
	n := len(script.Deeds)
	for n > 0 && begin.Add(script.Deeds[n-1].At).After(first) {
		n--
	}
	if n < len(script.Deeds) {
		script.Deeds = script.Deeds[:n:n]
		s.try(script)
	}
}

func (s *shrinker) cutRuns(size int) {
	for from := 0; from < len(s.best.Script.Deeds) && s.left > 0; {
		script := s.best.Script
		to := min(from+size, len(script.Deeds))
		script.Deeds = append(append([]Deed{}, script.Deeds[:from]...), script.Deeds[to:]...)
		if !s.try(script) {
			from = to
		}
	}
}

func (s *shrinker) cutFaults() {
	for _, off := range []func(*cloudsim.Faults){
		func(f *cloudsim.Faults) { *f = cloudsim.Faults{ReadLag: f.ReadLag} },
		func(f *cloudsim.Faults) { f.ReadLag = 0 },
		func(f *cloudsim.Faults) { f.Throttle = 0 },
		func(f *cloudsim.Faults) { f.AnswerLost = 0 },
		func(f *cloudsim.Faults) { f.NoCapacity, f.Partial = 0, 0 },
		func(f *cloudsim.Faults) { f.DiePending = 0 },
		func(f *cloudsim.Faults) { f.Duplicate, f.Reorder, f.LoseEvent = 0, 0, 0 },
		func(f *cloudsim.Faults) { f.Interrupted = 0 },
	} {
		script := s.best.Script
		if off(&script.Faults); script.Faults != s.best.Script.Faults {
			s.try(script)
		}
	}
}
