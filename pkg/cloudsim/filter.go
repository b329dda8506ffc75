package cloudsim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func matchInstance(i ec2types.Instance, filters []ec2types.Filter) (bool, error) {
	for _, f := range filters {
		var have []string
		name := aws.ToString(f.Name)
		switch {
		case name == "instance-id":
			have = []string{aws.ToString(i.InstanceId)}
		case name == "instance-state-name":
			have = []string{string(i.State.Name)}
		case name == "availability-zone":
			have = []string{aws.ToString(i.Placement.AvailabilityZone)}
		case name == "instance-lifecycle":
			have = []string{string(i.InstanceLifecycle)}
		case name == "subnet-id":
			have = []string{aws.ToString(i.SubnetId)}
		case name == "tag-key" || strings.HasPrefix(name, "tag:"):
			have = tagValues(i.Tags, name)
		default:
			return false, apiError("InvalidParameterValue", "The filter '%s' is invalid", name)
		}
		if !slices.ContainsFunc(have, func(h string) bool { return matchAny(f.Values, h) }) {
			return false, nil
		}
	}
	return true, nil
}

func tagValues(tags []ec2types.Tag, filter string) []string {
	var have []string
	for _, t := range tags {
		if filter == "tag-key" {
			have = append(have, aws.ToString(t.Key))
		} else if filter == "tag:"+aws.ToString(t.Key) {
			have = append(have, aws.ToString(t.Value))
		}
	}
	return have
}

// matchAny compares as EC2's filters do: * is any run, ? one character.
func matchAny(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return wildcard(p, s) })
}

func wildcard(p, s string) bool {
	for len(p) > 0 {
		switch {
		case p[0] == '*':
			for n := 0; n <= len(s); n++ {
				if wildcard(p[1:], s[n:]) {
					return true
				}
			}
			return false
		case len(s) == 0 || (p[0] != '?' && p[0] != s[0]):
			return false
		}
		p, s = p[1:], s[1:]
	}
	return len(s) == 0
}

// paginate cuts one page; tokens are positions, opaque to the caller.
func paginate[T any](all []T, limit *int32, def int, token *string) (page []T, next *string, err error) {
	start, size := 0, def
	if token != nil && *token != "" {
		if start, err = strconv.Atoi(strings.TrimPrefix(*token, "page-")); err != nil || start > len(all) {
			start, err = len(all), nil
		}
	}
	if limit != nil && *limit > 0 {
		size = int(*limit)
	}
	end := min(start+size, len(all))
	if end < len(all) {
		next = aws.String(fmt.Sprintf("page-%d", end))
	}
	return all[start:end], next, nil
}
