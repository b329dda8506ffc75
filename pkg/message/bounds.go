package message

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of the fields whose length is not fixed by their form.
const (
	// MaxCode is the longest Action, in bytes. AWS's longest event code has 19
	// (system-maintenance and the like: EC2 User Guide, "Types of scheduled events").
	MaxCode = 64
	// MaxName is the longest Auto Scaling group's name, in characters (Amazon EC2 Auto
	// Scaling API reference, CreateAutoScalingGroup).
	MaxName = 255
	// MaxIdentity is the longest identity document, and the longest signature, in
	// bytes. AWS's are below 3 KiB.
	MaxIdentity = 16 * 1024
	// MaxDetail is the longest Detail, in characters.
	MaxDetail = 1024
)

// IsInstanceID tells whether s is i- and 8 or 17 hexadecimal digits in lower case: what
// EC2 gives out, 8 until 2016, 17 since (EC2 User Guide, "Resource IDs"). Auto Scaling
// refuses a whole request for one id of more than 19 characters.
func IsInstanceID(s string) bool {
	number, ok := strings.CutPrefix(s, "i-")
	return ok && (len(number) == 8 || len(number) == 17) && strings.Trim(number, "0123456789abcdef") == ""
}

// bound is what a field may hold: so many characters, each of which is allowed.
type bound struct {
	most    int
	allowed func(rune) bool
	what    string // for people
}

var (
	codes   = bound{MaxCode, oneOf(letters + digits + "._-"), "letters, digits, dots, hyphens and underscores"}
	account = bound{12, oneOf(digits), "digits"}
	region  = bound{64, oneOf(letters + digits + "-"), "letters, digits and hyphens"}
	name    = bound{MaxName, inName, "printable characters, tab and line break"}
	signed  = bound{MaxIdentity, inName, "printable characters, tab and line break"}
	base64  = bound{MaxIdentity, oneOf(letters + digits + "+/= -\r\n"), "base64, with or without PEM armour"}
)

const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
)

func oneOf(set string) func(rune) bool {
	return func(c rune) bool { return strings.ContainsRune(set, c) }
}

// inName is what XML carries, as in Auto Scaling's names; JSON writes none of it longer than twice.
func inName(c rune) bool {
	return c == '\t' || c == '\n' || c == '\r' || c >= ' ' && !unicode.Is(unicode.Cc, c)
}

// validBounds holds every text to its bound. Text that JSON would not carry
// unchanged is none: of the identity document every byte is signed.
func (r Report) validBounds() error {
	for _, f := range []struct {
		name, text string
		bound      bound
	}{
		{"action", r.Action, codes},
		{"from.account", r.From.Account, account}, {"from.region", r.From.Region, region}, {"from.zone", r.From.Zone, region},
		{"from.type", r.From.Type, codes}, {"from.lifecycle", r.From.Lifecycle, codes}, {"from.group", r.From.Group, name},
		{"identity.document", r.Identity.Document, signed}, {"identity.signature", r.Identity.Signature, base64},
	} {
		if err := f.bound.check(f.name, f.text); err != nil {
			return err
		}
	}
	return nil
}

func (b bound) check(field, text string) error {
	if !utf8.ValidString(text) {
		return malformed(field, "not UTF-8")
	}
	if n := b.length(text); n > b.most {
		return malformed(field, fmt.Sprintf("%d long, at most %d", n, b.most))
	}
	if at := strings.IndexFunc(text, func(c rune) bool { return !b.allowed(c) }); at >= 0 {
		c, _ := utf8.DecodeRuneInString(text[at:])
		return malformed(field, fmt.Sprintf("%q at byte %d: want %s", c, at, b.what))
	}
	return nil
}

// length is in characters where people choose the text, and in bytes elsewhere.
func (b bound) length(text string) int {
	if b.most == MaxName {
		return utf8.RuneCountInString(text)
	}
	return len(text)
}

// Code makes any text fit Action: what is not allowed there becomes an underscore,
// and what is too long is cut.
func Code(text string) string {
	text = strings.Map(func(c rune) rune {
		if codes.allowed(c) {
			return c
		}
		return '_'
	}, text)
	return text[:min(len(text), MaxCode)]
}

// fit makes any text fit Detail. Text for people must never cost a notice, so that
// it is cut where others are refused.
func fit(text string) string {
	text = strings.Map(func(c rune) rune {
		if !unicode.IsGraphic(c) {
			return '?'
		}
		return c
	}, text)
	if utf8.RuneCountInString(text) > MaxDetail {
		text = string([]rune(text)[:MaxDetail-1]) + "…"
	}
	return text
}

// quote shows what a stranger wrote in an error that goes to the log.
func quote(text string) string {
	const most = 64
	if len(text) > most {
		return fmt.Sprintf("%q…", strings.ToValidUTF8(text[:most], ""))
	}
	return fmt.Sprintf("%q", text)
}

// cut bounds the words of a library that repeats what a stranger wrote.
func cut(text string) string {
	const most = 200
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
