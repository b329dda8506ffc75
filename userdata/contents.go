package userdata

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
)

// Contents are the texts in user data as they would be run or read: unpacked, each part of a message decoded, ours left out. What cannot be
// opened is as it stands.
func Contents(b []byte) [][]byte {
	b = Remove(b)
	if bytes.HasPrefix(b, gzipMagic) {
		if text := unpack(b); text != nil {
			b = text
		}
	}
	if Detect(b) != MIME {
		return [][]byte{b}
	}
	return contents(b, maxNested)
}

func contents(b []byte, depth int) (out [][]byte) {
	m := readMessage(b)
	if len(m.opened) == 0 || depth == 0 {
		return [][]byte{decoded(b[m.header.end:], leaf(b, m.header).Encoding)}
	}
	for _, text := range m.texts(b) {
		out = append(out, contents(text, depth-1)...)
	}
	return out
}

// decoded is a part without its transfer encoding, and without its compression.
func decoded(b []byte, encoding string) []byte {
	var r io.Reader
	switch encoding {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(b))
	case "quoted-printable":
		r = quotedprintable.NewReader(bytes.NewReader(b))
	default:
		return b
	}
	text, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil && len(text) == 0 {
		return b
	}
	if plain := unpack(text); bytes.HasPrefix(text, gzipMagic) && plain != nil {
		return plain
	}
	return text
}
