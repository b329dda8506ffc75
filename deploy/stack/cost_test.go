package stack

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Listed prices of us-east-1 in USD, November 2026, beyond the free tiers (docs/cost.md names them all).
const (
	million = 1e6
	month   = 730.0 // hours

	lambdaGBSecond, lambdaRequest = 0.0000133334, 0.20 / million // arm64
	sqsStandard, sqsFIFO          = 0.40 / million, 0.50 / million
	snsPublish                    = 0.50 / million // deliveries to SQS are free
	schedulerCall                 = 1.00 / million
	tableWrite, tableRead         = 0.625 / million, 0.125 / million // a consistent read of up to 4 kB
	logGB                         = 0.50
	metric, alarm                 = 0.30, 0.10 // a month
)

// What is assumed; nothing of it was measured on AWS.
const (
	memoryGB             = 0.5 // the function's
	secondsPerReconcile  = 0.5
	secondsPerRoute      = 0.1
	writesPerReconcile   = 0.2 // most find nothing to do
	logBytesPerRun       = 2500
	eventsPerInstance    = 8 // four state changes, two of the group, two reports of spotd
	launchesPerInstance  = 2 // a month
	pollers, pollSeconds = 5, 20.0
	ticksAnHour          = 12
	secondsPerTick       = 2.0
	lookedAt             = 0.05 // of the groups, at a tick: the others are as they were when nothing was left to do
	customMetrics        = 11
)

type cost struct{ fixed, polling, ticks, events float64 }

func (c cost) sum() float64 { return c.fixed + c.polling + c.ticks + c.events }

// monthly computes a month of so many groups with so many instances.
func monthly(t testing.TB, groups, instances float64) cost {
	run := func(seconds float64) float64 {
		return seconds*memoryGB*lambdaGBSecond + lambdaRequest + logBytesPerRun/1e9*logGB
	}
	// Each message is sent, received and deleted.
	reconcile := run(secondsPerReconcile) + 3*sqsFIFO + tableRead + writesPerReconcile*tableWrite
	heard := snsPublish + 3*sqsStandard + run(secondsPerRoute) + reconcile
	polls := month * 3600 / pollSeconds * pollers
	ticks := month * ticksAnHour
	alarms := 0
	for _, id := range read(t, Autospotting).of("AWS::CloudWatch::Alarm") {
		if read(t, Autospotting).resources[id].Condition == "" { // that of the updater is an option
			alarms++
		}
	}
	return cost{
		fixed:   customMetrics*metric + float64(alarms)*alarm,
		polling: polls * (sqsStandard + sqsFIFO),
		ticks:   ticks * (schedulerCall + snsPublish + 3*sqsStandard + run(secondsPerTick) + groups*(tableRead+lookedAt*(3*sqsStandard+run(secondsPerRoute)+reconcile))),
		events:  instances * launchesPerInstance * eventsPerInstance * heard,
	}
}

func TestTheCostsInTheDocumentAreComputed(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../docs/cost.md", "<!-- table -->\n", "<!-- /table -->"
	table := "| groups | instances | metrics and alarms | polling | ticks | events | USD a month |\n|---|---|---|---|---|---|---|\n"
	for _, of := range [][2]float64{{5, 25}, {50, 500}, {500, 5000}} {
		c := monthly(t, of[0], of[1])
		table += fmt.Sprintf("| %.0f | %.0f | %.2f | %.2f | %.2f | %.2f | **%.2f** |\n", of[0], of[1], c.fixed, c.polling, c.ticks, c.events, c.sum())
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), begin)
	got, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s lacks the marks of the table", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(head+begin+table+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != table {
		t.Errorf("%s differs from what is computed (go test ./deploy/stack -update rewrites it):\n%s", file, table)
	}
}
