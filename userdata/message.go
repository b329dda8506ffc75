package userdata

import (
	"bytes"
	"iter"
	"mime"
	"strings"

	"autospotting/pkg/lazyregexp"
)

// header is the block of header fields that a message begins with.
type header struct {
	found    bool // there is one
	version  bool // cloud-init will take it for a message
	kind     string
	boundary string
	end      int // where the body begins
}

func (h header) multipart() bool { return strings.HasPrefix(h.kind, "multipart/") && h.boundary != "" }

// The lines that Python's parser, which cloud-init uses, takes for headers
// (email.feedparser, headerRE), and a boundary that Go finds too irregular.
var (
	headerLine = lazyregexp.New(`^(From |[!-9;-~]*:|[\t ])`)
	looseParam = lazyregexp.New(`(?i);\s*boundary\s*=\s*(?:"([^"]*)"|([^;\s]+))`)
)

// lines yields offset and text of each line, ended by \n, \r\n or \r as in
// Python's parser, with its end.
func lines(b []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for at := 0; at < len(b); {
			n := bytes.IndexAny(b[at:], "\r\n")
			switch {
			case n < 0:
				n = len(b) - at
			case b[at+n] == '\r' && at+n+1 < len(b) && b[at+n+1] == '\n':
				n += 2
			default:
				n++
			}
			if !yield(at, b[at:at+n]) {
				return
			}
			at += n
		}
	}
}

// readHeader reads the block as cloud-init does.
func readHeader(b []byte) header {
	h := header{end: len(b), version: bytes.Contains(bytes.ToLower(b[:min(len(b), mimeWindow)]), []byte("mime-version:"))}
	var fields []string
	for at, line := range lines(b) {
		if !headerLine.Match(line) {
			h.end = at
			if blank := len(bytes.TrimRight(line, "\r\n")) == 0; blank {
				h.end += len(line)
			}
			break
		}
		text := strings.TrimRight(string(line), "\r\n")
		if folded := text != "" && (text[0] == ' ' || text[0] == '\t'); folded && len(fields) > 0 {
			fields[len(fields)-1] += text
		} else {
			fields = append(fields, text)
		}
	}
	h.found = len(fields) > 0
	for _, f := range fields {
		if name, value, _ := strings.Cut(f, ":"); strings.EqualFold(name, "Content-Type") {
			h.kind, h.boundary = contentType(value)
			break
		}
	}
	return h
}

func contentType(value string) (kind, boundary string) {
	if kind, params, err := mime.ParseMediaType(value); err == nil {
		return kind, strings.TrimRight(params["boundary"], " \t")
	}
	kind, _, _ = strings.Cut(value, ";")
	if m := looseParam.FindStringSubmatch(value); m != nil {
		boundary = m[1] + m[2]
	}
	return strings.ToLower(strings.TrimSpace(kind)), boundary
}

// message says where a multipart message can take a last part.
type message struct {
	header
	eol    string // the end of line of its first delimiter
	opened []int  // offsets of the delimiters before parts
	close  int    // offset of the delimiter behind the last part; -1 without one
}

// readMessage finds the delimiters of the outermost level. Python's and Go's
// parsers alike take every line that matches for one, however deeply nested
// the part is in which it stands.
func readMessage(b []byte) message {
	m := message{header: readHeader(b), close: -1, eol: "\n"}
	if !m.multipart() {
		return m
	}
	for at, line := range lines(b[m.end:]) {
		kind := m.delimiter(line)
		if kind == between && len(m.opened) == 0 && bytes.HasSuffix(line, []byte("\r\n")) {
			m.eol = "\r\n"
		}
		if kind == between {
			m.opened = append(m.opened, m.end+at)
		}
		if kind == closing {
			m.close = m.end + at
			break
		}
	}
	return m
}

type delimiter int

const (
	none delimiter = iota
	between
	closing
)

func (h header) delimiter(line []byte) delimiter {
	rest, ok := bytes.CutPrefix(line, []byte("--"+h.boundary))
	if !ok {
		return none
	}
	rest, isClosing := bytes.CutPrefix(rest, []byte("--"))
	if len(bytes.Trim(bytes.TrimRight(rest, "\r\n"), " \t")) > 0 {
		return none
	}
	if isClosing {
		return closing
	}
	return between
}

// holds tells whether text has a line that readers would take for one of the
// message's delimiters.
func (h header) holds(text []byte) bool {
	for _, line := range lines(text) {
		if h.delimiter(line) != none {
			return true
		}
	}
	return false
}
