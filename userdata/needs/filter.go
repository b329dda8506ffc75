package needs

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"autospotting/userdata"
)

// through are commands that give on what they read, more or less.
var through = words("sed gsed awk gawk tr cut envsubst sort uniq head tail grep egrep cat tee base64 gunzip zcat gzip openssl xxd dos2unix fold rev sponge")

// filter follows text through the commands that pass it on.
func (r *reader) filter(name string, w []string, in flow, p place, depth int) (flow, bool) {
	if !through[name] {
		return flow{}, false
	}
	switch {
	case name == "tee" || name == "sponge":
		for _, word := range w[1:] {
			if !strings.HasPrefix(word, "-") && !in.empty() && !strings.HasPrefix(word, "/dev/") {
				r.write(r.expand(word), in, depth)
			}
		}
		return in, true
	case name == "sed" || name == "gsed":
		r.edited(w, p, depth)
		return in, true
	}
	if in.empty() { // it reads a file
		for _, word := range w[1:] {
			if f, told := r.files[r.expand(word)]; told {
				in = f
			}
		}
	}
	if in.empty() {
		return in, true
	}
	text := strings.Join(w[1:], " ")
	switch {
	case name == "base64" && strings.Contains(" "+text, " -d") || strings.Contains(text, "--decode") || strings.Contains(text, "-D"), name == "openssl" && strings.Contains(text, "base64") && strings.Contains(text, "-d"):
		return r.decoded(in, depth), true
	case name == "gunzip" || name == "zcat" || name == "gzip" && strings.Contains(text, "-d"):
		plain, _ := inflate([]byte(in.text))
		return flow{text: plain, p: in.p}, true
	case name == "openssl" || name == "base64" || name == "gzip":
		return flow{}, true
	}
	return in, true
}

// decoded is the text that base64 stood for.
func (r *reader) decoded(in flow, depth int) flow {
	plain, ok := unbase64(in.text)
	if !ok {
		return flow{}
	}
	p := in.p
	if first := strings.IndexFunc(in.text, func(c rune) bool { return c != '\n' }); first >= 0 {
		p = place{name: in.p.where(1) + ", decoded"}
	}
	return flow{text: plain, p: p}
}

func unbase64(text string) (string, bool) {
	text = strings.Map(func(c rune) rune {
		if c == ' ' || c == '\n' || c == '\r' || c == '\t' {
			return -1
		}
		return c
	}, text)
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding} {
		if b, err := e.DecodeString(text); err == nil && len(b) > 0 {
			return string(b), true
		}
	}
	return "", false
}

// inflate opens gzip; false where it is broken or too large.
func inflate(b []byte) (string, bool) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return "", false
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxText+1))
	if err != nil || len(plain) > maxText {
		return "", false
	}
	return string(plain), true
}

// opened is text without the compression that it may have, and in UTF-8.
func opened(text string) string {
	if strings.HasPrefix(text, "\x1f\x8b") {
		if plain, ok := inflate([]byte(text)); ok {
			text = plain
		}
	}
	text = strings.TrimPrefix(text, "\ufeff")
	if len(text) > 3 && len(text)%2 == 0 && (strings.HasPrefix(text, "\xff\xfe") || text[1] == 0 && text[3] == 0) { // PowerShell's UTF-16
		units := make([]uint16, 0, len(text)/2)
		for i := 0; i+1 < len(text); i += 2 {
			units = append(units, uint16(text[i])|uint16(text[i+1])<<8)
		}
		text = strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff")
	}
	return text
}

// legible is text as it can be read: bytes that are no UTF-8 are replaced, and what stands behind a script, as in one that unpacks itself,
// begins at cut. False where the beginning is no text either.
func legible(text string) (plain string, cut int, ok bool) {
	cut = strings.IndexByte(text, 0)
	if cut < 0 {
		cut = len(text)
	}
	head := text[:min(cut, 256)]
	if strange := utf8.RuneCountInString(head) - utf8.RuneCountInString(strings.ToValidUTF8(head, "")); cut < len(text) && cut < 16 || strange*8 > len(head) {
		return "", 0, false
	}
	return strings.ToValidUTF8(text[:cut], "?"), cut, true
}

// encoded reads base64 that stands in another language's string.
func (r *reader) encoded(text string, p place, line, depth int) {
	plain, ok := unbase64(text)
	if !ok || depth > maxDepth {
		return
	}
	if plain, _, ok = legible(opened(plain)); ok {
		in := place{name: p.where(line) + ", decoded"}
		r.open([]byte(plain), "", in, depth+1)
		if userdata.Detect([]byte(plain)) == userdata.Unknown { // PowerShell's, for instance
			r.code(plain, in, depth+1)
		}
	}
}

// edited reads what sed -i puts into a file.
func (r *reader) edited(w []string, p place, depth int) {
	inPlace := false
	for _, word := range w[1:] {
		inPlace = inPlace || strings.HasPrefix(word, "-i") || word == "--in-place"
	}
	if !inPlace || len(w) < 3 {
		return
	}
	file := r.expand(w[len(w)-1])
	for _, word := range w[1 : len(w)-1] {
		if text, ok := replacement(r.expand(word)); ok {
			r.settings(text, file, p, depth+1)
		}
	}
}

// replacement is what s/this/that/ puts in, or a\that.
func replacement(expr string) (string, bool) {
	at := strings.Index(expr, "s")
	if at >= 0 && at+1 < len(expr) && strings.ContainsRune("/|#,@:!%~+", rune(expr[at+1])) {
		parts := strings.Split(expr[at+2:], expr[at+1:at+2])
		if len(parts) >= 2 {
			return strings.TrimLeft(parts[1], `\1&`), true
		}
	}
	for _, verb := range []string{`a\`, `i\`, `c\`, "a ", "i "} {
		if _, text, ok := strings.Cut(expr, verb); ok && !strings.HasPrefix(expr, "-") {
			return strings.TrimLeft(text, ` \`), true
		}
	}
	return "", false
}
