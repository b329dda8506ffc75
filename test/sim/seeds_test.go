package sim_test

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"autospotting/test/sim/storm"
)

// failed are the seeds that once found a fault, by scenario, kept for ever. Those of the storm are from before its deeds were drawn
// ahead: they stand for fixed weather now.
var failed = map[string][]int64{
	"storm":           {21, 25, 60, 102, 104, 145, 938847908151, 7, 10, 14, 548861614006, 548861614034, 7008, 9103, 12019, 12058, 7729060008},
	"one-api-down":    {130300033},
	"machinery":       {30030010, 970000, 5, 15, 5058, 5091, 31028, 31030, 31057, 40020, 40036, 7, 116, 112000042},
	"squall":          {200385, 200517, 300743, 300961, 310001, 320224, 330223, 330496, 341703, 341721, 700075, 700190, 800432, 802275, 806926, 807930, 808129, 960993, 1003659, 1004234, 1103661, 1104670, 1209685, 7000482, 9007919, 5100386, 1795767881751, 1795767884926, 6720103, 9100224, 20004026, 98001111, 110001052, 220000150},
	"famine":          {2},
	"attach-modes":    {650000185, 700001979},
	"ecs-unreadable":  {660000032, 660000058, 211000014, 211000098},
	"boot-as-member":  {3018, 3030, 3127, 3129, 3153, 3461, 3567},
	"waiting-hooks":   {230000110, 230000215},
	"old-reads":       {2, 137, 138, 215, 254, 259, 50007, 50039, 9300354, 41100067},
	"others":          {14},
	"several-groups":  {5, 31014, 6620042},
	"alone":           {6740020, 6840006, 30110043, 329011060003},
	"standby":         {20900052, 20900067, 20900099, 20900177},
	"no-on-demand":    {21000103, 21000199},
	"resizes":         {920030, 920097, 930028, 9100160, 9100305, 41200087},
	"scheduled-sizes": {40500118, 115000000},
	"ecs":             {213000069},
	"commands":        {5, 10, 18, 58, 198, 204, 234, 5156},
	"beanstalk":       {8, 55, 7700095},
}

// fresh is what the numbers of fresh seeds are shares of, SIM_SEEDS if set.
func fresh(t *testing.T) int {
	n := 24
	if v, err := strconv.Atoi(os.Getenv("SIM_SEEDS")); err == nil {
		n = v
	}
	return n
}

// TestEveryStormEndsWell plays every scenario: the seeds that once failed, some fixed ones, and fresh ones. When the storm is over,
// every group must become what its owner wants, with nothing of ours left open. The promises are checked after every event.
func TestEveryStormEndsWell(t *testing.T) {
	t.Parallel()
	base, share := time.Now().UnixNano()%1e9*1000, map[string]float64{storm.Standard: 0.5, "storm": 0.5, "several-groups": 0.125, "crowd": 0.1, "demo": 0.125, "drought": 0.05}
	for _, sc := range storm.Scenarios {
		n := max(1, int(float64(fresh(t))*cmp.Or(share[sc.Name], 0.25)))
		list := append([]int64{}, failed[sc.Name]...)
		for i := range int64(n) {
			list = append(list, base+i)
			if i < 4 && sc.Name == "storm" {
				list = append(list, 1000+i)
			}
		}
		t.Logf("scenario %s: fresh seeds %d to %d; make sim SCENARIO=%s SEED=N plays one again", sc.Name, base, base+int64(n)-1, sc.Name)
		for _, seed := range list {
			t.Run(fmt.Sprintf("%s seed %d", sc.Name, seed), func(t *testing.T) {
				t.Parallel()
				r, err := storm.Play(sc.Script(seed), nil)
				if err != nil {
					t.Fatal(err)
				}
				if r.Failed() {
					t.Fatalf("%s\n%s%s", r.Violations[0], r.Script, strings.Join(r.Story, "\n"))
				}
			})
		}
	}
}

func TestASeedDecidesEverything(t *testing.T) {
	t.Parallel()
	sc, err := storm.Find("several-groups")
	if err != nil {
		t.Fatal(err)
	}
	var stories []string
	for range 2 {
		w, err := storm.New(sc.Script(3), nil)
		if err != nil {
			t.Fatal(err)
		}
		w.Run(40 * time.Minute)
		stories = append(stories, strings.Join(w.Story(1<<20), "\n"))
		w.Cloud.Close()
	}
	if stories[0] != stories[1] || len(stories[0]) < 1000 {
		t.Errorf("two runs of one seed differ, or nothing happened (%d and %d characters)", len(stories[0]), len(stories[1]))
	}
}

// TestTheCheckerCatchesMistakes plays some of the deliberate mistakes; make mutants plays all.
func TestTheCheckerCatchesMistakes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"retire-unchecked", "retire-before-attach", "raise-max-and-forget", "attach-without-a-debt", "forget-to-look-again",
		"ignore-notices", "grace-from-daemon-start", "keep-the-shield", "ignore-protection", "deploy-unheeded", "sweep-by-tag-alone", "ask-no-template", "end-members-through-ec2", "hammer"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := storm.FindMutant(name)
			if err != nil {
				t.Fatal(err)
			}
			by, after, err := storm.Catch(m, 1, 20)
			if err != nil || by == "" {
				t.Fatalf("survived 20 seeds of %s: %v", m.Scenario, err)
			}
			t.Logf("caught by %s after %d seeds", by, after)
		})
	}
}

func TestAFailingScriptIsMadeShorter(t *testing.T) {
	t.Parallel()
	m, err := storm.FindMutant("no-conditional-write")
	if err != nil {
		t.Fatal(err)
	}
	sc, err := storm.Find(m.Scenario)
	if err != nil {
		t.Fatal(err)
	}
	for seed := int64(1); seed < 40; seed++ {
		r, err := storm.Play(sc.Script(seed), m)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Failed() {
			continue
		}
		short := storm.Shrink(r, m, 25)
		if short.By() != r.By() || len(short.Script.Deeds) >= len(r.Script.Deeds)/2 {
			t.Errorf("%d deeds became %d, %s became %s", len(r.Script.Deeds), len(short.Script.Deeds), r.By(), short.By())
		}
		return
	}
	t.Error("nothing failed")
}
