package settings

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Prefix stands before a setting's name in a tag; Slash is the other spelling, for who may not use colons.
const (
	Prefix = "autospotting:"
	Slash  = "autospotting/"
)

// StatusTag is the tag that the coordinator writes to a group: what it does there, or why it does nothing.
const StatusTag = Prefix + "status"

// FromTags lays a group's tags over the installation's defaults. What the predecessor's tags say is taken where it means the
// same, and only where none of ours says it. The error names the first tag that cannot be read and what to write; the others hold all the same, and a
// floor that cannot be read is the whole group: what is under way goes on by them.
func FromTags(defaults Settings, tags map[string]string) (Settings, error) {
	s := defaults
	var first error
	for _, t := range table {
		if err := t.fromTags(&s, tags); err != nil {
			first = cmp.Or(first, err)
			if t.Name == keepOnDemand {
				s.KeepOnDemand = Amount{Fraction: 1}
			}
		}
	}
	return s, cmp.Or(first, unknown(tags))
}

func (t Setting) fromTags(s *Settings, tags map[string]string) error {
	key, value, found, err := t.lookup(tags)
	if err != nil || !found {
		return err
	}
	if strings.HasSuffix(key, "_percentage") && !strings.HasSuffix(value, "%") {
		value += "%"
	}
	changed := *s // what cannot be read changes nothing
	if err := t.set(&changed, strings.TrimSpace(value)); err != nil {
		return fmt.Errorf("tag %s: %w", key, err)
	}
	*s = changed
	return nil
}

// lookup finds the tag that speaks of the setting.
func (t Setting) lookup(tags map[string]string) (key, value string, found bool, err error) {
	colon, hasColon := tags[Prefix+t.Name]
	slash, hasSlash := tags[Slash+t.Name]
	switch {
	case hasColon && hasSlash && colon != slash:
		return "", "", false, fmt.Errorf("tags %s and %s say different things (%q, %q): remove one", Prefix+t.Name, Slash+t.Name, colon, slash)
	case hasColon:
		return Prefix + t.Name, colon, true, nil
	case hasSlash:
		return Slash + t.Name, slash, true, nil
	}
	for _, old := range t.Predecessor {
		if v, ok := tags[old]; ok {
			return old, v, true, nil
		}
	}
	return "", "", false, nil
}

// unknown finds a tag with our prefix that is no setting: a floor that is misspelt must not be a floor that is ignored.
func unknown(tags map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		name, ours := strings.CutPrefix(key, Prefix)
		if !ours {
			if name, ours = strings.CutPrefix(key, Slash); !ours {
				continue
			}
		}
		if name == "status" || slices.ContainsFunc(table, func(t Setting) bool { return t.Name == name }) {
			continue
		}
		return fmt.Errorf("tag %s is no setting: write one of %s", key, names())
	}
	return nil
}

func names() string {
	var out []string
	for _, t := range table {
		out = append(out, t.Name)
	}
	return strings.Join(out, ", ")
}

// Scope says which groups are served.
type Scope struct {
	Key, Value string
	// OptOut serves every group but those with the tag.
	OptOut bool
}

// Enabled tells whether a group with these tags is served.
func (c Scope) Enabled(tags map[string]string) bool {
	v, ok := tags[c.Key]
	return (ok && v == c.Value) != c.OptOut
}

// NearMiss says how the tag is written where it is nearly what opts in: in other letters, or with spaces around it. Empty where it is the one, or
// something else.
func (c Scope) NearMiss(tags map[string]string) string {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value := tags[key]
		if key == c.Key && value == c.Value || !strings.EqualFold(strings.TrimSpace(key), c.Key) || !strings.EqualFold(strings.TrimSpace(value), c.Value) {
			continue
		}
		if tags[c.Key] != c.Value {
			return fmt.Sprintf("the tag says %s=%s: write %s=%s", key, value, c.Key, c.Value)
		}
	}
	return ""
}

// String is the scope in words.
func (c Scope) String() string {
	if c.OptOut {
		return "without the tag " + c.Key + "=" + c.Value
	}
	return "with the tag " + c.Key + "=" + c.Value
}
