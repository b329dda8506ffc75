package emulator

import (
	"context"
	"fmt"
	"net/http"
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
	next := noRefreshes(c.raw)
	next = noTargets(next)
	next = c.checked(next)
	next = lab.catalog.correct(next)
	next = shortPages(next)
	next = c.aged(next)
	next = c.groupRules(next)
	next = c.history.correct(next)
	next = c.launches.correct(next)
	return c.queues.correct(next)
}

// noRefreshes answers that no instance refresh was ever begun, which is so: the emulator does not know them.
func noRefreshes(next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		if k.service != "autoscaling" || k.action != "DescribeInstanceRefreshes" {
			return next(ctx, k)
		}
		return answer{http.StatusOK, http.Header{"Content-Type": {"text/xml"}}, []byte(`<DescribeInstanceRefreshesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">` +
			"<DescribeInstanceRefreshesResult><InstanceRefreshes></InstanceRefreshes></DescribeInstanceRefreshesResult><ResponseMetadata><RequestId>proxy</RequestId></ResponseMetadata></DescribeInstanceRefreshesResponse>")}, nil
	}
}

// noTargets takes out the notification target that the emulator gives every hook. None of the suite's has one. The wait goes too: in the suite's
// stories replacements are ready at once.
func noTargets(next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		a, err := next(ctx, k)
		if err == nil && k.service == "autoscaling" && k.action == "DescribeLifecycleHooks" {
			a.body = hookWait.ReplaceAll(hookTarget.ReplaceAll(a.body, nil), nil)
		}
		return a, err
	}
}

// checked lets a target be healthy when its application answers, in the stories that tell of it: the emulator checks none.
func (c *cloud) checked(next transport) transport {
	return func(ctx context.Context, k *call) (answer, error) {
		a, err := next(ctx, k)
		if err != nil || k.action != "DescribeTargetHealth" || !c.checksTargets {
			return a, err
		}
		targets := strings.Split(string(a.body), "<member>")
		for n, target := range targets {
			id := targetID.FindString(target)
			c.mu.Lock()
			silent := id != "" && c.launches.has(id) && !c.answering[id]
			c.mu.Unlock()
			if silent {
				targets[n] = strings.Replace(target, "<State>healthy</State>", "<State>initial</State>", 1)
			}
		}
		a.body = []byte(strings.Join(targets, "<member>"))
		return a, nil
	}
}

var targetID = regexp.MustCompile(`i-[0-9a-f]+`)

var hookTarget = regexp.MustCompile(`<(NotificationTargetARN|RoleARN)>[^<]*</(NotificationTargetARN|RoleARN)>`)

var hookWait = regexp.MustCompile(`<HeartbeatTimeout>[^<]*</HeartbeatTimeout>`)

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

// launches corrects CreateFleet: the reserved tags that only AWS can set, and client tokens (aws-facts 2.1).
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

// fleetTag adds to the tags that the instances are launched with those that AWS sets: the fleet's id, and the template's with its version.
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
			const template = "LaunchTemplateConfigs.1.LaunchTemplateSpecification."
			out := map[string]string{}
			for _, t := range [][2]string{{"aws:ec2:fleet-id", fleet}, {"aws:ec2launchtemplate:id", k.form.Get(template + "LaunchTemplateId")},
				{"aws:ec2launchtemplate:version", k.form.Get(template + "Version")}} {
				tag := fmt.Sprintf("%sTag.%d.", spec, n)
				out[tag+"Key"], out[tag+"Value"] = t[0], t[1]
				n++
			}
			return out
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
