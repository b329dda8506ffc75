package userdata

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The ways in which content stands in a part. cloud-init decodes a message as
// text and returns characters beyond ASCII garbled (Python's
// email.message.Message.get_payload encodes them raw-unicode-escape), so that
// only plain content goes as it is; of the two others the shorter is taken.
const (
	asIs      = "7bit"
	asQuoted  = "quoted-printable"
	asBase64  = "base64"
	asEight   = "8bit" // for readers that are not cloud-init
	encodedBy = "Content-Transfer-Encoding: "
)

// encode chooses how content stands in a part.
func encode(content []byte) (how, text string) {
	if plain(content) {
		return asIs, string(content)
	}
	quoted, packed := quotedPrintable(content), base64Lines(content)
	if len(quoted) <= len(packed) {
		return asQuoted, quoted
	}
	return asBase64, packed
}

func decode(how, text string) ([]byte, bool) {
	switch how {
	case asIs, asEight:
		return []byte(text), true
	case asQuoted:
		return fromQuoted(text)
	case asBase64:
		raw, err := base64.StdEncoding.DecodeString(text) // skips line feeds
		return raw, err == nil
	}
	return nil, false
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

// eightBit says that a parser that decodes nothing returns the content.
func eightBit(content []byte) bool {
	return utf8.Valid(content) && !strings.HasSuffix(string(content), "\r") && !strings.Contains(string(content), "\x00")
}

func base64Lines(content []byte) string {
	var b strings.Builder
	text := base64.StdEncoding.EncodeToString(content)
	for len(text) > 76 {
		b.WriteString(text[:76] + "\n")
		text = text[76:]
	}
	return b.String() + text
}

// quotedPrintable keeps lines as they are, however long, since people read
// it; Go's own writer would fold them.
func quotedPrintable(content []byte) string {
	var b strings.Builder
	for i, c := range content {
		blankAtEnd := (c == ' ' || c == '\t') && (i+1 == len(content) || content[i+1] == '\n')
		if c == '\n' || (plain([]byte{c}) && c != '=' && !blankAtEnd) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

func fromQuoted(text string) ([]byte, bool) {
	var out []byte
	for {
		before, rest, more := strings.Cut(text, "=")
		out = append(out, before...)
		if !more {
			return out, true
		}
		if len(rest) < 2 {
			return nil, false
		}
		c, err := hex.DecodeString(rest[:2])
		if err != nil {
			return nil, false
		}
		out, text = append(out, c...), rest[2:]
	}
}
