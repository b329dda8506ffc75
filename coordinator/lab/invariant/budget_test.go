package invariant

import (
	"strings"
	"testing"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// event is a change of a group of ten, two of which may be swapped at once.
func event(kind cloudsim.Kind, actor, id string, after time.Duration) change {
	return change{Event: cloudsim.Event{At: begin.Add(after), Kind: kind, Actor: actor, Instance: id}, now: cloudsim.GroupView{Desired: 10, Tags: map[string]string{"autospotting:swaps-at-once": "2"}}}
}

func TestOnlyWhatWasBegunWhenAFailureWasKnownCountsAgainstTheBudget(t *testing.T) {
	t.Parallel()
	minutes := func(n ...int) []time.Duration {
		var out []time.Duration
		for _, m := range n {
			out = append(out, time.Duration(m)*time.Minute)
		}
		return out
	}
	for _, c := range []struct {
		name   string
		begun  []time.Duration
		lasted time.Duration
		kind   cloudsim.Kind
		actor  string
		before cloudsim.Kind // what befell it before
		want   int
	}{
		{"those of before the first failure are free", minutes(0, 1, 2, 3, 4), 5 * time.Minute, cloudsim.Unhealthy, "autoscaling", "", 0},
		{"as many as the budget may fail", minutes(0, 20, 40), 5 * time.Minute, cloudsim.Unhealthy, "autoscaling", "", 0},
		{"one more is too many", minutes(0, 20, 30, 40), 5 * time.Minute, cloudsim.Unhealthy, "autoscaling", "", 1},
		{"so is one that dies by itself", minutes(0, 20, 30, 40), 5 * time.Minute, cloudsim.Stopping, "ec2", "", 1},
		{"not one that its owner ends", minutes(0, 20, 30, 40), 5 * time.Minute, cloudsim.Stopping, "owner", "", 0},
		{"nor one that AWS takes", minutes(0, 20, 30, 40), 5 * time.Minute, cloudsim.Unhealthy, "autoscaling", cloudsim.Notice, 0},
		{"nor one that was retired", minutes(0, 20, 30, 40), 5 * time.Minute, cloudsim.Unhealthy, "autoscaling", cloudsim.Terminating, 0},
		{"nor one that lasted", minutes(0, 60, 70, 80), 30 * time.Minute, cloudsim.Unhealthy, "autoscaling", "", 0},
		{"another hour has another budget", minutes(0, 20, 40, 90, 110), 5 * time.Minute, cloudsim.Unhealthy, "autoscaling", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := watched(t, nil)
			for n, at := range c.begun {
				id := string(rune('a' + n))
				w.budget.begun[id] = begun{begin.Add(at), 2}
				w.late(event(cloudsim.InService, "autoscaling", id, at+time.Minute))
			}
			for n, at := range c.begun {
				id := string(rune('a' + n))
				if c.before != "" {
					w.late(event(c.before, "autoscaling", id, at+2*time.Minute))
				}
				w.late(event(c.kind, c.actor, id, at+time.Minute+c.lasted))
			}
			if len(w.Violations()) != c.want || c.want > 0 && !strings.Contains(w.Violations()[0].Text, "3 replacements failed late") {
				t.Errorf("%v", w.Violations())
			}
		})
	}
}

// Who is retired by us in the moment in which the group finds it unhealthy goes by our hand, as far as the answer to our call tells.
func TestWhoIsRetiredAsItIsFoundHasNotFailed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		mine  bool
		of    string
		want  int
	}{{time.Second, true, "a", 0}, {10 * time.Second, true, "a", 1}, {time.Second, false, "a", 1}, {time.Second, true, "b", 1}} {
		rec := ledger.Record{Books: books.Edited(func(k *books.Stored) {
			k.Pairs = []books.StoredDebt{{Phase: books.Paying, Victim: c.of, Intent: books.StoredLaunch{Instance: c.of}}}
		})}
		w := watched(t, &rec)
		w.budget.begun["a"] = begun{begin, 2}
		w.late(event(cloudsim.InService, "autoscaling", "a", time.Minute))
		w.late(event(cloudsim.Unhealthy, "autoscaling", "a", 5*time.Minute))
		ours := event(cloudsim.SizeChanged, "coordinator", "", 5*time.Minute+c.after)
		ours.mine = c.mine
		if w.late(ours); len(w.budget.failed) != c.want {
			t.Errorf("%+v: %d failures", c, len(w.budget.failed))
		}
	}
}

func TestABudgetIsTheLargerOfTheSwapsAtOnceAndATenth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text          string
		desired, most int
	}{{"", 5, 1}, {"3", 5, 3}, {"50%", 5, 2}, {"1%", 5, 1}, {"", 47, 4}, {"3", 47, 4}} {
		w := watched(t, nil)
		if n := w.most(cloudsim.GroupView{Desired: c.desired, Tags: map[string]string{"autospotting:swaps-at-once": c.text}}); n != c.most {
			t.Errorf("%q of %d: %d, want %d", c.text, c.desired, n, c.most)
		}
	}
}
