package offline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"autospotting/coordinator/lab/dataset"
)

// asJSON is the remedy of what is neither JSON nor YAML.
const asJSON = "give the output with --output json"

// documents reads the JSON documents of a text, one after the other, each on one line or on many, or the YAML documents as JSON.
func documents(body []byte) ([]json.RawMessage, error) {
	trimmed := bytes.TrimSpace(body)
	switch {
	case len(trimmed) == 0:
		return nil, &dataset.Error{Reason: "it is empty", Remedy: asJSON}
	case trimmed[0] != '{' && trimmed[0] != '[':
		return fromYAML(body)
	}
	var out []json.RawMessage
	for dec := json.NewDecoder(bytes.NewReader(body)); ; {
		start := dec.InputOffset()
		var one json.RawMessage
		err := dec.Decode(&one)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, misread(body, start, one, err)
		}
		out = append(out, one)
	}
}

// misread says at which line a text stops being JSON.
func misread(body []byte, start int64, one json.RawMessage, err error) error {
	rest := body[start:]
	if again := json.Unmarshal(rest, &one); again != nil { // which says where, counted from the document's start
		err = again
	}
	offset := start
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset += syntax.Offset
	}
	return &dataset.Error{Line: lineAt(body, offset), Reason: err.Error(), Remedy: asJSON}
}

func lineAt(body []byte, offset int64) int {
	return 1 + bytes.Count(body[:min(int(offset), len(body))], []byte("\n"))
}

func fromYAML(body []byte) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for dec := yaml.NewDecoder(bytes.NewReader(body)); ; {
		var n yaml.Node
		err := dec.Decode(&n)
		if err == io.EOF && len(out) > 0 {
			return out, nil
		}
		if err != nil || len(n.Content) != 1 || n.Content[0].Kind == yaml.ScalarNode && n.Content[0].Tag != "!!null" {
			return nil, &dataset.Error{Line: 1, Reason: "it is neither JSON nor YAML, and begins with " + beginning(body), Remedy: asJSON + ", not text or table"}
		}
		value, err := plain(n.Content[0])
		if err != nil {
			return nil, &dataset.Error{Line: n.Content[0].Line, Reason: err.Error(), Remedy: asJSON}
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, &dataset.Error{Reason: err.Error(), Remedy: asJSON}
		}
		out = append(out, raw)
	}
}

// beginning quotes the first words of a text.
func beginning(body []byte) string {
	first, _, _ := bytes.Cut(bytes.TrimSpace(body), []byte("\n"))
	const most = 40
	if r := []rune(strings.ToValidUTF8(string(first), "?")); len(r) > most {
		return fmt.Sprintf("%q…", string(r[:most]))
	} else {
		return fmt.Sprintf("%q", string(r))
	}
}

// plain is a YAML value as JSON has it. Times stay texts. The AWS CLI prints no aliases, which could make a small file a large one.
func plain(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		out := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := plain(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			out[n.Content[i].Value] = v
		}
		return out, nil
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := plain(c)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case yaml.ScalarNode:
		return scalar(n), nil
	}
	return nil, errors.New("it has a YAML alias, which the AWS CLI does not print")
}

func scalar(n *yaml.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int", "!!float":
		if number := json.Number(n.Value); json.Valid([]byte(number)) {
			return number
		}
	}
	return n.Value
}
