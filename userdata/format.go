package userdata

import (
	"bytes"
	"encoding/json"
	"regexp"
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
	Gzip               Format = "gzip"
	Windows            Format = "Windows"
	Bottlerocket       Format = "Bottlerocket TOML"
	Ignition           Format = "Ignition"
	Nodeadm            Format = "EKS node configuration"
	ByteOrderMark      Format = "text behind a byte-order mark"
	Binary             Format = "binary"
	Unknown            Format = "unknown"
)

// prefixes are compared in order, longer before shorter.
var prefixes = []struct {
	text   string
	format Format
}{
	{"#!", Shell},
	{"## template: jinja", Jinja},
	{"#cloud-config-archive", CloudConfigArchive},
	{"#cloud-config-jsonp", CloudConfigJSONP},
	{"#cloud-config", CloudConfig},
	{"#cloud-boothook", Boothook},
	{"#include", Include},
	{"#part-handler", PartHandler},
	{"#upstart-job", Upstart},
	{"<powershell", Windows},
	{"<script", Windows},
	{"<persist", Windows},
}

// mimeWindow is how far cloud-init looks for "mime-version:" before anything
// else (user_data.py, convert_string): even a script that mentions it there
// is read as a message.
const mimeWindow = 4096

var (
	bom          = []byte("\xef\xbb\xbf")
	gzipMagic    = []byte("\x1f\x8b")
	tomlSettings = regexp.MustCompile(`(?m)^\s*\[settings(\.[^\]]+)?\]`)
	nodeConfig   = regexp.MustCompile(`(?m)^apiVersion:\s*node\.eks\.aws/`)
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
		return ByteOrderMark
	case bytes.Contains(bytes.ToLower(b[:min(len(b), mimeWindow)]), []byte("mime-version:")):
		return MIME
	}
	lower := bytes.ToLower(text[:min(len(text), 32)])
	for _, p := range prefixes {
		if bytes.HasPrefix(lower, []byte(p.text)) {
			return p.format
		}
	}
	return detectOther(b)
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
	case tomlSettings.Match(b):
		return Bottlerocket
	}
	return Unknown
}

func isIgnition(b []byte) bool {
	var doc struct {
		Ignition json.RawMessage `json:"ignition"`
	}
	return json.Unmarshal(b, &doc) == nil && doc.Ignition != nil
}
