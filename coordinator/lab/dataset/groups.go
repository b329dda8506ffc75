package dataset

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Group is what a simulation needs of an Auto Scaling group.
type Group struct {
	Name              string   `json:"name"`
	Type              string   `json:"type"` // of its instances
	Min, Max, Desired int      `json:"-"`
	Zones             []string `json:"zones"`
}

// ReadGroups reads what `aws autoscaling describe-auto-scaling-groups` prints. A group's type is the one most of its
// instances have; fallback serves those without instances. Groups whose desired capacity is 0 are left out.
func ReadGroups(file, fallback string) ([]Group, error) {
	var out []Group
	err := read(file, func(r io.Reader) error {
		body, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		out, err = parseGroups(body, fallback)
		return err
	})
	return out, err
}

const groupsFormat = "give the output of aws autoscaling describe-auto-scaling-groups"

func parseGroups(body []byte, fallback string) ([]Group, error) {
	var doc struct {
		AutoScalingGroups []struct {
			AutoScalingGroupName              string
			MinSize, MaxSize, DesiredCapacity int
			AvailabilityZones                 []string
			Instances                         []struct{ InstanceType string }
		}
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, &Error{Line: lineOf(body, err), Reason: err.Error(), Remedy: groupsFormat}
	}
	var out []Group
	for _, g := range doc.AutoScalingGroups {
		if g.DesiredCapacity <= 0 {
			continue
		}
		one := Group{Name: g.AutoScalingGroupName, Min: g.MinSize, Max: max(g.MaxSize, g.DesiredCapacity), Desired: g.DesiredCapacity, Zones: slices.Sorted(slices.Values(g.AvailabilityZones)), Type: fallback}
		count := map[string]int{}
		for _, i := range g.Instances {
			if i.InstanceType != "" {
				count[i.InstanceType]++
			}
		}
		if len(count) > 0 {
			one.Type = slices.MaxFunc(slices.Sorted(maps.Keys(count)), func(a, b string) int { return cmp.Compare(count[a], count[b]) })
		}
		switch {
		case one.Name == "" || len(one.Zones) == 0:
			return nil, &Error{Reason: fmt.Sprintf("group %q lacks its name or its AvailabilityZones", one.Name), Remedy: groupsFormat}
		case one.Type == "":
			return nil, &Error{Reason: fmt.Sprintf("group %q shows no instance type", one.Name), Remedy: "name it with --type"}
		}
		out = append(out, one)
	}
	if len(out) == 0 {
		return nil, &Error{Reason: "no group with a desired capacity above 0", Remedy: groupsFormat}
	}
	return out, nil
}
