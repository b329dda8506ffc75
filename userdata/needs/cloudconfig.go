package needs

import (
	"fmt"
	"strings"

	"autospotting/pkg/lazyregexp"
	"autospotting/userdata"

	"go.yaml.in/yaml/v3"
)

// cloudConfig reads cloud-config, its archive and its patch; where the YAML is broken, cloud-init would not read it, and its lines are read.
func (r *reader) cloudConfig(text string, format userdata.Format, p place, depth int) {
	text = r.take(text, p)
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 {
		for i, row := range strings.Split(text, "\n") {
			r.script(strings.TrimLeft(row, " \t-"), p.at(i+1), depth+1)
		}
		r.settings(text, "cloud-config", p, depth+1)
		return
	}
	root := doc.Content[0]
	switch {
	case format == userdata.CloudConfigArchive:
		r.archive(root, p, depth)
	case format == userdata.CloudConfigJSONP && root.Kind == yaml.SequenceNode:
		for _, patch := range root.Content {
			r.patch(patch, p, depth)
		}
	default:
		r.config(root, p, depth)
	}
}

// config reads the keys that run or write something.
func (r *reader) config(root *yaml.Node, p place, depth int) {
	for key, n := range pairs(root) {
		r.mark(byKind[settings], key.Value+":", "cloud-config", p, key.Line)
		if configures[key.Value] {
			r.cannot("what "+key.Value+" does", p, key.Line)
		}
		r.key(key.Value, n, p, depth)
	}
}

func (r *reader) key(key string, n *yaml.Node, p place, depth int) {
	switch key {
	case "write_files", "files":
		for _, f := range items(n) {
			r.writeFile(f, p, depth)
		}
	case "bootcmd":
		defer r.before()()
		r.commands(n, p, depth)
	case "runcmd", "commands":
		r.commands(n, p, depth)
	case "packages":
		for _, item := range items(n) {
			if len(item.Content) > 0 {
				item = item.Content[0]
			}
			r.mark(byName["installed"], "installed "+item.Value+" ", "", p, item.Line)
		}
	case "snap", "swap", "cloud_init":
		r.config(n, p, depth)
	case "coreos":
		r.coreos(n, p, depth)
	case "storage", "systemd", "ignition":
		r.butane(key, n, p, depth)
	}
}

// coreos reads the units of CoreOS's own cloud-init, and its etcd.
func (r *reader) coreos(n *yaml.Node, p place, depth int) {
	for key, value := range pairs(n) {
		switch key.Value {
		case "units":
			for _, u := range items(value) {
				r.unit(u, p, depth)
			}
		case "etcd", "etcd2":
			for name, set := range pairs(value) {
				r.mark(byKind[settings], name.Value+": "+set.Value, "etcd", p, name.Line)
			}
		}
	}
}

// unit reads a systemd unit of a list, as CoreOS, Butane and Ignition have them.
func (r *reader) unit(u *yaml.Node, p place, depth int) {
	name := field(u, "name")
	if name == nil {
		return
	}
	if c := field(u, "command"); c != nil && c.Value == "start" || truth(field(u, "enable")) || truth(field(u, "enabled")) {
		r.mark(byName["started"], "started "+strings.TrimSuffix(name.Value, ".service"), "", p, name.Line)
	}
	in := p.in("unit " + name.Value)
	for _, key := range []string{"content", "contents"} {
		if text := field(u, key); text != nil {
			r.settings(r.take(text.Value, in), name.Value, in, depth+1)
		}
	}
	for _, key := range []string{"drop-ins", "dropins"} {
		for _, d := range items(field(u, key)) {
			r.unitDropIn(d, name.Value, in, depth)
		}
	}
}

func (r *reader) unitDropIn(d *yaml.Node, name string, p place, depth int) {
	for _, key := range []string{"content", "contents"} {
		if text := field(d, key); text != nil {
			r.settings(r.take(text.Value, p), name, p, depth+1)
		}
	}
}

func truth(n *yaml.Node) bool { return n != nil && n.Value == "true" }

// writeFile reads a row of write_files.
func (r *reader) writeFile(f *yaml.Node, p place, depth int) {
	name, content, encoding := scalar(f, "path"), scalar(f, "content"), strings.ToLower(scalar(f, "encoding"))
	in := p.in("write_files " + name)
	if uri := field(field(f, "source"), "uri"); uri != nil {
		r.cannot("file "+uri.Value, p, uri.Line)
	}
	if strings.Contains(encoding, "b64") || strings.Contains(encoding, "base64") {
		plain, ok := unbase64(content)
		if !ok && content != "" {
			r.cannot("content that is no base64", in, 0)
		}
		content = plain
	}
	if content != "" {
		r.write(name, flow{text: opened(content), p: in}, depth)
	}
}

// commands reads runcmd and bootcmd: strings are scripts, lists are words.
func (r *reader) commands(n *yaml.Node, p place, depth int) {
	if n != nil && n.Kind == yaml.ScalarNode {
		r.script(n.Value, p.at(textLine(n)), depth+1)
	}
	list, strict := items(n), false
	for k, item := range list {
		judged := len(r.hooks)
		if item.Kind == yaml.ScalarNode {
			strict = strict || setsE.MatchString(item.Value)
			r.script(item.Value, p.at(textLine(item)), depth+1)
		} else {
			r.command(item, p, depth)
		}
		if k+1 < len(list) {
			r.amid(r.hooks[judged:], strict, depth+1)
		}
	}
}

func (r *reader) command(item *yaml.Node, p place, depth int) {
	var w []string
	for _, word := range items(item) {
		w = append(w, word.Value)
	}
	if len(w) == 0 {
		return
	}
	called, judged := r.called, len(r.hooks)
	if r.call(w, flow{}, p.at(item.Line), depth+1); r.called > called+len(r.hooks)-judged {
		r.hooks = append(r.hooks, hookCall{status, r.hookAt, depth + 1})
	}
}

var setsE = lazyregexp.New(`(?m)^\s*set\s+-\w*e|^\s*set\s+-o\s+errexit`)

// amid corrects what was found of an item that others follow: cloud-init makes one script of all (cloud-init, "Runcmd").
func (r *reader) amid(calls []hookCall, strict bool, depth int) {
	for n := range calls {
		switch c := &calls[n]; {
		case c.depth != depth:
		case c.ending == status && !strict:
			c.ending = goesOn
		case c.ending != goesOn:
			c.ending = stopped
		}
	}
}

// textLine is the line on which a scalar's text begins.
func textLine(n *yaml.Node) int {
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return n.Line + 1
	}
	return n.Line
}

// archive reads #cloud-config-archive: a list of texts, with or without a type.
func (r *reader) archive(root *yaml.Node, p place, depth int) {
	for i, item := range items(root) {
		in := p.in(fmt.Sprintf("item %d", i+1))
		if item.Kind == yaml.ScalarNode {
			r.open([]byte(item.Value), "", in, depth+1)
			continue
		}
		r.open([]byte(scalar(item, "content")), scalar(item, "type"), in, depth+1)
	}
}

// patch reads an operation of #cloud-config-jsonp.
func (r *reader) patch(op *yaml.Node, p place, depth int) {
	for _, step := range strings.Split(scalar(op, "path"), "/") {
		value := field(op, "value")
		if step == "" || value == nil {
			continue
		}
		if value.Kind != yaml.SequenceNode {
			value = &yaml.Node{Kind: yaml.SequenceNode, Line: value.Line, Content: []*yaml.Node{value}}
		}
		r.key(step, value, p, depth)
	}
}
