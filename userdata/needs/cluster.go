package needs

import (
	"slices"

	"autospotting/pkg/lazyregexp"
)

// DefaultCluster is the cluster that an ECS agent registers with where nothing names one.
const DefaultCluster = "default"

// clusterNamed finds the names of clusters in a line that makes an instance a host of ECS: the agent's variable, Bottlerocket's setting, and what
// is given to the agent's start on Windows.
var clusterNamed = lazyregexp.New(`(?i)ECS_CLUSTER["']?\s*[=:,]\s*["']?([^\s"',;|&<>]+)|^\s*"?(?:settings\.ecs\.)?cluster"?\s*[=:]\s*["']?([^\s"']+)|-Cluster\s+["']?([^\s"';]+)`)

// clusterName is how ECS lets a cluster be called (ECS API reference, CreateCluster).
var clusterName = lazyregexp.New(`^[A-Za-z0-9_-]{1,255}$`)

// Cluster is the ECS cluster that an instance with this user data registers with: the one that is named, or the default one. It is false where the
// user data has no such need, where the name is put together when the script runs or comes from elsewhere, and where several are named.
func Cluster(userData []byte) (name string, known bool) {
	r := read(userData)
	if !slices.ContainsFunc(r.found, func(n Need) bool { return n.Need == ECS }) || r.elsewhere || len(r.unread) > 0 && len(r.clusters) == 0 {
		return "", false
	}
	switch len(r.clusters) {
	case 0:
		return DefaultCluster, true
	case 1:
		if clusterName.MatchString(r.clusters[0]) {
			return r.clusters[0], true
		}
	}
	return "", false
}

// cluster notes what a line that the row of ECS recognised says of the cluster. The settings of the agent that are fetched may name any.
func (r *reader) cluster(m *marker, text string) {
	if m.op == "cp" {
		r.elsewhere = true
	}
	for _, found := range clusterNamed.FindAllStringSubmatch(r.expand(text), -1) {
		if name := found[1] + found[2] + found[3]; !slices.Contains(r.clusters, name) {
			r.clusters = append(r.clusters, name)
		}
	}
}
