package decide

import (
	"cmp"
	"slices"
	"strings"
)

// ready is the status of an environment that nothing changes (Elastic Beanstalk API reference, EnvironmentDescription).
const ready = "Ready"

// environment refuses a group whose Elastic Beanstalk environment is changing, or may be. Beanstalk has no way to hold an update for us: it deploys to
// the instances that it found when it began, and an immutable update ends those that were there before. What is attached meanwhile would keep the
// version of before, or be ended; who is retired is waited for. So even notices are left to the group, whose own launches Beanstalk knows.
func environment(w World) string {
	switch e := w.Group.Environment; {
	case !e.Is():
	case e.Unread != "":
		return "whether its Elastic Beanstalk environment is changing is not known: " + e.Unread
	case e.Status != "" && e.Status != ready:
		return "its Elastic Beanstalk environment is changing (" + e.Status + "): an update takes what is attached meanwhile for an instance of before"
	case e.Busy:
		return "its Elastic Beanstalk environment is changing (an operation is in progress): an update takes what is attached meanwhile for an instance of before"
	}
	return ""
}

func environmentStep(w World) string {
	if w.Group.Environment.Unread == "" {
		return "wait until the environment is Ready"
	}
	return "give the function the right elasticbeanstalk:DescribeEnvironments: the stack and the module have it, spotctl up again; if the environment is gone, take its tags off the group"
}

// single refuses the group of an environment of one instance: CloudFormation has bound its address to that one.
func single(w World) string {
	return when(w.Group.Environment.Single, "its Elastic Beanstalk environment is of one instance, and has that one's address: a replacement would not get it")
}

func singleStep(w World) string {
	of := "--environment-name " + w.Group.Environment.Name
	if id := w.Group.Environment.ID; id != "" {
		of = "--environment-id " + id
	}
	return "have the environment load balanced: aws elasticbeanstalk update-environment " + of +
		" --option-settings Namespace=aws:elasticbeanstalk:environment,OptionName=EnvironmentType,Value=LoadBalanced"
}

// ofEnvironment begins the place of a need that the environment has, and not the user data.
const ofEnvironment = "the environment's "

// worker is the need of an instance that works on messages of a queue.
const worker = "worker"

// Needs are what a replacement needs of the group, or does to what others share: by the owner's user data, and by its Elastic Beanstalk environment. The
// user data of such instances only fetches Beanstalk's own scripts, which ask CloudFormation for the instance's metadata by its role, and its agent is
// given work once Beanstalk finds the instance in the group.
func Needs(w World) []UserNeed {
	out := slices.Clip(w.Template.Needs)
	add := func(need, where string) {
		if indexOf(out, need) < 0 {
			out = append(out, UserNeed{Need: need, Where: ofEnvironment + where})
		}
	}
	if e := w.Group.Environment; e.Is() {
		add(membership, "instances")
		add(helpers, "instances")
		if e.Worker {
			add(worker, "tier")
		}
	}
	return out
}

// Place is where a need stands, as a reason says it.
func (n UserNeed) Place() string {
	if strings.HasPrefix(n.Where, ofEnvironment) {
		return n.Where
	}
	return "user data, " + cmp.Or(n.Where, "somewhere")
}
