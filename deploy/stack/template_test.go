package stack

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// template is a template as CloudFormation reads it, its short functions (!Ref) written out (Ref, Fn::GetAtt).
type template struct {
	name       string
	parameters map[string]map[string]any
	conditions map[string]any
	resources  map[string]resource
	outputs    map[string]map[string]any
	rules      map[string]map[string]any
	text       string
}

type resource struct {
	Type, DeletionPolicy, UpdateReplacePolicy, Condition string
	Properties                                           map[string]any
}

func read(t testing.TB, name string) template {
	t.Helper()
	b, err := Template(name)
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(b, &root); err != nil {
		t.Fatal(err)
	}
	all, err := plain(root.Content[0])
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	sections := all.(map[string]any)
	out := template{name: name, text: string(b), parameters: sub[map[string]any](sections["Parameters"]), outputs: sub[map[string]any](sections["Outputs"]), rules: sub[map[string]any](sections["Rules"]), resources: map[string]resource{}}
	out.conditions, _ = sections["Conditions"].(map[string]any)
	for id, r := range sub[map[string]any](sections["Resources"]) {
		s := func(key string) string { v, _ := r[key].(string); return v }
		p, _ := r["Properties"].(map[string]any)
		out.resources[id] = resource{s("Type"), s("DeletionPolicy"), s("UpdateReplacePolicy"), s("Condition"), p}
	}
	return out
}

func sub[V any](section any) map[string]V {
	out := map[string]V{}
	m, _ := section.(map[string]any)
	for k, v := range m {
		out[k] = v.(V)
	}
	return out
}

// plain turns a node into maps, lists and scalars.
func plain(n *yaml.Node) (any, error) {
	v, err := untagged(n)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return v, err
	}
	switch name := n.Tag[1:]; name {
	case "Ref", "Condition":
		return map[string]any{name: v}, nil
	case "GetAtt":
		id, attribute, _ := strings.Cut(v.(string), ".")
		return map[string]any{"Fn::GetAtt": []any{id, attribute}}, nil
	default:
		return map[string]any{"Fn::" + name: v}, nil
	}
}

func untagged(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			v, err := plain(c)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := m[key]; twice {
				return nil, fmt.Errorf("line %d: %s is there twice", n.Content[i].Line, key)
			}
			v, err := plain(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			m[key] = v
		}
		return m, nil
	case yaml.ScalarNode:
		if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
			return n.Value, nil
		}
		var v any
		err := n.Decode(&v)
		return v, err
	}
	return nil, fmt.Errorf("line %d: neither map, list nor scalar", n.Line)
}

// of gives the ids of the resources of a type, in order; an empty type is all.
func (t template) of(kind string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		if kind == "" || t.resources[id].Type == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

// at follows a path of keys and indexes.
func at(v any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

// list makes one of a single value, as IAM does.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func words(v any) []string {
	var out []string
	for _, one := range list(v) {
		out = append(out, fmt.Sprint(one))
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(a, b) })
	return out
}
