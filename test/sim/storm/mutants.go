package storm

import (
	"context"
	"time"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/settings"
)

// Mutants are the mistakes that the checker must catch. The first eight are those that the protocol names.
var Mutants = []Mutant{
	{Name: "retire-unchecked", What: "a victim is retired whatever desired is and whoever else serves", Scenario: "storm", Alter: planning(retireUnchecked)},
	{Name: "any-newcomer-is-the-victim", What: "a victim that left unpaid is always taken for replaced: the newest on-demand goes instead", Scenario: "storm", Alter: seeing(anyNewcomer)},
	{Name: "token-from-the-attempt", What: "the client token is the victim and the number of the attempt, which every new sandbox counts anew", Scenario: "storm", Alter: planning(tokenFromAttempt)},
	{Name: "no-token", What: "launches carry no client token", Scenario: "storm", Alter: tokenless},
	{Name: "restore-max-blindly", What: "MaxSize is given back whatever desired is", Scenario: "storm", Alter: planning(restoreBlindly)},
	{Name: "raise-max-and-forget", What: "MaxSize is never given back", Scenario: "storm", Alter: acting(func(a *decide.Action, _ *time.Time) bool { return a.Kind != decide.RestoreMax })},
	{Name: "borrow-for-all", What: "MaxSize is raised by more than the attach needs", Scenario: "squall", Alter: planning(borrowMore)},
	{Name: "take-the-doomed-out-at-once", What: "who has a notice leaves the group at once", Scenario: "storm", Alter: planning(takeOutAtOnce)},
	{Name: "forget-to-look-again", What: "nothing is looked at again before the next tick", Scenario: "demo", Alter: planning(func(_ decide.World, p *decide.Plan) { p.Look = time.Time{} })},

	{Name: "retire-before-attach", What: "the victim goes when its replacement is launched", Scenario: "storm", Alter: planning(retireFirst)},
	{Name: "attach-unready", What: "whatever runs is ready", Scenario: "storm", Alter: seeing(allReady)},
	{Name: "believe-a-forged-ready", What: "signatures are not verified", Scenario: "forgers", Alter: believing},
	{Name: "ignore-protection", What: "protection from scale-in and from termination is not seen", Scenario: "others", Alter: seeing(unprotected)},
	{Name: "attach-counted-twice", What: "one attach is paid for by two retirements", Scenario: "storm", Alter: planning(countTwice)},
	{Name: "attach-without-a-debt", What: "pairs are not written down", Scenario: "storm", Alter: writing(func(ctx context.Context, l handle.Ledger, r ledger.Record) (ledger.Record, error) {
		kept := r
		kept.Books = kept.Books.Clone()
		kept.Books.Edit(func(k *books.Stored) { k.Pairs = nil })
		kept, err := l.Put(ctx, kept)
		r.Revision = kept.Revision
		return r, err
	})},
	{Name: "go-on-after-a-failed-write", What: "a ledger that could not be written stops nobody", Scenario: "machinery", Alter: writing(func(ctx context.Context, l handle.Ledger, r ledger.Record) (ledger.Record, error) {
		if w, err := l.Put(ctx, r); err == nil {
			return w, nil
		}
		return r, nil
	})},
	{Name: "no-conditional-write", What: "the ledger is written whoever wrote it meanwhile", Scenario: "machinery", Alter: unconditional},
	{Name: "act-before-writing", What: "what is planned is written only after it was done", Scenario: "storm", Alter: writing(writeLate)},
	{Name: "act-past-the-deadline", What: "a plan is good for ever", Scenario: "machinery", Alter: acting(func(_ *decide.Action, deadline *time.Time) bool {
		*deadline = deadline.Add(time.Hour)
		return true
	})},
	{Name: "go-by-the-grace", What: "how long launching hooks wait is not seen", Scenario: "waiting-hooks", Alter: seeing(func(w *decide.World) { w.Group.HookWait = 0 })},
	{Name: "go-by-the-grace-without-the-hook", What: "a boot that completes its launching hook is believed when its grace is over", Scenario: "boot-completes-hook", Alter: seeing(func(w *decide.World) {
		w.Group.HookWait, w.Settings.Accept = 0, append(w.Settings.Accept, "launch-hook")
	})},
	{Name: "watch-nobody", What: "a replacement that is a member is left to itself once it is paid for", Scenario: "broken-image", Alter: planning(func(_ decide.World, p *decide.Plan) { p.Record.Watched = nil })},
	{Name: "grace-from-daemon-start", What: "spotd counts the grace from its own start", Scenario: "demo", Speak: lateSpeaker},
	{Name: "sweep-by-tag-alone", What: "whatever carries our tags is ours", Scenario: "others", Alter: seeing(trusting(func(i decide.Instance) bool { return i.Nonce != "" }))},
	{Name: "ask-no-template", What: "what carries our tags is ours, if any fleet launched it", Scenario: "copied-tags", Alter: seeing(trusting(func(i decide.Instance) bool { return i.Unproven }))},
	{Name: "forget-our-templates", What: "only the template that has the name of ours now proves anything", Scenario: "copied-tags", Alter: writing(forgetTemplates)},
	{Name: "sweep-at-first-sight", What: "what is unwanted once goes", Scenario: "old-reads", Alter: seeing(sweepAtOnce)},
	{Name: "never-sweep", What: "what nothing wants stays", Scenario: "others", Alter: planning(neverSweep)},
	{Name: "end-members-through-ec2", What: "victims are terminated past their group", Scenario: "storm", Alter: acting(func(a *decide.Action, _ *time.Time) bool {
		if a.Kind == decide.Retire {
			a.Kind = decide.Terminate
		}
		return true
	})},
	{Name: "release-with-decrement", What: "the doomed are released for good, instead of for replacement by the group", Scenario: "famine", Alter: acting(func(a *decide.Action, _ *time.Time) bool {
		a.Decrement = a.Decrement || a.Kind == decide.Retire
		return true
	})},
	{Name: "serve-without-the-tag", What: "groups are served that nobody opted in", Scenario: "storm", Alter: seeing(func(w *decide.World) { w.Group.Enabled = true })},
	{Name: "ignore-the-floor", What: "what the owner keeps on-demand is not kept", Scenario: "storm", Alter: seeing(func(w *decide.World) { w.Settings.KeepOnDemand = settings.Amount{} })},
	{Name: "ignore-the-zones", What: "every replacement is launched in the first zone", Scenario: "alone", Alter: planning(oneZone)},
	{Name: "believe-old-reads", What: "a read that is older than our own call is believed", Scenario: "old-reads", Alter: seeing(func(w *decide.World) { w.Record.Retired = nil })},
	{Name: "count-the-leaving", What: "members on their way out count as capacity", Scenario: "storm", Alter: seeing(countLeaving)},
	{Name: "count-the-doomed", What: "members with a notice count as capacity", Scenario: "storm", Alter: planning(countDoomed)},
	{Name: "ignore-notices", What: "notices are not heard", Scenario: "demo", Alter: unmindful(seeing(deaf))},
	{Name: "launch-for-every-copy", What: "a second copy of a notice launches a second replacement", Scenario: "storm", Alter: planning(launchAgain)},
	{Name: "forget-the-record-too-early", What: "the record of a group that was opted out is deleted with debts open", Scenario: "storm", Alter: planning(func(w decide.World, p *decide.Plan) {
		p.Forget = p.Forget || !w.Group.Enabled && w.Record.Revision > 0
	})},
	{Name: "keep-the-shield", What: "protection from scale-in is never taken off again", Scenario: "storm", Alter: acting(func(a *decide.Action, _ *time.Time) bool { return a.Kind != decide.Unprotect })},
	{Name: "take-a-total-for-a-change", What: "a total that a policy names goes on top of what our attaches added", Scenario: "target-tracking", Alter: seeing(totalForChange)},
	{Name: "wait-in-silence", What: "nobody is told what is waited for", Scenario: "boot-as-member", Alter: writing(func(ctx context.Context, l handle.Ledger, r ledger.Record) (ledger.Record, error) {
		r.Status.Waiting = ledger.Waiting{}
		return l.Put(ctx, r)
	})},
	{Name: "refuse-outright", What: "a group that is refused gets nothing, notices included", Scenario: "one-api-down", Alter: planning(refuseOutright)},
	{Name: "standby-serves", What: "who is in Standby is as good a victim as any", Scenario: "standby", Alter: seeing(standbyServes)},
	{Name: "fill-with-spot", What: "what the group lacks is filled with spot, also where the owner keeps it on-demand", Scenario: "no-on-demand", Alter: seeing(func(w *decide.World) {
		if w.Group.Desired > len(w.Instances) || !w.Record.Short.IsZero() {
			w.Settings.KeepOnDemand = settings.Amount{}
		}
	})},
	{Name: "fill-on-demand-alone", What: "what the group lacks is asked for on-demand alone", Scenario: "no-on-demand", Alter: planning(fillOnDemand)},
	{Name: "deaf-to-min", What: "a MinSize above the owner's MaxSize says nothing of MaxSize", Scenario: "resizes", Alter: seeing(func(w *decide.World) {
		if l := w.Record.Books.Lease(); l.Open() && l.Ours(w.Group.Max) {
			w.Group.Min = min(w.Group.Min, l.Owner)
		}
	})},
	{Name: "the-young-do-not-count", What: "what the group launched itself counts only once spotd has vouched for it", Scenario: "squall", Alter: seeing(func(w *decide.World) {
		for i := range w.Instances {
			if one := &w.Instances[i]; !one.Ours {
				one.Launched = w.Now
			}
		}
	})},
	{Name: "keep-the-doubt", What: "a doubt about desired is never put aside, and outlives the last debt", Scenario: "squall", Alter: writing(keepDoubt)},
	{Name: "a-failing-read-stops-everything", What: "what cannot be read is an error, whatever it is needed for", Scenario: "one-api-down", Alter: observing(stopped)},
	{Name: "a-failed-read-is-empty", What: "what cannot be read is not there", Scenario: "one-api-down", Alter: seeing(emptied)},
	{Name: "the-copy-dies-with-its-sandbox", What: "what was read last of what a launch needs is not found by another sandbox", Scenario: "one-api-down", Alter: shelfless},
	{Name: "retry-ever-more-seldom", What: "a look that failed is repeated ever more seldom, also while a notice waits", Scenario: "one-api-down", Alter: dawdling},
	{Name: "late-failures-cost-nothing", What: "a replacement that fails after it was in service is not missed", Scenario: "sick-spot", Alter: seeing(func(w *decide.World) {
		w.Record.Proving, w.Record.Sick, w.Record.Ailing = nil, nil, 0
	})},
	{Name: "blame-the-request", What: "a request that fails as a whole is never split, whoever it fails by", Scenario: "poisoned-type", Alter: seeing(func(w *decide.World) {
		w.Record.Suspicions, w.Record.Splits = nil, 1<<30
	})},
	{Name: "never-read-anew", What: "what was read within the last minute is good enough for whatever is begun", Scenario: "deploys", Alter: seeing(func(w *decide.World) { w.Cached = nil })},
	{Name: "overlook-tags", What: "ticks do not see that a group's tags were changed", Scenario: "quiet", Alter: overlooking(func(g *astypes.AutoScalingGroup) { g.Tags = nil })},
	{Name: "retire-undrained", What: "hosts of an ECS cluster are retired whatever runs on them", Scenario: "ecs", Alter: seeing(func(w *decide.World) { w.Settings.DrainWith = settings.DrainNone })},
	{Name: "drain-for-ever", What: "a host that stays is never set ACTIVE again", Scenario: "ecs", Alter: acting(func(a *decide.Action, _ *time.Time) bool { return a.Kind != decide.SetActive })},
	{Name: "retire-unanswered", What: "who is asked to drain is retired before it answers", Scenario: "commands", Alter: seeing(func(w *decide.World) {
		drains := map[string]ledger.Drain{}
		for id, d := range w.Record.Drains {
			if d.Open() && d.Asked() && d.Done.IsZero() {
				d.Done = w.Now
			}
			drains[id] = d
		}
		w.Record.Drains = drains
	})},
	{Name: "ask-for-ever", What: "an instance that stays is never asked no more", Scenario: "commands", Alter: acting(func(a *decide.Action, _ *time.Time) bool { return a.Kind != decide.AskNoMore })},
	{Name: "believe-any-answer", What: "the answer to an earlier ask is taken for that to this one, and a failure for a success", Scenario: "commands", Alter: seeing(anyAnswer)},
	{Name: "deploy-unheeded", What: "what an Elastic Beanstalk environment is doing is not asked", Scenario: "beanstalk", Alter: seeing(func(w *decide.World) {
		w.Group.Environment.Status, w.Group.Environment.Busy, w.Group.Environment.Unread = "Ready", false, ""
	})},
	{Name: "hammer", What: "failures pause nothing", Scenario: "drought", Alter: seeing(func(w *decide.World) {
		w.Record.Failures, w.Record.PausedUntil, w.Record.Pools, w.Record.Fallback, w.Shared = 0, time.Time{}, nil, ledger.Fallback{}, nil
	})},
}
