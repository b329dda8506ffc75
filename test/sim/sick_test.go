package sim_test

import (
	"testing"
	"time"

	"autospotting/pkg/cloudsim"
)

// Every spot instance is found unhealthy ten minutes after it came into service: a bad image for these types, say. Each costs a healthy on-demand
// instance that was retired for it. It used to cost 480 of them in a day, with nothing said; now a few, ever more seldom, and the status says why.
func TestSpotThatFailsAfterItIsInServiceCostsFewHealthyInstances(t *testing.T) {
	t.Parallel()
	w := owned(t, nil)
	retired, sick := 0, 0
	w.cloud.OnEvent(func(e cloudsim.Event) {
		i, _ := w.cloud.Instance(e.Instance)
		switch {
		case e.Kind == cloudsim.InService && i.Spot:
			w.cloud.After(10*time.Minute, "sick", func() {
				if now, ok := w.cloud.Instance(e.Instance); ok && now.Group == group && now.State == "running" {
					sick++
					_ = w.cloud.FailHealth(e.Instance)
				}
			})
		case e.Kind == cloudsim.Terminating && !i.Spot && coordinators(e.Actor):
			retired++
		}
	})
	w.cloud.RunUntil(w.cloud.Now().Add(24 * time.Hour))
	r := w.record()
	t.Logf("%d on-demand instances were retired in 24 hours for %d replacements that failed", retired, sick)
	if retired > 14 || retired < 3 || sick < 3 {
		w.fail("%d on-demand instances were retired in a day for %d that failed; %+v", retired, sick, r.Status)
	}
	if r.Status.Code != "paused" || r.Failures < 3 || len(r.Pools) == 0 {
		w.fail("the group is %+v after %d failures, %d pools are avoided", r.Status, r.Failures, len(r.Pools))
	}
	if v := w.check.Violations(); len(v) > 0 {
		w.fail("%s", v[0])
	}
}
