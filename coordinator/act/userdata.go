package act

import (
	"encoding/base64"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/settings"
	"autospotting/userdata"
	"autospotting/userdata/needs"
)

// userNeeds is what is known of the owner's user data.
type userNeeds struct {
	list    []decide.UserNeed // what it needs of the group, or does to what others share; each need where it stands first
	unread  string            // what of it could not be read, first of all
	hasty   string            // why what needs membership of the group would not wait for it: ours runs among the scripts
	clocked string            // where it has something run by the clock, first of all
	stops   string            // where the boot would stop early for want of a launching hook to complete
	fails   string            // and where it would count as failed, though all is done
	cluster string            // the ECS cluster that its instances register with; empty where that cannot be told
	windows bool              // it is what agents of Windows read
}

// userNeeds are those of the owner's user data, remembered with what it stands in.
func (a *Actor) userNeeds(w wanted) userNeeds {
	known, ok := a.cache.userNeeds.get(w.source)
	if !ok {
		known = needsOf(w.owners)
		a.cache.userNeeds.put(w.source, known)
	}
	return known
}

// needsMembership tells whether the boot of what is launched has to wait for membership of the group: the user data or the Elastic Beanstalk environment
// needs it, and the owner has neither answered for that nor ruled the early attach out.
func (a *Actor) needsMembership(g described, w wanted) bool {
	if g.settings.Attach == settings.AttachReady || slices.Contains(g.settings.Accept, needs.Membership) {
		return false
	}
	return g.world.Environment.Is() || slices.ContainsFunc(a.userNeeds(w).list, func(n decide.UserNeed) bool { return n.Need == needs.Membership })
}

// needsOf reads user data, in base64.
func needsOf(userData *string) (u userNeeds) {
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(userData))
	if err != nil {
		return userNeeds{unread: "it is not base64"} // the owner's own launches say so better than we could
	}
	found, unread := needs.Read(raw)
	for _, n := range found {
		if !slices.ContainsFunc(u.list, func(have decide.UserNeed) bool { return have.Need == n.Need }) {
			u.list = append(u.list, decide.UserNeed{Need: n.Need, Where: n.Where})
		}
	}
	if len(unread) > 0 {
		u.unread = unread[0].What + ", " + unread[0].Where
	}
	early := needs.Early(raw)
	if n := slices.IndexFunc(early, func(n needs.Need) bool { return n.Need == needs.Membership }); n >= 0 {
		u.hasty = "it is asked for before any script runs (" + early[n].Where + ")"
	}
	if clocked := needs.Clocked(raw); len(clocked) > 0 {
		u.clocked = clocked[0]
	}
	u.cluster, _ = needs.Cluster(raw)
	u.stops, u.fails = needs.Hooked(raw)
	format := userdata.Detect(raw)
	u.windows = format == userdata.WindowsXML || format == userdata.WindowsYAML
	return u
}
