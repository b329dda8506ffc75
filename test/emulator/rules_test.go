package emulator

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// groupRules refuses what AWS refuses, in AWS's words, and lets the emulator do what is allowed (aws-facts 1.1 and 1.4).
func (c *cloud) groupRules(next transport) transport {
	var mu sync.Mutex // between the look and the call
	return func(ctx context.Context, k *call) (answer, error) {
		var check func(context.Context, *call, []group) (string, error)
		switch k.service + "." + k.action {
		case "autoscaling.AttachInstances":
			check = c.mayAttach
		case "autoscaling.TerminateInstanceInAutoScalingGroup":
			check = c.mayTerminate
		default:
			return next(ctx, k)
		}
		mu.Lock()
		defer mu.Unlock()
		groups, err := c.groups(ctx)
		if err != nil {
			return answer{}, err
		}
		why, err := check(ctx, k, groups)
		if err != nil {
			return answer{}, err
		}
		if why != "" {
			return refuse(k.service, "ValidationError", why), nil
		}
		a, err := next(ctx, k)
		if err == nil && k.action == "TerminateInstanceInAutoScalingGroup" {
			err = c.keepsFloor(ctx, k)
		}
		return a, err
	}
}

// keepsFloor notes where a call of ours left fewer members in service than the group is to have.
func (c *cloud) keepsFloor(ctx context.Context, k *call) error {
	groups, err := c.groups(ctx)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if floor := int(c.floor.Load()); len(g.Members) < floor {
			fmt.Fprintf(&c.violated, "after %s was retired group %s had %d members, at least %d were due\n", k.form.Get("InstanceId"), g.Name, len(g.Members), floor)
		}
	}
	return nil
}

type group struct {
	Name    string `xml:"AutoScalingGroupName"`
	Min     int    `xml:"MinSize"`
	Max     int    `xml:"MaxSize"`
	Desired int    `xml:"DesiredCapacity"`
	Members []struct {
		ID        string `xml:"InstanceId"`
		State     string `xml:"LifecycleState"`
		Protected bool   `xml:"ProtectedFromScaleIn"`
	} `xml:"Instances>member"`
	Zones []string   `xml:"AvailabilityZones>member"`
	Tags  []groupTag `xml:"Tags>member"`
}

type groupTag struct {
	Key   string `xml:"Key"`
	Value string `xml:"Value"`
}

func (g group) has(id string) bool {
	for _, m := range g.Members {
		if m.ID == id {
			return true
		}
	}
	return false
}

func (c *cloud) groups(ctx context.Context) ([]group, error) {
	var out struct {
		Groups []group `xml:"DescribeAutoScalingGroupsResult>AutoScalingGroups>member"`
	}
	err := c.read(ctx, ask("autoscaling", "DescribeAutoScalingGroups", "2011-01-01", map[string]string{"MaxRecords": "100"}), &out)
	return out.Groups, err
}

func (c *cloud) mayAttach(ctx context.Context, k *call, groups []group) (string, error) {
	name := k.form.Get("AutoScalingGroupName")
	at := slices.IndexFunc(groups, func(g group) bool { return g.Name == name })
	if at < 0 {
		return "AutoScalingGroup name not found - AutoScalingGroup '" + name + "' not found", nil
	}
	g, n := groups[at], 0
	for ; k.form.Get(fmt.Sprintf("InstanceIds.member.%d", n+1)) != ""; n++ {
		id := k.form.Get(fmt.Sprintf("InstanceIds.member.%d", n+1))
		for _, other := range groups {
			if other.has(id) {
				return fmt.Sprintf("Instance %s is already part of AutoScalingGroup:%s", id, other.Name), nil
			}
		}
		i, err := c.instance(ctx, id)
		if err != nil || i.state != "running" || !slices.Contains(g.Zones, i.zone) {
			return fmt.Sprintf("Instance %s is not in correct state: %s in %s", id, i.state, i.zone), err
		}
	}
	if n == 0 {
		return "", nil // the emulator says what is missing
	}
	if g.Desired+n > g.Max {
		return fmt.Sprintf("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To attach %d instance, please update the AutoScalingGroup sizes appropriately.",
			g.Name, g.Min, g.Max, g.Desired, n), nil
	}
	return "", nil
}

func (c *cloud) mayTerminate(_ context.Context, k *call, groups []group) (string, error) {
	id := k.form.Get("InstanceId")
	for _, g := range groups {
		if !g.has(id) {
			continue
		}
		if k.form.Get("ShouldDecrementDesiredCapacity") == "true" && g.Desired <= g.Min {
			return fmt.Sprintf("Currently, desiredSize equals minSize (%d). Terminating instance without replacement will violate group's min size constraint. "+
				"Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.", g.Min), nil
		}
		return "", nil
	}
	return "Instance Id not found - No managed instance found for instance ID: " + id, nil
}
