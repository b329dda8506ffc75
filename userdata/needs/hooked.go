package needs

import "slices"

// ending is what becomes of a script in which a command fails, from the least bad on.
type ending int

const (
	goesOn  ending = iota // the script does the same, and counts as it would have
	status                // nothing follows, and its failure is the script's
	leaves                // the script ends there, as failed, and nothing was left to be done
	stopped               // the script ends before its work is done, waits for ever, or it cannot be told
)

// hookCall is a call that completes a launching hook or prolongs it, and what becomes of its script where it fails.
type hookCall struct {
	ending
	where string
	depth int // of the script
}

// Hooked tells what becomes of a boot that completes its launching lifecycle hook by itself, where that fails since there is none to complete. stops is where a
// script would end before its work is done, or repeat the call for ever, or do what cannot be told; fails is where all is done, and the script counts
// as failed. Both are empty where the call changes nothing, and where there is none.
func Hooked(userData []byte) (stops, fails string) {
	r := read(userData)
	for _, c := range r.hooks {
		switch {
		case c.ending == stopped && stops == "":
			stops = c.where
		case (c.ending == status || c.ending == leaves) && fails == "":
			fails = c.where
		}
	}
	if n := slices.IndexFunc(r.found, func(n Need) bool { return n.Need == LaunchHook }); n >= 0 && r.called > len(r.hooks) && stops == "" {
		stops = r.found[n].Where // no shell's: a program's, or a setting's
	}
	return stops, fails
}

// judge notes what becomes of the script where the call fails that its command i makes by itself; before is how many calls there were before it.
func (r *reader) judge(list []*command, i int, strict bool, before, judged, depth int) {
	if len(list[i].words) > 0 && list[i].words[0] == "trap" {
		for n := judged; n < len(r.hooks); n++ { // it runs when the script ends, or when something else has failed
			if r.hooks[n].ending = goesOn; strict && slices.Contains(list[i].words, "EXIT") {
				r.hooks[n].ending = status
			}
		}
	}
	for made := r.called - before - (len(r.hooks) - judged); made > 0; made-- {
		end := stopped
		if len(r.hooks) < mostJudged {
			end = newCourse(list, strict).after(list[i])
		}
		r.hooks = append(r.hooks, hookCall{end, r.hookAt, depth})
	}
}
