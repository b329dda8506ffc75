package cloudsim

import (
	"fmt"
	"slices"
)

// ShiftZone begins a zonal shift of a group away from a zone; an empty zone ends it. While it lasts the group launches in the other zones only,
// does not rebalance, and no policy lowers desired (aws-facts 9 #7). With ignore (ImpairedZoneHealthCheckBehavior IgnoreUnhealthy) nobody unhealthy
// is replaced in the zone. When it ends, the group rebalances.
func (c *Cloud) ShiftZone(name, zone string, ignore bool) error {
	return c.as("owner", func() error {
		g, err := c.ownersGroup(name)
		if err != nil {
			return err
		}
		if zone != "" && !slices.Contains(g.zones, zone) {
			return fmt.Errorf("cloudsim: group %s has no zone %q", name, zone)
		}
		g.woken = g.woken || g.shifted != "" && zone == ""
		g.shifted, g.ignored = zone, ""
		if ignore {
			g.ignored = zone
		}
		c.emit(Event{Kind: GroupAltered, Group: g.name, Text: "zonal shift away from " + zone})
		c.react(g)
		return nil
	})
}

// open are the zones in which the group launches.
func (g *group) open(zones []string) []string {
	if g.shifted == "" || len(zones) == 1 {
		return zones
	}
	return slices.DeleteFunc(slices.Clone(zones), func(z string) bool { return z == g.shifted })
}
