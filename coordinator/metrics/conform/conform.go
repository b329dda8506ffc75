// Package conform holds a line against the specification of CloudWatch's embedded metric format, as tests need it. It knows
// nothing of how the line was made. The rules, and the JSON schema that they are taken from, are those of the CloudWatch user guide,
// "Specification: Embedded metric format"; where editions differ (9 or 30 keys of a dimension set) the narrower is asked for.
package conform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// longest is the most bytes that a log event may have, in the narrower edition.
const longest = 256 << 10

// units are those of MetricDatum.
var units = strings.Fields(`Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits
	Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second Kilobits/Second
	Megabits/Second Gigabits/Second Terabits/Second Count/Second None`)

// Check tells what is wrong with a line: it must be one JSON object, with nothing before or behind it but the end of the line.
func Check(line []byte) error {
	if n := bytes.Count(line, []byte("\n")); n != 1 || line[len(line)-1] != '\n' {
		return fmt.Errorf("%d ends of line: want one, at the end", n)
	}
	if len(line) > longest {
		return fmt.Errorf("%d bytes: a log event has %d at the most", len(line), longest)
	}
	var root map[string]any
	if err := json.Unmarshal(line, &root); err != nil {
		return fmt.Errorf("no JSON object: %w", err)
	}
	aws, ok := root["_aws"].(map[string]any)
	if !ok {
		return errors.New("_aws: want an object")
	}
	// After Jan 1, 1970, in milliseconds: one in seconds would lie in January 1970.
	if ts, ok := aws["Timestamp"].(float64); !ok || ts != float64(int64(ts)) || ts < 1e11 {
		return fmt.Errorf("_aws.Timestamp %v: want a whole number of milliseconds", aws["Timestamp"])
	}
	directives, ok := aws["CloudWatchMetrics"].([]any)
	if !ok {
		return errors.New("_aws.CloudWatchMetrics: want an array")
	}
	if extra := unknown(aws, "Timestamp", "CloudWatchMetrics"); extra != "" {
		return fmt.Errorf("_aws.%s: no such member", extra)
	}
	for i, d := range directives {
		if err := directive(root, d); err != nil {
			return fmt.Errorf("_aws.CloudWatchMetrics[%d].%w", i, err)
		}
	}
	return nil
}

func directive(root map[string]any, raw any) error {
	d, _ := raw.(map[string]any)
	if extra := unknown(d, "Namespace", "Dimensions", "Metrics"); extra != "" {
		return fmt.Errorf("%s: no such member", extra)
	}
	if !name(d["Namespace"]) {
		return fmt.Errorf("Namespace %v: want a string of 1 to 255", d["Namespace"])
	}
	sets, ok := d["Dimensions"].([]any)
	if !ok || len(sets) == 0 {
		return errors.New("Dimensions: want an array of one set or more")
	}
	for i, s := range sets {
		if err := dimensions(root, s); err != nil {
			return fmt.Errorf("Dimensions[%d]: %w", i, err)
		}
	}
	list, ok := d["Metrics"].([]any)
	if !ok || len(list) > 100 {
		return fmt.Errorf("Metrics: want an array of at most 100, not of %d", len(list))
	}
	for i, m := range list {
		if err := metric(root, m); err != nil {
			return fmt.Errorf("Metrics[%d]: %w", i, err)
		}
	}
	return nil
}

func dimensions(root map[string]any, raw any) error {
	keys, ok := raw.([]any)
	if !ok || len(keys) > 9 {
		return fmt.Errorf("want an array of at most 9 keys, not %v", raw)
	}
	for _, k := range keys {
		if !name(k) {
			return fmt.Errorf("key %v: want a string of 1 to 255", k)
		}
		v, ok := root[k.(string)].(string)
		printable := !strings.ContainsFunc(v, func(c rune) bool { return c < ' ' || c > '~' })
		if !ok || v == "" || len(v) > 1024 || !printable { // Dimension of the CloudWatch API
			return fmt.Errorf("member %v is %q: want 1 to 1024 printable ASCII characters", k, root[k.(string)])
		}
	}
	return nil
}

func metric(root map[string]any, raw any) error {
	m, _ := raw.(map[string]any)
	if extra := unknown(m, "Name", "Unit", "StorageResolution"); extra != "" {
		return fmt.Errorf("%s: no such member", extra)
	}
	if !name(m["Name"]) {
		return fmt.Errorf("Name %v: want a string of 1 to 255", m["Name"])
	}
	if unit, given := m["Unit"]; given && !slices.Contains(units, fmt.Sprint(unit)) {
		return fmt.Errorf("Unit %v: CloudWatch has no such unit", unit)
	}
	if _, ok := root[m["Name"].(string)].(float64); !ok { // arrays are allowed too, and not used here
		return fmt.Errorf("member %v is %v: want a number", m["Name"], root[m["Name"].(string)])
	}
	return nil
}

func name(v any) bool {
	s, ok := v.(string)
	return ok && len(s) >= 1 && len(s) <= 255
}

// unknown names a member that the specification does not: "objects defined by this specification must not contain any
// additional members". Names are case-sensitive.
func unknown(object map[string]any, known ...string) string {
	for k := range object {
		if !slices.Contains(known, k) {
			return k
		}
	}
	return ""
}
