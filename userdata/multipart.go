package userdata

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// The message we make has exactly this form, so that taking it apart needs no
// tolerant parser: one header block with our boundary, our part, then at most
// one part of the owner's. It is ASCII throughout, since cloud-init decodes a
// message as text and returns other characters garbled (Python's
// email.message.Message.get_payload encodes them raw-unicode-escape).
const (
	boundaryMark = "spotd-"
	headTo       = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"" + boundaryMark
	blankHeader  = "X-Spotd-Original: "
	shellType    = "Content-Type: text/x-shellscript; charset=\"utf-8\"\n"
	ourName      = "Content-Disposition: attachment; filename=\"part-000-spotd\"\n"
	ownerName    = "Content-Disposition: attachment; filename=\"part-001\"\n"
	asIs         = "Content-Transfer-Encoding: 7bit\n\n"
	asBase64     = "Content-Transfer-Encoding: base64\n\n"
)

// blankLimit is how much white space, being all of the user data, is kept in
// a header line; more is nobody's intention.
const blankLimit = 512

// wrapEmpty makes a message of our part only. White space is kept aside, for
// Remove; cloud-init would only have warned of it.
func wrapEmpty(original []byte, script string) ([]byte, string) {
	if len(original) > blankLimit {
		return nil, fmt.Sprintf("%d bytes of white space", len(original))
	}
	extra := ""
	if len(original) > 0 {
		extra = blankHeader + base64.StdEncoding.EncodeToString(original) + "\n"
	}
	return message(extra, part(ourName, []byte(script))), ""
}

// wrapShell makes a message of our part and the owner's script.
func wrapShell(original []byte, script string) ([]byte, string) {
	if bytes.IndexByte(original, 0) >= 0 {
		return nil, "the script holds NUL bytes, which a message may lose"
	}
	return message("", part(ourName, []byte(script)), part(ownerName, original)), ""
}

func part(name string, content []byte) string {
	if plain(content) {
		return shellType + name + asIs + string(content)
	}
	var b strings.Builder
	b.WriteString(shellType + name + asBase64)
	text := base64.StdEncoding.EncodeToString(content)
	for len(text) > 76 {
		b.WriteString(text[:76] + "\n")
		text = text[76:]
	}
	b.WriteString(text)
	return b.String()
}

// plain says that every mail parser returns the content as it is: printable
// ASCII, tabs and line feeds.
func plain(content []byte) bool {
	for _, c := range content {
		if (c < ' ' && c != '\n' && c != '\t') || c > '~' {
			return false
		}
	}
	return true
}

func message(extra string, parts ...string) []byte {
	body := strings.Join(parts, "\n")
	boundary := boundaryFor(body)
	var b strings.Builder
	b.WriteString(headTo + strings.TrimPrefix(boundary, boundaryMark) + "\"\n" + extra + "\n")
	for _, p := range parts {
		b.WriteString("--" + boundary + "\n" + p + "\n")
	}
	b.WriteString("--" + boundary + "--\n")
	return []byte(b.String())
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

// unwrap takes a message of ours apart. Anything that is not of exactly our
// form, for example because the owner added a part, is not ours.
func unwrap(b []byte) (original []byte, script string, ok bool) {
	head, body, ok := strings.Cut(string(b), "\n\n")
	head, isOurs := strings.CutPrefix(head, headTo)
	if !ok || !isOurs {
		return nil, "", false
	}
	id, extra, _ := strings.Cut(head, "\"")
	line := "--" + boundaryMark + id
	body, opens := strings.CutPrefix(body, line+"\n")
	body, closes := strings.CutSuffix(body, "\n"+line+"--\n")
	if !opens || !closes {
		return nil, "", false
	}
	parts := strings.Split(body, "\n"+line+"\n")
	ours, ok := content(parts[0], ourName)
	if !ok || len(parts) > 2 {
		return nil, "", false
	}
	if len(parts) == 2 {
		original, ok = content(parts[1], ownerName)
	} else {
		original, ok = blank(extra)
	}
	return original, string(ours), ok
}

// content undoes part.
func content(p, name string) ([]byte, bool) {
	p, typed := strings.CutPrefix(p, shellType+name)
	if !typed {
		return nil, false
	}
	if text, ok := strings.CutPrefix(p, asIs); ok {
		return []byte(text), true
	}
	text, ok := strings.CutPrefix(p, asBase64)
	if !ok {
		return nil, false
	}
	raw, err := base64.StdEncoding.DecodeString(text) // skips line feeds
	return raw, err == nil
}

// blank reads the white space that wrapEmpty kept aside.
func blank(extra string) ([]byte, bool) {
	text, ok := strings.CutPrefix(extra, "\n"+blankHeader)
	if !ok {
		return []byte{}, extra == ""
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	return raw, err == nil
}
