package storm

import (
	"context"
	"maps"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"autospotting/coordinator/decide"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/ledger"
	"autospotting/pkg/cloudsim"
)

// copied draws a group whose owner launches fleets of his own that carry our tags, and removes our template now and then.
func copied(rng *rand.Rand) Script {
	s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: time.Hour}
	s.Deeds = deeds(rng, s.For, 1, 2*time.Minute, []string{"fleet", "fleet", "stranger", "no-template", "opt", "interrupt", "kill", "desired", "keep", "again"})
	return s
}

// fleet launches an instance of the owner's own fleet that carries the tags of one of ours, as "launch more like this" in the console copies them.
func (p *player) fleet(group, zone string, rng *rand.Rand) {
	tags := map[string]string{"autospotting-group": group, "autospotting-launch": "copied"}
	var like []map[string]string
	for _, i := range p.Cloud.Instances() {
		if coordinators(i.LaunchedBy) && i.Tags["autospotting-group"] == group {
			like = append(like, i.Tags)
		}
	}
	if len(like) > 0 && rng.IntN(2) == 0 {
		tags = maps.Clone(like[rng.IntN(len(like))])
		maps.DeleteFunc(tags, func(key, _ string) bool { return strings.HasPrefix(key, "aws:") }) // which nobody can copy
	}
	_, _ = p.Cloud.LaunchFleetByOwner(group, zone, tags)
}

// noTemplate removes our templates, as somebody does who tidies up.
func (p *player) noTemplate() {
	api := p.Cloud.NewSession("owner").EC2()
	all, err := api.DescribeLaunchTemplates(p.ctx(), &ec2.DescribeLaunchTemplatesInput{})
	if err != nil {
		return
	}
	for _, t := range all.LaunchTemplates {
		if strings.HasPrefix(aws.ToString(t.LaunchTemplateName), "autospotting-") {
			_, _ = api.DeleteLaunchTemplate(p.ctx(), &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: t.LaunchTemplateId})
		}
	}
}

// trusting takes for ours what some mark says is.
func trusting(marked func(decide.Instance) bool) func(*decide.World) {
	return func(w *decide.World) {
		for n := range w.Instances {
			w.Instances[n].Ours = w.Instances[n].Ours || marked(w.Instances[n])
		}
	}
}

// forgetTemplates keeps no template of ours but the last.
func forgetTemplates(ctx context.Context, l handle.Ledger, r ledger.Record) (ledger.Record, error) {
	r = r.Clone()
	r.Templates = r.Templates[max(0, len(r.Templates)-1):]
	return l.Put(ctx, r)
}
