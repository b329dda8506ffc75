package needs

import (
	"encoding/base64"
	"io"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v3"

	"autospotting/pkg/lazyregexp"
)

var (
	windowsTag   = lazyregexp.New(`(?i)<(powershell|script)(?:arguments)?[^>]*>`)
	windowsClose = lazyregexp.New(`(?i)</(powershell|script)`)
)

// windows reads the scripts between the tags that the agents of Windows know.
func (r *reader) windows(text string, p place, depth int) {
	at := 0
	for at < len(text) {
		tag := windowsTag.FindStringIndex(text[at:])
		if tag == nil {
			return
		}
		from := at + tag[1]
		to := len(text)
		if end := windowsClose.FindStringIndex(text[from:]); end != nil {
			to = from + end[0]
		}
		r.code(text[from:to], p.at(1+strings.Count(text[:from], "\n")), depth+1)
		at = to + 1
	}
}

// tasks reads EC2Launch v2's YAML: whatever has a content is a script.
func (r *reader) tasks(text string, p place, depth int) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 {
		r.code(text, p, depth+1)
		return
	}
	for _, task := range items(field(doc.Content[0], "tasks")) {
		inputs := field(task, "inputs")
		for _, in := range append(items(inputs), inputs) {
			if content := field(in, "content"); content != nil {
				r.code(content.Value, p.at(textLine(content)), depth+1)
			}
		}
	}
}

var (
	section   = lazyregexp.New(`^\s*\[+([^\]]+)\]+`)
	dottedKey = lazyregexp.New(`^\s*(settings(?:\.[\w"-]+)*)\.([\w-]+)\s*=`)
	userData  = lazyregexp.New(`user-data"?\s*=\s*["']([A-Za-z0-9+/=]+)["']`)
)

// bottlerocket reads settings in TOML, and the scripts of its containers.
func (r *reader) bottlerocket(text string, p place, depth int) {
	in := ""
	for i, row := range strings.Split(r.take(text, p), "\n") {
		if m := section.FindStringSubmatch(row); m != nil {
			in = strings.TrimSpace(m[1])
			continue
		}
		if comment.MatchString(row) {
			continue
		}
		if m := userData.FindStringSubmatch(row); m != nil {
			r.encoded(m[1], p, i+1, depth)
		}
		where, line := in, row
		if m := dottedKey.FindStringSubmatch(row); m != nil && in == "" {
			where, line = m[1], m[2]+row[strings.Index(row, m[2])+len(m[2]):]
		}
		r.mark(byKind[settings], line, where, p, i+1)
	}
}

// ignition reads the JSON of Flatcar, Fedora CoreOS and OpenShift; JSON is YAML.
func (r *reader) ignition(text string, p place, depth int) {
	var doc yaml.Node
	if yaml.Unmarshal([]byte(r.take(text, p)), &doc) != nil || len(doc.Content) == 0 {
		return
	}
	for key, value := range pairs(doc.Content[0]) {
		r.butane(key.Value, value, p, depth)
	}
}

// butane reads the parts of Ignition and of its source, Butane.
func (r *reader) butane(key string, n *yaml.Node, p place, depth int) {
	switch key {
	case "storage":
		for _, f := range items(field(n, "files")) {
			r.storedFile(f, p, depth)
		}
	case "systemd":
		for _, u := range items(field(n, "units")) {
			r.unit(u, p, depth)
		}
	case "ignition":
		config := field(n, "config")
		for _, key := range []string{"merge", "append"} {
			for _, c := range items(field(config, key)) {
				r.merged(c, p)
			}
		}
		r.merged(field(config, "replace"), p)
	}
}

func (r *reader) merged(n *yaml.Node, p place) {
	if source := field(n, "source"); source != nil && source.Value != "" {
		r.mark(byKind[settings], source.Value, "ignition", p, source.Line)
		r.cannot("ignition "+source.Value, p, source.Line)
	}
}

func (r *reader) storedFile(f *yaml.Node, p place, depth int) {
	name := scalar(f, "path")
	in := p.in("file " + name)
	contents := append(items(field(f, "append")), field(f, "contents"))
	for _, c := range contents {
		if inline := field(c, "inline"); inline != nil {
			r.write(name, flow{text: inline.Value, p: in}, depth)
		}
		source := scalar(c, "source")
		switch text, ok := dataURL(source); {
		case source == "":
		case ok:
			r.write(name, flow{text: opened(text), p: in}, depth)
		default:
			r.cannot("file "+source, in, 0)
		}
	}
}

// dataURL is the content of a data: URL (RFC 2397).
func dataURL(source string) (string, bool) {
	rest, ok := strings.CutPrefix(source, "data:")
	head, body, more := strings.Cut(rest, ",")
	if !ok || !more {
		return "", false
	}
	text, err := url.PathUnescape(body)
	if err != nil {
		return "", false
	}
	if strings.HasSuffix(head, ";base64") {
		b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
		return string(b), err == nil
	}
	return text, true
}
