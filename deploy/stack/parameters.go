package stack

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Parameters lists the names of a template's parameters, sorted.
func Parameters(name string) ([]string, error) {
	text, err := Template(name)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Parameters map[string]yaml.Node `yaml:"Parameters"`
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return slices.Sorted(maps.Keys(doc.Parameters)), nil
}

// deficitPeriods are those that the template allows, in seconds.
var deficitPeriods = []int{300, 600, 900, 1800, 3600, 7200}

var everySo = regexp.MustCompile(`^rate\((\d+) (minute|hour)s?\)$`)

// DeficitPeriod is the parameter of that name that goes with a rate of ticks: the shortest period that holds a tick. It is false for
// cron expressions, of which that is not known here, and for rates that are slower than any period.
func DeficitPeriod(rate string) (string, bool) {
	found := everySo.FindStringSubmatch(rate)
	if found == nil {
		return "", false
	}
	n, err := strconv.Atoi(found[1])
	if err != nil || n == 0 {
		return "", false
	}
	seconds := n * map[string]int{"minute": 60, "hour": 3600}[found[2]]
	at, _ := slices.BinarySearch(deficitPeriods, seconds)
	if at == len(deficitPeriods) {
		return "", false
	}
	return strconv.Itoa(deficitPeriods[at]), true
}
