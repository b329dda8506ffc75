package needs

import (
	"iter"

	"go.yaml.in/yaml/v3"
)

// resolved is what an alias stands for; aliases of aliases are followed a few times.
func resolved(n *yaml.Node) *yaml.Node {
	for range maxDepth {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// pairs yields the keys and values of a mapping; nothing of what is none.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(*yaml.Node, *yaml.Node) bool) {
		n = resolved(n)
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], resolved(n.Content[i+1])) {
				return
			}
		}
	}
}

// items are the elements of a list; none of what is no list.
func items(n *yaml.Node) (list []*yaml.Node) {
	n = resolved(n)
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	for _, item := range n.Content {
		if item = resolved(item); item != nil {
			list = append(list, item)
		}
	}
	return list
}

func field(n *yaml.Node, key string) *yaml.Node {
	for k, v := range pairs(n) {
		if k.Value == key {
			return v
		}
	}
	return nil
}

// scalar is a field's text, or nothing.
func scalar(n *yaml.Node, key string) string {
	v := field(n, key)
	if v == nil {
		return ""
	}
	if plain, ok := unbase64(v.Value); ok && v.Tag == "!!binary" {
		return plain
	}
	return v.Value
}
