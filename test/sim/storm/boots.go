package storm

import (
	"math/rand/v2"
	"time"

	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
	"autospotting/userdata"
)

// Boots is how the applications on instances come up.
type Boots struct {
	Slow   time.Duration // so long at most after the instance runs
	Broken float64       // this share of the pools has spot whose application never answers
	// Member: the owner's script begins some seconds after the instance runs, and never ends well on who is no member of the group then. It waits where
	// our part of the user data has it wait.
	Member bool
	// Stack: it needs CloudFormation to know it for a member, too.
	Stack bool
	// Hook: the script completes the group's launching hook at its end. Stops: where there is none to complete, it ends there, and nothing serves.
	Hook, Stops bool
	// Fetched: its user data does not say so, but fetches a script that does, as Elastic Beanstalk's.
	Fetched bool
}

// asking is user data that needs membership, the second of CloudFormation's stack.
var asking = map[bool]string{
	false: "#!/bin/sh\naws autoscaling describe-auto-scaling-instances --instance-ids $(ec2-metadata -i)\nsystemctl start web\n",
	true:  "#!/bin/sh\n/opt/aws/bin/cfn-init -v --stack web --resource Group\nsystemctl start web\n",
}

// completing is user data that completes the group's launching hook, the second of a boot that asks for its group first.
var completing = map[bool]string{
	false: "#!/bin/sh\nsystemctl start web\naws autoscaling complete-lifecycle-action --lifecycle-hook-name boot --auto-scaling-group-name web --lifecycle-action-result CONTINUE --instance-id $(ec2-metadata -i) || true\n",
	true: "#!/bin/sh\nGROUP=$(aws autoscaling describe-auto-scaling-instances --instance-ids $(ec2-metadata -i) --query x)\nsystemctl start web\n" +
		"aws autoscaling complete-lifecycle-action --lifecycle-hook-name boot --auto-scaling-group-name $GROUP --lifecycle-action-result CONTINUE --instance-id $(ec2-metadata -i) || true\n",
}

// fetching is user data like that of Elastic Beanstalk's instances: what it needs is not in it.
const fetching = "#!/bin/bash\nexec > /var/log/eb-cfn-init.log 2>&1\ncurl -sf --retry 5 https://assets.example.com/lib/bootstrap.sh -o /tmp/bootstrap.sh\nbash /tmp/bootstrap.sh\n"

// boots leaves it to the guests whether their applications answer.
func (w *World) boots(s Script, cfg *stage.Config, speak func(*stage.Stage, *cloudsim.Guest)) func(*stage.Stage, *cloudsim.Guest) {
	if s.Boots == nil {
		return speak
	}
	cfg.Cloud.GuestsTell = true
	if s.Boots.Member {
		w.waited = map[string]time.Time{}
		cfg.UserData = []byte(asking[s.Boots.Stack])
		if s.Boots.Fetched {
			cfg.UserData = []byte(fetching)
		}
	}
	if s.Boots.Hook {
		w.booted = map[string]time.Time{}
		cfg.UserData = []byte(completing[s.Boots.Member])
	}
	return func(st *stage.Stage, g *cloudsim.Guest) {
		speak(st, g)
		i, _ := st.Cloud.Instance(g.Instance())
		if i.Spot && !w.well && share(s.Seed, i.Type+"/"+i.Zone) < s.Boots.Broken {
			return
		}
		answer := func() { g.After(time.Duration(share(s.Seed, i.ID)*float64(s.Boots.Slow)), func() { g.Serve(true) }) }
		if s.Boots.Member || share(s.Seed, "boots") < 0.5 { // of other boots it is not always known when they are over
			answer = func() {
				g.After(time.Duration(share(s.Seed, i.ID)*float64(s.Boots.Slow)/2), func() {
					g.SetBoot(cloudsim.BootDone)
					g.After(time.Duration(share(s.Seed, i.ID)*float64(s.Boots.Slow)/2), func() { g.Serve(true) })
				})
			}
		}
		if s.Boots.Hook {
			answer = func() { w.completes(s, g) }
		}
		if !s.Boots.Member {
			answer()
			return
		}
		script := func() {
			if _, member := g.Member(); w.well || member && (!s.Boots.Stack || g.StackMember()) {
				answer()
				return
			}
			g.SetBoot(cloudsim.BootFailed) // its last command is cfn-signal, or the script stops at the first that fails
		}
		if ours, has := userdata.Injected(g.UserData()); !has || !ours.Await {
			script()
			return
		}
		st.Await(g, func(bool) {
			w.waited[i.ID] = st.Cloud.Now()
			script()
		})
	}
}

// completes has a boot take its time, and then complete the group's launching hook, if there is one that waits for it.
func (w *World) completes(s Script, g *cloudsim.Guest) {
	g.SetBoot(cloudsim.BootRuns)
	long := time.Duration(share(s.Seed, g.Instance()) * float64(s.Boots.Slow))
	w.booted[g.Instance()] = w.Cloud.Now().Add(long)
	g.After(long, func() {
		if err := g.CompleteHook("CONTINUE"); err != nil && s.Boots.Stops && !w.well {
			g.SetBoot(cloudsim.BootFailed)
			return
		}
		g.SetBoot(cloudsim.BootDone)
		g.Serve(true)
	})
}

// attaching are the scenarios about when a replacement becomes a member, and whether it ever is up.
var attaching = []Scenario{
	{"attach-modes", "one small group whose replacements become members ready, running, or as it fits, with boots of up to three minutes behind a load balancer, in the squall's weather", func(rng *rand.Rand) Script {
		s := Script{Faults: randomFaults(rng), Readings: randomReadings(rng), For: 30 * time.Minute, Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}}
		s.Groups[0].Desired, s.Groups[0].Max = 3, 3+rng.IntN(3)
		s.Boots = &Boots{Slow: 10 * time.Second} // nobody can tell of more than the grace that their owner gives them
		attachAs(&s.Groups[0], rng)
		if rng.IntN(3) > 0 { // but a load balancer can
			s.Boots.Slow = time.Duration(rng.Int64N(int64(3 * time.Minute)))
			balance(&s.Groups[0], rng)
			s.Groups[0].Grace = s.Boots.Slow + time.Duration(1+rng.IntN(3))*time.Minute // with less the group kills all that it launches itself
		}
		s.Deeds = deeds(rng, s.For, 1, 3*time.Minute, append([]string{"notice", "notice", "attach", "attach"}, actors...))
		switch arns := s.Groups[0].TargetGroups; {
		case len(arns) == 0:
		case rng.IntN(4) == 0: // behind VPC Lattice
			s.Groups[0].TargetGroups = []string{"arn:aws:vpc-lattice:us-east-1:123456789012:targetgroup/tg-0123456789abcdef0"}
		case rng.IntN(3) == 0:
			s.Targets = map[string]cloudsim.TargetGroup{arns[0]: {SlowStart: time.Duration(30+rng.IntN(870)) * time.Second}}
		}
		return s
	}},
	{"boot-as-member", "one small group whose boots need membership of the group, or of CloudFormation's stack, in the squall's weather, where the metadata shows it or does not, and the stack knows it at once, soon or never", func(rng *rand.Rand) Script {
		s := Script{Faults: randomFaults(rng), Readings: randomReadings(rng), For: 45 * time.Minute, Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}}
		s.Readings.AttachedStateHidden = rng.IntN(2) == 0
		s.Readings.StackTakesAttached = []time.Duration{0, 5 * time.Second, -1}[rng.IntN(3)]
		g := &s.Groups[0]
		g.Desired, g.Max = 3, 3+rng.IntN(3)
		s.Boots = &Boots{Slow: 10 * time.Second, Member: true, Stack: rng.IntN(2) == 0}
		switch rng.IntN(5) {
		case 0:
			g.Tags["autospotting:attach"] = "running"
		case 1:
			g.Tags["autospotting:spotd"] = "off"
		}
		if g.Tags["autospotting:spotd"] != "" || rng.IntN(2) == 0 { // without either it is refused
			balance(g, rng)
			g.Grace = 3 * time.Minute
		}
		s.Deeds = deeds(rng, s.For, 1, 4*time.Minute, append([]string{"notice", "notice"}, actors...))
		return s
	}},
	{"boot-completes-hook", "one small group whose boots complete its launching hook, of which nobody else hears but by rules that come and go; a boot takes up to as long as the hook waits, and what has none to complete goes on, or in some runs stops there", func(rng *rand.Rand) Script {
		s := Script{Faults: randomFaults(rng), Readings: randomReadings(rng), For: 2 * time.Hour, Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}}
		wait := time.Minute + time.Duration(rng.Int64N(int64(9*time.Minute)))
		g := &s.Groups[0]
		g.Desired, g.Max, g.TargetGroups = 3, 3+rng.IntN(3), nil
		g.Hooks = []cloudsim.Hook{{Name: "boot", Transition: cloudsim.HookLaunching, Heartbeat: wait.Truncate(time.Second), Result: []string{"ABANDON", "CONTINUE"}[rng.IntN(2)]}}
		s.Boots = &Boots{Slow: wait - 30*time.Second, Hook: true, Member: rng.IntN(2) == 0, Stops: rng.IntN(3) == 0}
		if s.Readings.AttachedStateHidden = rng.IntN(2) == 0; s.Boots.Member {
			s.Boots.Slow = max(0, s.Boots.Slow-time.Minute)
		}
		actors := append([]string{"notice", "notice", "rule"}, actors...)
		if !s.Boots.Member { // who needs membership is refused with attach=ready
			attachAs(g, rng)
			actors = append(actors, "attach")
		}
		switch rng.IntN(4) {
		case 0:
			g.Tags["autospotting:spotd"] = "off" // without a load balancer it is refused
			balance(g, rng)
		case 1:
			balance(g, rng)
		}
		if len(g.TargetGroups) > 0 {
			g.Grace = wait + time.Minute
		}
		s.Deeds = deeds(rng, s.For, 1, 8*time.Minute, actors)
		return s
	}},
	{"broken-image", "one group, in a kind cloud, whose spot never answers in some pools, or in all; it is attached while it boots, and EC2 calls it healthy", func(rng *rand.Rand) Script {
		s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: 2 * time.Hour, Boots: &Boots{Slow: time.Minute, Broken: 1}}
		g := &s.Groups[0]
		if rng.IntN(3) > 0 {
			s.Boots.Broken = rng.Float64()
		}
		g.TargetGroups = []string{"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/" + g.Name + "/1"} // which the group does not heed
		attachAs(g, rng)
		s.Deeds = deeds(rng, s.For, 1, 15*time.Minute, []string{"notice", "notice", "desired", "kill", "policy", "attach"})
		return s
	}},
	{"waiting-hooks", "one small group whose launching hook goes on by itself, for which somebody makes a rule now and then; its applications take as long as the hook waits, and nothing else tells when they are up", func(rng *rand.Rand) Script {
		s := Script{Faults: randomFaults(rng), Readings: randomReadings(rng), For: 2 * time.Hour, Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}}
		wait := time.Minute + time.Duration(rng.Int64N(int64(9*time.Minute)))
		g := &s.Groups[0]
		g.Desired, g.Max, g.TargetGroups = 3, 3+rng.IntN(3), nil
		g.Hooks = []cloudsim.Hook{{Name: "warm", Transition: cloudsim.HookLaunching, Heartbeat: wait.Truncate(time.Second), Result: "CONTINUE"}}
		s.Boots = &Boots{Slow: wait - 30*time.Second}
		attachAs(g, rng)
		s.Deeds = deeds(rng, s.For, 1, 8*time.Minute, append([]string{"notice", "notice", "rule", "rule", "attach"}, actors...))
		return s
	}},
}

// rule makes a rule of EventBridge that hears of the group's hooks, or of another's, and turns it off after a while.
func (p *player) rule(g cloudsim.GroupView, rng *rand.Rand) {
	name := g.Name
	if rng.IntN(3) == 0 {
		name = "another"
	}
	r := cloudsim.BusRule{Name: "of-" + name, Pattern: `{"source": ["aws.autoscaling"], "detail": {"AutoScalingGroupName": ["` + name + `"]}}`, Targets: []string{"arn:aws:sqs:us-east-1:123456789012:setup"}}
	p.Cloud.PutRule(r)
	r.Disabled = true
	p.Cloud.After(time.Duration(1+rng.IntN(20))*time.Minute, "the rule goes", func() { p.Cloud.PutRule(r) })
}

// attachTags are what owners may set.
var attachTags = []string{"auto", "ready", "running"}

func attachAs(g *cloudsim.GroupSpec, rng *rand.Rand) {
	if n := rng.IntN(len(attachTags) + 1); n < len(attachTags) {
		g.Tags["autospotting:attach"] = attachTags[n]
	}
}
