package emulator

import (
	"fmt"
	"strconv"

	"autospotting/pkg/message"
	"autospotting/test/scenario"
)

func (a *tale) Calls() []scenario.Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []scenario.Call
	for _, k := range a.asked {
		if c, ok := tell(k, a.group.Max); ok {
			out = append(out, c)
		}
	}
	return out
}

// tell says in a story's words what was asked.
func tell(k *call, owners int) (scenario.Call, bool) {
	what := ""
	switch k.action {
	case "AttachInstances":
		what = "attached"
	case "TerminateInstanceInAutoScalingGroup":
		return scenario.Call{What: scenario.Retired(k.form.Get("ShouldDecrementDesiredCapacity") == "true"), Instances: []string{k.form.Get("InstanceId")}}, true
	case "SetInstanceProtection":
		what = scenario.Protected(k.form.Get("ProtectedFromScaleIn") == "true")
	case "UpdateAutoScalingGroup":
		n, err := strconv.Atoi(k.form.Get("MaxSize"))
		if err != nil {
			return scenario.Call{What: fmt.Sprintf("MaxSize %q", k.form.Get("MaxSize"))}, true
		}
		return scenario.Call{What: scenario.MaxSize(n, owners)}, true
	case "SetDesiredCapacity":
		return scenario.Call{What: "desired " + k.form.Get("DesiredCapacity")}, true
	case "Booted":
		return scenario.Call{What: "booted", Instances: []string{k.form.Get("InstanceId")}}, true
	case "Failed":
		return scenario.Call{What: "boot failed", Instances: []string{k.form.Get("InstanceId")}}, true
	case "CreateTags":
		return scenario.Call{What: "asked to drain", Instances: listed(k, "ResourceId.")}, k.form.Get("Tag.1.Key") == message.DrainTag
	case "TerminateInstances":
		return scenario.Call{What: "terminated", Instances: listed(k, "InstanceId.")}, true
	default:
		return scenario.Call{}, false
	}
	return scenario.Call{What: what, Instances: listed(k, "InstanceIds.member.")}, true
}

// listed is a list of the query protocol.
func listed(k *call, prefix string) []string {
	var out []string
	for n := 1; k.form.Has(fmt.Sprint(prefix, n)); n++ {
		out = append(out, k.form.Get(fmt.Sprint(prefix, n)))
	}
	return out
}
