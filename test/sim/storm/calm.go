package storm

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"autospotting/coordinator/act"
	"autospotting/coordinator/handle"
	"autospotting/coordinator/lab/stage"
	"autospotting/pkg/cloudsim"
)

// quiet draws a group of which nothing is to be done for long, when its owner changes something of which nobody but a tick can tell.
func quiet(rng *rand.Rand) Script {
	s := Script{Groups: []cloudsim.GroupSpec{randomGroup(rng, "web")}, Readings: randomReadings(rng), For: 5 * time.Hour}
	for at := 80 * time.Minute; at < s.For; at += time.Duration(30+rng.IntN(20)) * time.Minute {
		kinds := []string{"keep", "keep", "opt", "protect", "max", "detach"}
		s.Deeds = append(s.Deeds, Deed{At: at, Kind: kinds[rng.IntN(len(kinds))], Dice: rng.Uint64()})
	}
	return s
}

// overlooking leaves something of the groups' descriptions out of what ticks compare.
func overlooking(leave func(*astypes.AutoScalingGroup)) func(*stage.Config) {
	return func(c *stage.Config) {
		c.Alter = func(h *handle.Handler) { h.Groups = &overlooker{h.Groups, h.Ledger, leave, map[string]string{}} }
	}
}

type overlooker struct {
	handle.Groups
	ledger handle.Ledger
	leave  func(*astypes.AutoScalingGroup)
	seen   map[string]string // what is left of the description of a calm group
}

func (o *overlooker) Survey(ctx context.Context, kept []string) ([]act.Surveyed, []error) {
	all, errs := o.Groups.Survey(ctx, kept)
	calm, err := o.ledger.Calm(ctx)
	if err != nil {
		return all, append(errs, err)
	}
	for i := range all {
		g := all[i].Raw
		g.Instances = slices.Clone(g.Instances)
		o.leave(&g)
		b, err := json.Marshal(g)
		if err != nil {
			return all, append(errs, err)
		}
		was := calm[all[i].Name].Print
		switch {
		case was != "" && all[i].Print == was:
			o.seen[all[i].Name] = string(b)
		case was != "" && all[i].Print != "" && o.seen[all[i].Name] == string(b):
			all[i].Print = was
		}
	}
	return all, errs
}
