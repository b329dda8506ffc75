package census

import (
	"slices"
	"strings"

	"autospotting/test/census/app"
)

// needs are what the application of the row needs, by what the census says of it and of nobody's user data.
func (r Row) needs() []app.Need {
	var out []app.Need
	add := func(is bool, n app.Need) {
		if is && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	harmed := strings.TrimPrefix(r.Verdict, "served-with-harm:")
	harms := func(word string) bool { return harmed != r.Verdict && strings.Contains(harmed, word) }
	node := strings.HasPrefix(r.Owner, "k8s") || r.Workload == "k8s node"
	add(node && r.Workload != "bastion", app.Kubernetes)
	add(strings.HasPrefix(r.Owner, "ECS"), app.ECS)
	add(r.runs(), app.Runner)
	add(r.works(), app.Worker)
	add(harms("stateful/quorum") && !r.takes(), app.Quorum)
	add(r.Workload == "data/stateful" && r.says("zk", "etcd", "elastic", "nifi"), app.Quorum)
	add(node && r.says("server", "master"), app.Quorum)
	add(r.Workload == "data/stateful" && r.MaxSizeOne && !slices.Contains(out, app.Quorum), app.Volume)
	add(strings.Contains(r.Stateful, "EIP"), app.Address)
	add(strings.Contains(r.Stateful, "ENI"), app.Interface)
	add(strings.Contains(r.Stateful, "R53") && harms("takes an address") || r.takes(), app.DNS) // where it does no harm, the record is the load balancer's
	add(r.Workload == "NAT" && !strings.Contains(r.Stateful, "ENI") || r.takes(), app.Route)
	add(r.Workload == "network appliance", app.License)
	add(strings.HasPrefix(r.CFN, "init"), app.Stack)
	add(r.says("groupname from imds", "bootstrap fails", "bootstrap_expect=1", "no peers"), app.Membership)
	add(r.beanstalk(), app.Membership)
	add(r.beanstalk(), app.Stack)
	add(r.LaunchHook && !r.completes(), app.LaunchHook)
	add(r.Workload == "cron host" || r.MaxSizeOne && r.works(), app.Alone)
	return out
}

// completes tells whether the script completes the launching hook: the group only waits for the end of the boot, and nobody makes it whole.
func (r Row) completes() bool { return r.says("complete-lifecycle-action") }

// patient tells whether a script asks for its group until there is one. Half of those that are not known to end do.
func (r Row) patient() bool { return !r.says("fails") && r.pick("", "patient") != "" }

// strict tells whether a script ends where it has no hook to complete, before its work is done; last, whether it has done all by then.
func (r Row) strict() bool { return r.completes() && r.says("strict") }
func (r Row) last() bool   { return r.completes() && r.says("last thing") }

// takes tells whether it takes an address, a route or a name at boot: the census says so of the proxies that are in front of nothing.
func (r Row) takes() bool {
	return r.says("takes the route and dns name") && strings.HasPrefix(r.Verdict, "served-with-harm")
}

// runs tells whether jobs of a CI system run on it. Its web servers run none.
func (r Row) runs() bool {
	switch r.Workload {
	case "CI runner", "CI (Jenkins)":
		return true
	case "CI (Concourse)":
		return r.says("worker")
	}
	return false
}

// works tells whether it takes work from a queue or a scheduler.
func (r Row) works() bool { return r.Workload == "worker/batch" || r.Workload == "nomad" }

// beanstalk tells whether the group is an Elastic Beanstalk environment's. Beanstalk's own scripts ask for the stack's metadata, and its agent for work.
func (r Row) beanstalk() bool { return r.Owner == "Beanstalk" }
