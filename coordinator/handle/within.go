package handle

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// deepest bounds how far what is in something unknown is looked at.
const deepest = 12

// within tells whether something that is not known holds a notice, or a report of whatever version, and where: what is wrapped in a way
// that we do not unwrap must not pass for something of no interest.
func within(body []byte) (what, path string) {
	var v any
	_ = json.Unmarshal(body, &v) // what is no JSON holds nothing
	return holds(v, "", deepest)
}

func holds(v any, path string, deeper int) (what, where string) {
	if deeper == 0 {
		return "", ""
	}
	switch v := v.(type) {
	case map[string]any:
		if what := recognised(v); what != "" {
			return what, path
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if what, where = holds(v[k], strings.TrimPrefix(path+"."+short(k), "."), deeper-1); what != "" {
				return what, where
			}
		}
	case []any:
		for i, x := range v {
			if what, where = holds(x, fmt.Sprintf("%s[%d]", path, i), deeper-1); what != "" {
				return what, where
			}
		}
	case string:
		var inner any
		if text := strings.TrimSpace(v); strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
			if json.Unmarshal([]byte(text), &inner) == nil {
				return holds(inner, path, deeper-1)
			}
		}
	}
	return "", ""
}

// recognised tells by its fields what an object is. EventBridge's version is a text, that of a report a number.
func recognised(m map[string]any) string {
	if kind, _ := m["detail-type"].(string); awsEvents[kind] {
		return "an event " + kind
	}
	_, action := m["instance-action"]
	_, instance := m["instance-id"]
	if action && instance {
		return "the detail of an interruption"
	}
	version, ok := m["version"].(float64)
	_, kind := m["kind"]
	_, from := m["from"]
	if ok && (kind || from || len(m) == 1) {
		return fmt.Sprintf("a report of version %v", version)
	}
	return ""
}
