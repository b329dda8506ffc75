package userdata

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
)

// Text is one text of user data as it would be run or read, and where it stands.
type Text struct {
	Part int    // of the message, from 1, in the order in which cloud-init walks it; 0 where there is no message
	Type string // content type as the part says it; empty where only the beginning tells
	Body []byte
}

// Texts unpacks user data: gzip, each part of a message with its transfer encoding, ours left out. What cannot be opened is as it stands.
func Texts(b []byte) []Text {
	b = Remove(b)
	if bytes.HasPrefix(b, gzipMagic) {
		if text := unpack(b); text != nil {
			b = text
		}
	}
	if Detect(b) != MIME {
		return []Text{{Body: b}}
	}
	texts := contents(b, maxNested)
	for i := range texts {
		texts[i].Part = i + 1
	}
	return texts
}

// Contents are the bodies of Texts.
func Contents(b []byte) (out [][]byte) {
	for _, text := range Texts(b) {
		out = append(out, text.Body)
	}
	return out
}

func contents(b []byte, depth int) (out []Text) {
	m := readMessage(b)
	if len(m.opened) == 0 || depth == 0 {
		part := leaf(b, m.header)
		return []Text{{Type: part.Type, Body: decoded(b[m.header.end:], part.Encoding)}}
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
