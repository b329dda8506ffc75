package census

import (
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Result is what came of a row.
type Result struct {
	Row Row
	// As is the group as it is, After the group once its owner has taken the step; nil where there is none, or none that can be taken.
	As    Outcome
	After *Outcome
}

// served tells whether an outcome is good: something runs on spot, and nobody was harmed.
func (o Outcome) served() bool { return o.Status == Served && len(o.Harms) == 0 }

// Served tells whether the group is served as it is, AfterStep whether it is by then or after one step.
func (r Result) Served() bool    { return r.As.served() }
func (r Result) AfterStep() bool { return r.Served() || r.After != nil && r.After.served() }

// Harms counts what went wrong, as it is and after the step.
func (r Result) Harms() int {
	n := len(r.As.Harms)
	if r.After != nil {
		n += len(r.After.Harms)
	}
	return n
}

// PlayRow plays a row, and again after the step that the product names, if it is refused. Each row has weather of its own.
func PlayRow(r Row, by Reading, o Options) (Result, error) {
	h := fnv.New32a()
	_, _ = io.WriteString(h, r.Source) // a hash takes everything
	o.Seed = 1000*o.Seed + int64(h.Sum32()%1000)
	s := Of(r, by)
	as, err := Play(s, o)
	out := Result{Row: r, As: as}
	if err != nil || as.Status != Refused {
		return out, err
	}
	if stepped, ok := s.Take(as.Step); ok {
		after, err := Play(stepped, o)
		if err != nil {
			return out, err
		}
		out.After = &after
	}
	return out, nil
}

// PlayAll plays rows, so many at a time, and keeps their order.
func PlayAll(rows []Row, by Reading, o Options, together int) ([]Result, error) {
	out, errs := make([]Result, len(rows)), make([]error, len(rows))
	var wg sync.WaitGroup
	turn := make(chan struct{}, max(1, together))
	for n, r := range rows {
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			out[n], errs[n] = PlayRow(r, by, o)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// Write writes the table.
func Write(to io.Writer, results []Result) error {
	w := csv.NewWriter(to)
	_ = w.Write([]string{"row", "class", "workload", "needs", "status", "reason", "harms", "step", "after_step", "reason_after_step", "harms_after_step"}) // Error tells
	for _, r := range results {
		var needs []string
		for _, n := range r.Row.needs() {
			needs = append(needs, string(n))
		}
		after, why, harms := "", "", ""
		if r.After != nil {
			after, why, harms = r.After.says(), r.After.Reason, list(*r.After)
		}
		_ = w.Write([]string{r.Row.Source, r.Row.Class, r.Row.Workload, strings.Join(needs, " "), r.As.says(), r.As.Reason, list(r.As), r.As.Step, after, why, harms}) // Error tells
	}
	w.Flush()
	return w.Error()
}

func (o Outcome) says() string {
	if o.Status != Served {
		return o.Status
	}
	return fmt.Sprintf("%s: %d replaced, %d of %d on spot, %d short", o.Status, o.Replaced, o.Spot, o.Members, o.Short)
}

func list(o Outcome) string {
	var out []string
	for _, h := range o.Harms {
		out = append(out, h.String())
	}
	return strings.Join(out, "; ")
}

// Summary is what the rows of a class came to.
type Summary struct {
	Rows, Served, AfterStep, Harms int
}

// Sum adds up the rows for which of holds.
func Sum(results []Result, of func(Row) bool) (s Summary) {
	for _, r := range results {
		if !of(r.Row) {
			continue
		}
		s.Rows++
		s.Harms += r.Harms()
		if r.Served() {
			s.Served++
		}
		if r.AfterStep() {
			s.AfterStep++
		}
	}
	return s
}

// Percent is a part of the rows.
func (s Summary) Percent(n int) float64 { return 100 * float64(n) / float64(max(1, s.Rows)) }

func (s Summary) String() string {
	return fmt.Sprintf("%d rows: %d (%.0f %%) served as they are, %d (%.0f %%) after one step, %d harms", s.Rows, s.Served, s.Percent(s.Served), s.AfterStep, s.Percent(s.AfterStep), s.Harms)
}

// Tutorial is the class of the rows that are not Production.
func (r Row) Tutorial() bool { return !r.Production() }

// Reasons counts by what rows are not served, for people: the reason's first words, the names of instances and the places left out.
func Reasons(results []Result, of func(Row) bool) []string {
	count := map[string]int{}
	for _, r := range results {
		if !of(r.Row) {
			continue
		}
		why := r.As.Status
		if r.As.Status == Refused {
			why, _, _ = strings.Cut(r.As.Reason, ":")
			why, _, _ = strings.Cut(why, " (user data")
			why, _, _ = strings.Cut(why, ", which")
			why = Refused + ": " + why
			switch {
			case r.After != nil && r.AfterStep():
				why += " → served after the step"
			case r.After != nil:
				why += " → after the step " + r.After.Status
			case r.As.Step != "":
				why += " → the step is not one that serves it"
			}
		}
		if r.Harms() > 0 {
			kinds := Kinds(r.As.Harms)
			if r.After != nil {
				kinds = append(kinds, Kinds(r.After.Harms)...)
			}
			why += ", harmed: " + strings.Join(kinds, " ")
		}
		count[why]++
	}
	var out []string
	for _, why := range slices.Sorted(maps.Keys(count)) {
		out = append(out, fmt.Sprintf("%4d  %s", count[why], why))
	}
	slices.SortStableFunc(out, func(a, b string) int { return strings.Compare(b[:4], a[:4]) })
	return out
}
