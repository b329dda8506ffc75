package invariant

import (
	"maps"
	"slices"
	"time"

	"autospotting/coordinator/decide/books"
	"autospotting/pkg/cloudsim"
)

// environment holds what we do to a group of Elastic Beanstalk's against what its environment is doing. While it changes, nothing is launched or attached;
// retired is only who was paid for before, what is ours, and who goes by AWS's hand. And when it is over, nobody whom we attached serves another version
// than the environment's.
func (c *Checker) environment(ch change) {
	v, is := c.cloud.Environment(c.group)
	switch {
	case !is:
		return
	case ch.Kind == cloudsim.StatusMoved:
		c.moved(v, ch.At)
		return
	case !ch.mine || v.Status == "Ready":
		return
	}
	i, _ := c.cloud.Instance(ch.Instance)
	ours := i.Tags[tagGroup] == c.group && c.ours(i.LaunchedBy)
	b := breach{ch.Event, Environment, v.Since}
	switch {
	case ch.Kind == cloudsim.Launched && ours:
		c.broken(b, "%s is launched while the environment is %s", ch.Instance, v.Status)
	case ch.Kind == cloudsim.Pending:
		c.entered[ch.Instance] = ch.At
		c.broken(b, "%s is attached while the environment is %s", ch.Instance, v.Status)
	case ch.Kind == cloudsim.Terminating && !ours && i.NoticeAt.IsZero() && !c.replaced(ch.Instance):
		c.broken(b, "%s is retired while the environment is %s", ch.Instance, v.Status)
	}
}

// moved takes note of a status, and looks at who was deployed to once it is Ready.
func (c *Checker) moved(v cloudsim.EnvironmentView, now time.Time) {
	if v.Status != "Ready" {
		c.changing = now
		return
	}
	for _, id := range slices.Sorted(maps.Keys(v.Stale)) {
		if at, late := c.entered[id]; c.ours(v.Stale[id]) && late && !c.justBefore(at, c.changing) {
			c.report(Environment, "%s serves another version than its environment, and was attached by us at %s, while that was deployed", id, at.UTC().Format(time.TimeOnly))
		}
	}
}

// replaced tells whether a replacement of the instance's was attached.
func (c *Checker) replaced(id string) bool {
	rec, err := c.record()
	return err == nil && slices.ContainsFunc(rec.Books.Debts(), func(d books.Debt) bool { return d.Victim == id })
}

// temporary holds everything of ours against the group of an environment's update, which is nobody's to serve.
func (c *Checker) temporary(e cloudsim.Event) {
	v, is := c.cloud.Environment(c.group)
	if !is || v.Temporary == "" || !c.ours(e.Actor) || e.Kind == cloudsim.Tagged {
		return
	}
	i, _ := c.cloud.Instance(e.Instance)
	if e.Group == v.Temporary || e.Kind == cloudsim.Launched && i.Tags[tagGroup] == v.Temporary {
		c.report(Environment, "%s of %s in %s, the group of the environment's update", e.Kind, e.Instance, v.Temporary)
	}
}
