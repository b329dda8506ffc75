package invariant

import "time"

// watchedWithin is how long after its attach a member of ours need not stand in the record: what was attached with an answer that was lost is found
// by the next look, which is a tick's, and that one may be lost.
const watchedWithin = 12 * time.Minute

// watch holds the members of ours whose application has never answered against what the record watches. It is known of those alone that load balancers
// check: nobody else tells.
func (c *Checker) watch(ch change) {
	for _, m := range ch.now.Members {
		i := m.Instance
		c.answered[i.ID] = c.answered[i.ID] || i.AppReady
		since, known := c.dark[i.ID]
		switch told := known && since.IsZero(); {
		case i.Tags[tagGroup] != c.group || told:
			continue
		case i.AppReady, !i.NoticeAt.IsZero():
			c.dark[i.ID] = time.Time{}
			continue
		case m.Target == "" || m.State != "InService" || i.State != "running":
			continue
		case !known:
			c.dark[i.ID] = ch.At
			continue
		case ch.At.Sub(since) < watchedWithin:
			continue
		}
		rec, err := c.record()
		if _, watched := rec.Watched[i.ID]; err == nil && !watched && !rec.Books.Retiring(i.ID) {
			c.report(Watched, "%s has been a member since %s, has never answered, and nobody watches it", i.ID, since.UTC().Format(time.TimeOnly))
		}
	}
}
