// Package metrics counts what the reconciles of groups come to and writes it for CloudWatch, one line of the embedded
// metric format for each. It calls nobody: every figure is one that a run had in its hands anyhow.
package metrics

// Namespace is the CloudWatch namespace of every metric.
const Namespace = "AutoSpotting"

// GroupKey is the member of every line that names the Auto Scaling group, and the one dimension there may be.
const GroupKey = "Group"

// The units that are used, as CloudWatch spells them. None is what stands for US dollars.
const (
	Count   = "Count"
	Seconds = "Seconds"
	None    = "None"
)

// The statistics that make sense of a metric.
const (
	Sum     = "Sum"
	Maximum = "Maximum"
	Average = "Average"
)

// Metric is one metric: its name and unit are a contract with the template's alarms and dashboard.
type Metric struct {
	Name      string
	Unit      string
	Statistic string // by which it is read; others mislead
	// read gives the figure of a run, and false where it is not known.
	read func(*Run) (float64, bool)
}

// All lists every metric, in the order of a line.
func All() []Metric {
	return []Metric{
		{"SwapsStarted", Count, Sum, counted(func(r *Run) int { return r.swapsStarted })},
		{"SwapsFinished", Count, Sum, counted(func(r *Run) int { return r.swapsFinished })},
		{"NoticesHeard", Count, Sum, counted(func(r *Run) int { return r.notices })},
		{"ReplacementsRequested", Count, Sum, counted(func(r *Run) int { return r.replacements })},
		{"Failures", Count, Sum, counted(func(r *Run) int { return r.failures })},
		{"OrphansTerminated", Count, Sum, counted(func(r *Run) int { return len(r.orphans) })},
		{"OpenDebts", Count, Maximum, (*Run).openDebts},
		{"OldestDebtAge", Seconds, Maximum, (*Run).oldestDebt},
		{"OldestLeaseAge", Seconds, Maximum, (*Run).oldestLease},
		{"CapacityDeficit", Count, Maximum, (*Run).deficit},
		{"SavingsPerHour", None, Average, (*Run).savings},
	}
}

func counted(n func(*Run) int) func(*Run) (float64, bool) {
	return func(r *Run) (float64, bool) { return float64(n(r)), true }
}
