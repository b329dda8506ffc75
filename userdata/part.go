package userdata

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"
)

// Our part of a message. Its last header says how the owner's bytes are found
// again when it is taken out; every finding is checked by putting it back.
const (
	ourType  = "Content-Type: text/x-shellscript; charset=\"utf-8\""
	ourName  = "Content-Disposition: attachment; filename=\"000-spotd\""
	original = "X-Spotd-Original: "
)

// The words of that header.
const (
	isMessage = "message" // the message without this part
	isPart    = "part"    // the content of the other part
	isNested  = "nested"  // the other part, headers and all
	isOpen    = "open"    // the same and one line feed more
	isNothing = "nothing" // the base64 that follows: white space
	isGzip    = "gzip"    // the compressed member of which the number follows the size
	isCopy    = "copy"    // the extra field of the compressed file
)

// addPart puts ours behind the last part.
func (m message) addPart(b []byte, script, how string) []byte {
	encoding, text := encode([]byte(script))
	if m.holds([]byte(text)) {
		encoding, text = asBase64, base64Lines([]byte(script))
	}
	part := strings.Join([]string{"--" + m.boundary, ourType, ourName, encodedBy + encoding, original + how, "", text, ""}, m.eol)
	return slices.Concat(b[:m.close], []byte(part), b[m.close:])
}

// cutPart is the inverse of addPart.
func cutPart(b []byte) (rest []byte, script, how string, ok bool) {
	m := readMessage(b)
	if m.close < 0 || len(m.opened) == 0 {
		return nil, "", "", false
	}
	start := m.opened[len(m.opened)-1]
	part := string(b[start:m.close])
	rest = slices.Concat(b[:start], b[m.close:])
	// The end of line is that of the message without ours.
	for _, eol := range []string{"\n", "\r\n"} {
		if script, how, ok = readPart(part, m.boundary, eol); ok {
			return rest, script, how, true
		}
	}
	return nil, "", "", false
}

func readPart(part, boundary, eol string) (script, how string, ok bool) {
	part, ok = strings.CutPrefix(part, strings.Join([]string{"--" + boundary, ourType, ourName, encodedBy}, eol))
	part, ends := strings.CutSuffix(part, eol)
	encoding, part, more := strings.Cut(part, eol+original)
	how, text, body := strings.Cut(part, eol+eol)
	if !ok || !ends || !more || !body {
		return "", "", false
	}
	raw, ok := decode(encoding, text)
	return string(raw), how, ok
}

// The message that we make where the owner's is none.
const (
	boundaryMark = "spotd-"
	headTo       = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"" + boundaryMark
	headFrom     = "\"\n\n"
)

// blankLimit is how much white space, being all of the user data, is kept in
// a header line; more is nobody's intention.
const blankLimit = 512

// envelope is a message of the owner's part, if any, for ours to be added to.
func envelope(ownerPart, script string) []byte {
	boundary := boundaryFor(ownerPart + "\n" + script)
	text := headTo + strings.TrimPrefix(boundary, boundaryMark) + headFrom
	if ownerPart != "" {
		text += "--" + boundary + "\n" + ownerPart + "\n"
	}
	return []byte(text + "--" + boundary + "--\n")
}

// boundaryFor hashes the content, again and again until the content does not
// hold the result.
func boundaryFor(body string) string {
	sum := sha256.Sum256([]byte(body))
	for {
		boundary := boundaryMark + hex.EncodeToString(sum[:12])
		if !strings.Contains(body, boundary) {
			return boundary
		}
		sum = sha256.Sum256(sum[:])
	}
}

// openEnvelope returns the owner's part.
func openEnvelope(b []byte) (ownerPart string, ok bool) {
	text, ours := strings.CutPrefix(string(b), headTo)
	id, text, more := strings.Cut(text, headFrom)
	boundary := "--" + boundaryMark + id
	text, closed := strings.CutSuffix(text, boundary+"--\n")
	if !ours || !more || !closed {
		return "", false
	}
	if text == "" {
		return "", true
	}
	text, opened := strings.CutPrefix(text, boundary+"\n")
	text, ended := strings.CutSuffix(text, "\n")
	return text, opened && ended
}

// ownerPart is the owner's user data as a part: a message keeps its own
// headers, what is none gets those by which its readers know it.
func ownerPart(b []byte, kind string) string {
	if kind == "" {
		return string(b)
	}
	how, text := encode(b)
	if kind == nodeadmType && !plain(b) {
		how, text = asEight, string(b)
	}
	return "Content-Type: " + kind + "\n" + encodedBy + how + "\n\n" + text
}

func readOwnerPart(part string) ([]byte, bool) {
	head, text, ok := strings.Cut(part, "\n\n")
	_, how, encoded := strings.Cut(head, "\n"+encodedBy)
	if !ok || !encoded {
		return nil, false
	}
	return decode(how, text)
}

// joinMessage adds ours to the owner's message, or nests that where it has no
// place for ours.
func joinMessage(b []byte, script string) (out []byte, reason string) {
	if !utf8.Valid(b) {
		return nil, "it is not UTF-8, and cloud-init fails on such a message"
	}
	m := readMessage(b)
	if m.close >= 0 {
		return m.addPart(b, script, isMessage), ""
	}
	if bytes.HasSuffix(b, []byte("\r")) {
		return nil, "it ends in half a line end, to which no part can be added"
	}
	return joinPart(b, script, "", isNested), ""
}

// unended is a message whose last part nothing ends. Python's parser takes the
// last line feed for a delimiter's, and so do we when we set one.
func (m message) unended(b []byte) bool {
	return m.close < 0 && len(m.opened) > 0 && bytes.HasSuffix(b, []byte("\n"))
}

func joinPart(b []byte, script, kind, how string) []byte {
	if kind == "" && readMessage(b).unended(b) {
		b = b[:len(b)-1]
		how = strings.Replace(how, isNested, isOpen, 1)
	}
	out := envelope(ownerPart(b, kind), script)
	return readMessage(out).addPart(out, script, how)
}

// joinNothing makes a message of ours only. White space is kept aside;
// cloud-init would only have warned of it.
func joinNothing(b []byte, script string) []byte {
	out := envelope("", script)
	how := strings.TrimSpace(isNothing + " " + base64.StdEncoding.EncodeToString(b))
	return readMessage(out).addPart(out, script, how)
}

// takeApart undoes the three above; the owner's compressed forms are undone by
// those who know the compressed bytes.
func takeApart(b []byte) (owner []byte, script, how string, ok bool) {
	rest, script, how, ok := cutPart(b)
	if !ok {
		return nil, "", "", false
	}
	word, argument, _ := strings.Cut(how, " ")
	if word == isMessage {
		return rest, script, word, true
	}
	part, ok := openEnvelope(rest)
	switch {
	case !ok:
		return nil, "", "", false
	case word == isNested:
		owner = []byte(part)
	case word == isOpen:
		owner = []byte(part + "\n")
	case word == isPart:
		owner, ok = readOwnerPart(part)
	case word == isNothing:
		raw, err := base64.StdEncoding.DecodeString(argument)
		owner, ok = append([]byte{}, raw...), err == nil
	}
	return owner, script, how, ok
}
