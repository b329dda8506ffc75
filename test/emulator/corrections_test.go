package emulator

import (
	"context"
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// corrected is the emulator with what AWS does where the product depends on it and the emulator departs. The list, with
// the facts, is in docs/fidelity.md; departures_test.go shows for each that it is still needed.
func (c *cloud) corrected() transport {
	next := transport(c.raw)
	next = lab.catalog.correct(next)
	next = shortPages(next)
	next = c.aged(next)
	next = c.groupRules(next)
	next = c.history.correct(next)
	next = c.launches.correct(next)
	return c.queues.correct(next)
}

// shortPages makes pages end early, as AWS may: "the results can be fewer than MaxResults". Whoever does not follow
// NextToken then sees one group of several, and two instances.
func shortPages(next transport) transport {
	most := map[string]struct {
		param string
		size  string
	}{
		"autoscaling.DescribeAutoScalingGroups": {"MaxRecords", "1"},
		"ec2.DescribeInstances":                 {"MaxResults", "2"},
	}
	return func(ctx context.Context, k *call) (answer, error) {
		if p, ok := most[k.service+"."+k.action]; ok && k.form.Get(p.param) != "" {
			k = k.with(map[string]string{p.param: p.size})
		}
		return next(ctx, k)
	}
}

// aged lets what the owner's group launched be an hour old, as in a group that has been running for a while: what is younger
// than its grace is no capacity yet, and no victim.
func (c *cloud) aged(next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		a, err := next(ctx, k)
		if err != nil || k.action != "DescribeInstances" {
			return a, err
		}
		var out []byte
		rest := a.body
		for {
			at := launchTime.FindSubmatchIndex(rest)
			if at == nil {
				a.body = append(out, rest...)
				return a, nil
			}
			before, given := rest[:at[2]], rest[at[2]:at[3]]
			if ids := instanceID.FindAllSubmatch(before, -1); len(ids) > 0 && !c.launches.has(string(ids[len(ids)-1][1])) {
				if t, err := time.Parse(time.RFC3339, string(given)); err == nil {
					given = []byte(t.Add(-time.Hour).UTC().Format(time.RFC3339))
				}
			}
			out = append(append(out, before...), given...)
			rest = rest[at[3]:]
		}
	}
}

var (
	fleetInstance = regexp.MustCompile(`<item>(i-[0-9a-f]+)</item>`)

	launchTime = regexp.MustCompile(`<launchTime>([^<]+)</launchTime>`)
	instanceID = regexp.MustCompile(`<instanceId>(i-[0-9a-f]+)</instanceId>`)
)

// has tells whether the instance came from a fleet.
func (l *launches) has(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ids[id]
}

// launches corrects CreateFleet: the reserved tag that only AWS can set, and client tokens (aws-facts 2.1).
type launches struct {
	mu   sync.Mutex
	done map[string]launched
	news chan struct{} // closed at the next launch
	ids  map[string]bool
}

// next is closed when something was launched from now on.
func (l *launches) next() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.news == nil {
		l.news = make(chan struct{})
	}
	return l.news
}

type launched struct {
	request string
	answer  answer
}

func (l *launches) correct(next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		if k.service != "ec2" || k.action != "CreateFleet" {
			return next(ctx, k)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if k.form.Get("LaunchTemplateConfigs.1.LaunchTemplateSpecification.Version") == "" {
			return refuse("ec2", "MissingParameter", "The request must contain the parameter LaunchTemplateSpecification.Version"), nil
		}
		token, request := k.form.Get("ClientToken"), k.form.Encode()
		if before, ok := l.done[token]; ok && token != "" {
			if before.request != request {
				return refuse("ec2", "IdempotentParameterMismatch", "The request uses the same client token as a previous, but non-identical request."), nil
			}
			return before.answer, nil
		}
		a, err := next(ctx, k.with(fleetTag(k, "fleet-"+token)))
		if err == nil && a.ok() {
			if l.done == nil {
				l.done, l.ids = map[string]launched{}, map[string]bool{}
			}
			for _, id := range fleetInstance.FindAllSubmatch(a.body, -1) {
				l.ids[string(id[1])] = true
			}
			l.done[token] = launched{request, a}
			if l.news != nil {
				close(l.news)
				l.news = nil
			}
		}
		return a, err
	}
}

// fleetTag adds aws:ec2:fleet-id to the tags that the instances are launched with.
func fleetTag(k *call, fleet string) map[string]string {
	for i := 1; ; i++ {
		spec := fmt.Sprintf("TagSpecification.%d.", i)
		switch k.form.Get(spec + "ResourceType") {
		case "":
			return nil
		case "instance":
			n := 1
			for k.form.Get(fmt.Sprintf("%sTag.%d.Key", spec, n)) != "" {
				n++
			}
			tag := fmt.Sprintf("%sTag.%d.", spec, n)
			return map[string]string{tag + "Key": "aws:ec2:fleet-id", tag + "Value": fleet}
		}
	}
}

// history keeps the scaling activities: the emulator makes one for each call and forgets it.
type history struct {
	mu         sync.Mutex
	activities []string // newest first, as XML
}

func (h *history) correct(next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		switch k.service + "." + k.action {
		case "autoscaling.DescribeScalingActivities":
			return h.describe(ctx, k, next)
		case "autoscaling.TerminateInstanceInAutoScalingGroup":
			a, err := next(ctx, k)
			if from, to := strings.Index(string(a.body), "<Activity>"), strings.Index(string(a.body), "</Activity>"); err == nil && a.ok() && from >= 0 && to > from {
				h.add(string(a.body[from+len("<Activity>") : to]))
			}
			return a, err
		case "autoscaling.AttachInstances":
			a, err := next(ctx, k)
			if err == nil && a.ok() {
				h.attached(k)
			}
			return a, err
		}
		return next(ctx, k)
	}
}

// attached writes what the console shows for an attach (Auto Scaling user guide, "Verify a scaling activity").
func (h *history) attached(k *call) {
	for i := 1; k.form.Get(fmt.Sprintf("InstanceIds.member.%d", i)) != ""; i++ {
		id := k.form.Get(fmt.Sprintf("InstanceIds.member.%d", i))
		now := time.Now().UTC().Format("2006-01-02T15:04:05Z")
		h.add(fmt.Sprintf("<ActivityId>attach-%s</ActivityId><AutoScalingGroupName>%s</AutoScalingGroupName>"+
			"<Description>Attaching an existing EC2 instance: %s</Description><Cause>At %s an instance was attached in response to a user request.</Cause>"+
			"<StartTime>%s</StartTime><StatusCode>Successful</StatusCode>", id, k.form.Get("AutoScalingGroupName"), id, now, now))
	}
}

func (h *history) add(activity string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.activities = append([]string{activity}, h.activities...)
}

// describe answers a page of one activity, so that whoever does not follow NextToken sees no more.
func (h *history) describe(ctx context.Context, k *call, next transport) (answer, error) {
	a, err := next(ctx, k) // for what the emulator finds wrong with the request
	if err != nil || !a.ok() {
		return a, err
	}
	h.mu.Lock()
	all := h.activities
	h.mu.Unlock()
	all = slices.DeleteFunc(slices.Clone(all), func(x string) bool {
		return !strings.Contains(x, "<AutoScalingGroupName>"+k.form.Get("AutoScalingGroupName")+"</")
	})
	at, _ := strconv.Atoi(k.form.Get("NextToken"))
	var page, token string
	if at < len(all) {
		page = "<member>" + all[at] + "</member>"
	}
	if at+1 < len(all) {
		token = fmt.Sprintf("<NextToken>%d</NextToken>", at+1)
	}
	a.body = fmt.Appendf(nil, `<DescribeScalingActivitiesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeScalingActivitiesResult>`+
		"<Activities>%s</Activities>%s</DescribeScalingActivitiesResult><ResponseMetadata><RequestId>proxy</RequestId></ResponseMetadata></DescribeScalingActivitiesResponse>", page, token)
	return a, nil
}

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
	Zones []string `xml:"AvailabilityZones>member"`
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
	a, err := c.raw(ctx, ask("autoscaling", "DescribeAutoScalingGroups", "2011-01-01", map[string]string{"MaxRecords": "100"}))
	if err != nil {
		return nil, err
	}
	var out struct {
		Groups []group `xml:"DescribeAutoScalingGroupsResult>AutoScalingGroups>member"`
	}
	return out.Groups, xml.Unmarshal(a.body, &out)
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
