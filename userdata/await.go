package userdata

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"autospotting/pkg/lazyregexp"
)

// Late is why, by the note of Inject, the wait of Settings.Await does not come before all
// of the owner's scripts; empty where it does. What runs before any script part (bootcmd,
// boothooks, part handlers) is for needs.Early.
func Late(note string) (reason string) {
	if passed, is := strings.CutPrefix(note, Unchanged); is {
		return passed
	}
	_, reason, _ = strings.Cut(note, NotFirst)
	return reason
}

// ourFile is the name by which cloud-init sorts our script before the owner's.
const ourFile = "000-spotd"

var (
	detached     = lazyregexp.New(`(?i)<detach>\s*true`)
	archivedFile = lazyregexp.New(`(?m)["']?filename["']?:[ \t]*["']?([^"'\r\n,}]*)`)
	archivedType = lazyregexp.New(`(?m)["']?type["']?:[ \t]*["']?([^"'\r\n,}]*)`)
)

// ahead names what of the owner's runs before our part, or is not known to run after it.
func ahead(owner []byte) string {
	if bytes.HasPrefix(owner, gzipMagic) {
		owner = unpack(owner)
	}
	switch Detect(owner) {
	case WindowsXML:
		if detached.Match(owner) {
			return "<detach> lets the agent run its scripts side by side"
		}
		return ""
	case WindowsYAML:
		return ""
	case MIME:
		return aheadIn(parts(owner, maxNested))
	}
	return aheadIn([]namedPart{{Text: Text{Body: owner}}})
}

// namedPart is a part of a message with its file name.
type namedPart struct {
	Text
	name string
}

// parts walks a message as cloud-init does.
func parts(b []byte, depth int) (list []namedPart) {
	m := readMessage(b)
	if len(m.opened) == 0 || depth == 0 {
		p := leaf(b, m.header)
		return []namedPart{{Text{Type: p.Type, Body: decoded(b[m.header.end:], p.Encoding)}, p.Name}}
	}
	for _, text := range m.texts(b) {
		list = append(list, parts(text, depth-1)...)
	}
	return list
}

func aheadIn(list []namedPart) string {
	nodes := 0
	for i, p := range list {
		format, _ := byPrefix(p.Body)
		switch {
		case p.Type == nodeadmType || nodeConfig.Match(p.Body):
			nodes++
		case format == Include || strings.HasPrefix(p.Type, "text/x-include"):
			return "what an include fetches is not known, nor what of it runs first"
		case format == Upstart || p.Type == "text/upstart-job":
			return "an upstart job starts when its events say so"
		}
		names, kinds := []string{p.name}, []string{p.Type}
		if format == CloudConfigArchive || p.Type == "text/cloud-config-archive" {
			names, kinds = archived(archivedFile, p.Body), archived(archivedType, p.Body)
		}
		for _, kind := range kinds {
			if strings.HasPrefix(kind, "text/x-shellscript-per-") {
				return fmt.Sprintf("cloud-init runs parts of type %s before all other scripts", kind)
			}
			if strings.HasPrefix(kind, "text/x-include") {
				return "what an include fetches is not known, nor what of it runs first"
			}
		}
		for _, name := range names {
			if name = cleanName(name); name != "" && name <= ourFile && runs(format, p.Type) {
				return fmt.Sprintf("the file name %q of part %d sorts before ours, %s, and cloud-init runs scripts in the order of their names", name, i+1, ourFile)
			}
		}
	}
	if nodes > 0 && nodes == len(list) {
		return "it is EKS' nodeadm that acts on it, which does not wait for scripts"
	}
	return ""
}

func archived(what *lazyregexp.Regexp, b []byte) (list []string) {
	for _, m := range what.Get().FindAllSubmatch(b, -1) {
		list = append(list, strings.TrimSpace(string(m[1])))
	}
	return list
}

// runs says that a part is a script, or may turn out to be one.
func runs(f Format, kind string) bool {
	return slices.Contains([]Format{Shell, Jinja, CloudConfigArchive}, f) || kind == "text/x-shellscript" || kind == "text/jinja2"
}

// cleanName is the file name as cloud-init makes it safe (util.py, clean_filename).
func cleanName(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '/':
			return '_'
		case strings.ContainsRune("_-.()", r), r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			return r
		}
		return -1
	}, name))
}
