package invariant

import (
	"fmt"
	"strings"
)

// pardon is so much of desired as a row forgives. It is a use of the row only once it is needed.
type pardon struct {
	row          *Forgiveness
	amount, used int
}

// pardons add up. Those that are spent first stand first.
type pardons []pardon

func (p pardons) total() int {
	n := 0
	for _, one := range p {
		n += one.amount
	}
	return n
}

// unused are the parts that nothing was needed of.
func (p pardons) unused() pardons {
	var out pardons
	for _, one := range p {
		if one.amount > one.used {
			out = append(out, pardon{row: one.row, amount: one.amount - one.used})
		}
	}
	return out
}

// trimmed is p with no more than most in all: what is unused goes first, the newest before the older.
func (p pardons) trimmed(most int) pardons {
	over := p.total() - max(0, most)
	for _, keep := range []func(pardon) int{func(one pardon) int { return one.used }, func(pardon) int { return 0 }} {
		for i := len(p) - 1; i >= 0 && over > 0; i-- {
			less := min(over, p[i].amount-keep(p[i]))
			p[i].amount -= less
			p[i].used = min(p[i].used, p[i].amount)
			over -= less
		}
	}
	var out pardons
	for _, one := range p {
		if one.amount > 0 {
			out = append(out, one)
		}
	}
	return out
}

// spend covers as much of need as is forgiven, counts the rows that are used for it, and returns the rest.
func (c *Checker) spend(p pardons, need int, what string) int {
	left := need
	for _, one := range p {
		left -= min(left, one.used)
	}
	for i := range p {
		more := min(left, p[i].amount-p[i].used)
		if more <= 0 || !c.forgives(p[i].row, what) {
			continue
		}
		p[i].used += more
		left -= more
	}
	return left
}

// String names the rows and how much each forgives.
func (p pardons) String() string {
	if len(p) == 0 {
		return "nothing"
	}
	var out []string
	for _, one := range p {
		out = append(out, fmt.Sprintf("%d as %s", one.amount, one.row.Name))
	}
	return strings.Join(out, ", ")
}
