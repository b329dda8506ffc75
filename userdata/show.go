package userdata

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
)

// Info describes user data for people.
type Info struct {
	Format     Format   // of the owner's data, what Remove leaves
	Parts      []string // content types in order, for messages
	Size       int      // bytes as stored, of at most Limit
	Compressed bool
	Injected   bool
	Settings   Settings // of the injection; zero without one
}

// Show describes user data, injected or not.
func Show(b []byte) Info {
	s, injected := Injected(b)
	info := Info{Format: Detect(Remove(b)), Size: len(b), Injected: injected, Settings: s}
	if bytes.HasPrefix(b, gzipMagic) {
		info.Compressed = true
		b = unpack(b)
	}
	if Detect(b) == MIME {
		info.Parts = contentTypes(b)
	}
	return info
}

// contentTypes lists a message's own type, or those of its parts as far as
// they can be read.
func contentTypes(b []byte) []string {
	m, err := mail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return nil
	}
	if params["boundary"] == "" {
		return []string{kind}
	}
	var kinds []string
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextRawPart() // NextPart would decode on the way
		if err != nil {
			return kinds
		}
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			kind = "text/plain"
		}
		kinds = append(kinds, kind)
		if _, err := io.Copy(io.Discard, p); err != nil {
			return kinds
		}
	}
}
