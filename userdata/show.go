package userdata

import (
	"bytes"
	"mime"
	"strings"
)

// Info describes user data for people.
type Info struct {
	Format     Format // of the owner's data, what Remove leaves
	Parts      []Part // as cloud-init walks them; one where there is no message
	Size       int    // bytes as stored, of at most Limit
	Compressed bool
	Injected   bool
	Settings   Settings // of the injection; zero without one
}

// Part is one part of a message, or user data that is none.
type Part struct {
	Type     string // content type; empty where only its beginning tells
	Name     string // file name, if it says one
	Encoding string // transfer encoding, if it says one
	Size     int    // bytes as it stands there
	Ours     bool
}

// Show describes user data, injected or not.
func Show(b []byte) Info {
	s, injected := Injected(b)
	owner := Remove(b)
	info := Info{Format: Detect(owner), Size: len(b), Injected: injected, Settings: s}
	if bytes.HasPrefix(b, gzipMagic) {
		info.Compressed = true
		b = unpack(b)
	}
	if info.Format == Gzip {
		if text := unpack(owner); text != nil {
			info.Format = Detect(text)
		}
	}
	if Detect(b) == MIME {
		info.Parts = listParts(b, maxNested)
	} else if len(b) > 0 {
		_, kind := byPrefix(b)
		info.Parts = []Part{{Type: kind, Size: len(b)}}
	}
	return info
}

// listParts descends as cloud-init does, but for a bound.
func listParts(b []byte, depth int) []Part {
	m := readMessage(b)
	if len(m.opened) == 0 || depth == 0 {
		return []Part{leaf(b, m.header)}
	}
	var parts []Part
	for _, text := range m.texts(b) {
		parts = append(parts, listParts(text, depth-1)...)
	}
	return parts
}

// texts cuts a message into its parts.
func (m message) texts(b []byte) (parts [][]byte) {
	end := m.close
	if end < 0 {
		end = len(b)
	}
	for i, start := range m.opened {
		stop := end
		if i+1 < len(m.opened) {
			stop = m.opened[i+1]
		}
		text := b[start:stop]
		if n := bytes.IndexByte(text, '\n'); n >= 0 { // behind the delimiter
			text = text[n+1:]
		}
		parts = append(parts, bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")))
	}
	return parts
}

func leaf(b []byte, h header) Part {
	p := Part{Type: h.kind, Size: len(b) - h.end}
	for _, line := range lines(b[:h.end]) {
		name, value, _ := strings.Cut(strings.TrimSpace(string(line)), ":")
		switch strings.ToLower(name) {
		case "content-transfer-encoding":
			p.Encoding = strings.ToLower(strings.TrimSpace(value))
		case "content-disposition":
			if _, params, err := mime.ParseMediaType(value); err == nil {
				p.Name = params["filename"]
			}
		case "x-spotd-original":
			p.Ours = true
		}
	}
	return p
}
