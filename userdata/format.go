package userdata

import (
	"bytes"
	"encoding/json"

	"autospotting/pkg/lazyregexp"
)

// Format is a kind of user data, by who would read it on the instance.
type Format string

// The formats that are recognised. Those of cloud-init are told apart as its
// handlers do: by the first characters after white space, whatever the case.
const (
	Empty              Format = "empty" // nothing, or white space only
	Shell              Format = "shell script"
	CloudConfig        Format = "cloud-config"
	CloudConfigArchive Format = "cloud-config archive"
	CloudConfigJSONP   Format = "cloud-config JSON patch"
	Jinja              Format = "cloud-init Jinja template"
	Boothook           Format = "cloud-boothook"
	Include            Format = "cloud-init include"
	PartHandler        Format = "cloud-init part handler"
	Upstart            Format = "upstart job"
	MIME               Format = "MIME message"
	Headless           Format = "multipart without MIME-Version"
	Gzip               Format = "gzip"
	WindowsXML         Format = "Windows XML tags"
	WindowsYAML        Format = "EC2Launch v2 YAML"
	Bottlerocket       Format = "Bottlerocket TOML"
	Ignition           Format = "Ignition"
	Butane             Format = "Butane"
	CoreOS             Format = "coreos-cloudinit config"
	Rancher            Format = "RancherOS or k3OS configuration"
	Alpine             Format = "tiny-cloud configuration"
	FreeBSD            Format = "FreeBSD configinit file"
	Talos              Format = "Talos machine configuration"
	Nodeadm            Format = "EKS node configuration"
	ByteOrderMark      Format = "text behind a byte-order mark"
	Binary             Format = "binary"
	Unknown            Format = "unknown"
)

// prefixes are compared in order, longer before shorter; kind is the content
// type by which cloud-init knows such a part of a message.
var prefixes = []struct {
	text   string
	format Format
	kind   string
}{
	{"#!", Shell, "text/x-shellscript"},
	{"## template: jinja", Jinja, "text/jinja2"},
	{"#cloud-config-archive", CloudConfigArchive, "text/cloud-config-archive"},
	{"#cloud-config-jsonp", CloudConfigJSONP, "text/cloud-config-jsonp"},
	{"#cloud-config", CloudConfig, "text/cloud-config"},
	{"#cloud-boothook", Boothook, "text/cloud-boothook"},
	{"#include-once", Include, "text/x-include-once-url"},
	{"#include", Include, "text/x-include-url"},
	{"#part-handler", PartHandler, "text/part-handler"},
	{"#upstart-job", Upstart, "text/x-not-multipart"}, // newer versions know no such thing
	{"<powershell", WindowsXML, ""},
	{"<script", WindowsXML, ""},
	{"<persist", WindowsXML, ""},
	{"<runaslocalsystem", WindowsXML, ""},
	{"<detach", WindowsXML, ""},
}

const nodeadmType = "application/node.eks.aws"

// mimeWindow is how far cloud-init looks for "mime-version:" before anything
// else (user_data.py, convert_string).
const mimeWindow = 4096

var (
	bom          = []byte("\xef\xbb\xbf")
	gzipMagic    = []byte("\x1f\x8b")
	tomlSettings = lazyregexp.New(`(?m)^[ \t]*(\[settings(\.[^\]]+)?\]|settings\.[a-z])`)
	nodeConfig   = lazyregexp.New(`(?m)^apiVersion:\s*["']?node\.eks\.aws/`)
	coreos       = lazyregexp.New(`(?m)^coreos:`)
	rancher      = lazyregexp.New(`(?m)^(rancher|k3os):`)
	configinit   = lazyregexp.New(`^>>?[ \t]*/`)
	talos        = lazyregexp.New(`(?m)^version:\s*["']?v1alpha1\b`)
	talosMachine = lazyregexp.New(`(?m)^machine:`)
	butane       = lazyregexp.New(`(?m)^variant:\s*["']?(fcos|flatcar|r4e|fiot|openshift)\b`)
	yamlTasks    = lazyregexp.New(`(?m)^tasks:`)
	yamlVersion  = lazyregexp.New(`(?m)^version:\s*["']?1\.[0-9]`)
)

// Detect names the format of user data.
func Detect(b []byte) Format {
	text := bytes.TrimLeft(b, " \t\r\n\v\f")
	switch {
	case len(text) == 0:
		return Empty
	case bytes.HasPrefix(b, gzipMagic):
		return Gzip
	case bytes.HasPrefix(text, bom):
		if f, _ := byPrefix(text[len(bom):]); f == WindowsXML {
			return f // the agents of Windows take the mark off
		}
		return ByteOrderMark
	}
	if h := readHeader(b); h.found && h.version {
		return MIME
	} else if h.found && h.multipart() {
		return Headless
	}
	switch f, _ := byPrefix(text); {
	case f == CloudConfig && coreos.Match(b):
		return CoreOS
	case f == CloudConfig && rancher.Match(b):
		return Rancher
	case f != Unknown:
		return f
	}
	return detectOther(b)
}

// byPrefix returns format and content type of what begins like one of
// prefixes.
func byPrefix(text []byte) (Format, string) {
	text = bytes.TrimLeft(text, " \t\r\n\v\f")
	lower := bytes.ToLower(text[:min(len(text), 32)])
	for _, p := range prefixes {
		if bytes.HasPrefix(lower, []byte(p.text)) {
			return p.format, p.kind
		}
	}
	return Unknown, ""
}

// detectOther knows the readers that are not cloud-init.
func detectOther(b []byte) Format {
	switch {
	case bytes.IndexByte(b, 0) >= 0:
		return Binary
	case isIgnition(b):
		return Ignition
	case nodeConfig.Match(b):
		return Nodeadm
	case butane.Match(b):
		return Butane
	case powershell.Match(b): // behind a comment, for instance
		return WindowsXML
	case yamlVersion.Match(b) && yamlTasks.Match(b):
		return WindowsYAML
	case tomlSettings.Match(b):
		return Bottlerocket
	case bytes.HasPrefix(bytes.ToLower(b), []byte("#alpine-config")):
		return Alpine
	case configinit.Match(b):
		return FreeBSD
	case talos.Match(b) && talosMachine.Match(b):
		return Talos
	}
	return Unknown
}

func isIgnition(b []byte) bool {
	var doc struct {
		Ignition json.RawMessage `json:"ignition"`
	}
	return json.Unmarshal(b, &doc) == nil && doc.Ignition != nil
}

// refusals say why a format takes no daemon.
var refusals = map[Format]string{
	CoreOS:        "Flatcar's and CoreOS' own cloud-init reads it and is no longer installed by default; their units belong into Ignition",
	Rancher:       "its reader takes no MIME message",
	Alpine:        "Alpine's tiny-cloud reads it, which takes no MIME message",
	FreeBSD:       "FreeBSD's configinit reads it, and there is no spotd for FreeBSD",
	Talos:         "Talos runs no programs on its host",
	Bottlerocket:  "the host of Bottlerocket runs containers only; its settings take no script",
	Ignition:      "the whole of it is one JSON document, and a unit added to it would have to be written anew with the owner's: bake spotd into the image",
	Butane:        "Butane is the source of Ignition; no instance reads it",
	Headless:      "cloud-init takes it for a message only when MIME-Version stands in its first 4096 bytes",
	ByteOrderMark: "cloud-init does not recognise text behind a byte-order mark: save it without",
	Binary:        "neither cloud-init nor the agents of Windows read it; something else may, and would no longer find what it expects",
	Unknown:       "neither cloud-init nor the agents of Windows read it; something else may, and would no longer find what it expects",
}
