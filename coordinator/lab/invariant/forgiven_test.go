package invariant

import (
	"fmt"
	"testing"

	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// account plays changes of a group's numbers into a checker, and holds desired against the open debts after each.
type account struct {
	*Checker
	t *testing.T
	g cloudsim.GroupView
}

func newAccount(t *testing.T) *account {
	c := watched(t, &ledger.Record{})
	a := &account{Checker: c, t: t, g: cloudsim.GroupView{Min: 1, Max: 20, Desired: 6}}
	a.members(6)
	c.ownerMax, c.was = 20, sizesOf(a.g)
	return a
}

func (a *account) members(n int) {
	a.g.Members = nil
	for i := range n {
		a.g.Members = append(a.g.Members, cloudsim.MemberView{ID: fmt.Sprint("i-", i)})
	}
}

// ours is a call of ours that changes desired by so many, with so many debts open afterwards.
func (a *account) ours(by, open int) {
	a.g.Desired, a.g.Net = a.g.Desired+by, a.g.Net+by
	a.members(a.g.Desired)
	a.change(true, "coordinator")
	a.debt(a.g, open)
}

// names is somebody's naming of a number.
func (a *account) names(n, open int) {
	a.g.Desired, a.g.Net = n, 0
	a.change(false, "owner")
	a.debt(a.g, open)
}

func (a *account) change(mine bool, actor string) {
	a.sizes(change{cloudsim.Event{At: a.cloud.Now(), Kind: cloudsim.SizeChanged, Actor: actor}, mine, a.was, a.g})
}

func (a *account) want(violations int, uses map[string]int) {
	a.t.Helper()
	if len(a.Violations()) != violations {
		a.t.Errorf("want %d violations: %v", violations, a.Violations())
	}
	if got := Summary(a.Forgiven()); got != Summary(uses) {
		a.t.Errorf("%s; want %s", got, Summary(uses))
	}
}

func TestTwoNamingsOfTheNumberThatWasThereAlreadyAddUp(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.ours(+1, 1)
	a.names(7, 1) // the first debt is the owner's now, and nobody can know
	a.ours(+1, 2)
	a.names(8, 2) // and so is the second
	a.want(0, nil)
	a.ours(-1, 1)
	a.ours(-1, 0)
	a.want(0, map[string]int{"silent-naming": 2})
	a.ours(-1, 0)
	a.want(1, map[string]int{"silent-naming": 2})
}

func TestWhatIsForgivenForADebtEndsWithIt(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.ours(+1, 1)
	a.names(7, 1)
	a.debt(a.g, 0) // given up: nothing is lowered for it
	a.ours(-1, 0)
	a.want(1, nil)
}

func TestANamingThatTheGroupActsOnForgivesNothing(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.ours(+1, 1)
	a.names(9, 1)
	a.ours(-1, 0)
	a.want(1, nil)
}

func TestWhereNobodyElseChangesTheGroupNothingIsForgiven(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Alone()
	a.ours(+1, 1)
	a.names(7, 1)
	a.ours(-1, 0)
	if got := Summary(a.Forgiven()); got != "forgiven: nothing" || !a.Violated() {
		t.Errorf("%s, %v", got, a.Violations())
	}
}

func TestEveryRowSaysWhatItForgivesAndWhyAndIsAskedByOneFunction(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, r := range Forgivenesses {
		n := 0
		for _, asked := range []bool{r.moment != nil, r.below != nil, r.above != nil, r.owners != nil} {
			if asked {
				n++
			}
		}
		if n != 1 || r.Name == "" || names[r.Name] || r.Invariant == "" || r.What == "" || r.Why == "" {
			t.Errorf("row %q: %d functions, %+v", r.Name, n, [...]string{r.Invariant, r.What, r.Why})
		}
		names[r.Name] = true
	}
}
