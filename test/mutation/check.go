package main

import (
	"fmt"
	"path"
	"slices"

	"autospotting/test/mutation/excuse"
	"autospotting/test/mutation/mutant"
)

// most is how many percent of a package's mutants may be excused.
const most = 3

// check holds the excuses against all mutants of the packages, whichever are tried: each must be for one at least, and they must be few.
// What is excused in other packages is left alone.
func check(excuses []excuse.Excuse, names []string, all []*mutant.Package) (wrong []error) {
	for i, p := range all {
		n := 0
		for _, m := range p.Mutants {
			if slices.ContainsFunc(excuses, func(e excuse.Excuse) bool { return e.Of(m) }) {
				n++
			}
		}
		if n*100 > most*len(p.Mutants) {
			wrong = append(wrong, fmt.Errorf("%s: %d of %d mutants are excused, and %d %% may be", names[i], n, len(p.Mutants), most))
		}
		for _, e := range excuses {
			if path.Dir(e.File) == names[i] && !slices.ContainsFunc(p.Mutants, e.Of) {
				wrong = append(wrong, fmt.Errorf("excuse in line %d: there is no such mutant: %s | %s | %s", e.Line, e.File, e.Func, e.What))
			}
		}
	}
	return wrong
}
