package userdata

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
)

// unpackLimit bounds what is inflated from gzip while looking for our part.
const unpackLimit = 1 << 20

// extraID marks our subfield of a gzip header's extra field (RFC 1952, 2.3.1.1).
const extraID = "sp"

// pack compresses without name or time, so that the same input gives the
// same bytes. cloud-init inflates before it looks at the format.
func pack(b []byte) []byte { return packWith(b, nil) }

func packWith(b, extra []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
	w.Extra = extra
	_, err := w.Write(b)
	if cerr := w.Close(); err != nil || cerr != nil {
		panic("userdata: gzip into memory failed") // bytes.Buffer returns no errors
	}
	return out.Bytes()
}

// unpack inflates all members; nil when b is broken or larger than anything of
// ours.
func unpack(b []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	return inflate(r)
}

func inflate(r io.Reader) []byte {
	out, err := io.ReadAll(io.LimitReader(r, unpackLimit+1))
	if err != nil || len(out) > unpackLimit {
		return nil
	}
	return slices.Clip(out)
}

// joinGzip adds ours to compressed user data. Nothing gives back the owner's
// very bytes but those bytes: no other compressor writes the same. A gzip file
// may have several members, so theirs becomes the middle one of three, the others
// being what stands before and behind it in our message. Where the text inside
// cannot stand in a message as it is, it is compressed anew and the owner's bytes
// go along in the header's extra field.
func joinGzip(b []byte, script string) (out []byte, format Format, reason string) {
	text := unpack(b)
	if text == nil {
		return nil, Gzip, fmt.Sprintf("it cannot be inflated, or to more than %d bytes", unpackLimit)
	}
	format = Detect(text)
	how := fmt.Sprintf("%s %d", isGzip, len(b))
	if whole := joinVerbatim(text, format, script, how); whole != nil {
		before, after, _ := bytes.Cut(whole, text)
		return slices.Concat(pack(before), b, pack(after)), format, ""
	}
	whole, reason := joinText(text, format, script)
	switch {
	case whole == nil:
		return nil, format, reason
	case len(b) > 0xffff-4:
		return nil, format, "the compressed bytes do not fit beside our own"
	}
	extra := append([]byte(extraID), byte(len(b)), byte(len(b)>>8))
	return packWith(whole, append(extra, b...)), format, ""
}

// joinVerbatim makes a message in which the text stands once and as it is; nil
// where that cannot be.
func joinVerbatim(text []byte, format Format, script, how string) []byte {
	if isNodeadm(text) { // which does not look into nested messages
		return nil
	}
	kind := ""
	if format != MIME {
		if _, kind = byPrefix(text); kind == "" || !plain(text) {
			return nil
		}
	} else if out, _ := joinMessage(text, script); out == nil {
		return nil
	}
	whole := joinPart(text, script, kind, how)
	if bytes.Count(whole, text) != 1 {
		return nil
	}
	return whole
}

// splitGzip takes compressed user data apart, ours or the owner's about ours.
func splitGzip(b []byte) (owner []byte, script string, ok bool) {
	r := bytes.NewReader(b)
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, "", false
	}
	z.Multistream(false)
	extra := z.Extra
	if first := inflate(z); first == nil {
		return nil, "", false
	}
	start := len(b) - r.Len()
	text := unpack(b)
	_, script, how, ok := takeApart(text)
	var length int
	if _, err := fmt.Sscanf(how, isGzip+" %d", &length); ok && err == nil {
		if length < 0 || length > len(b)-start {
			return nil, "", false
		}
		return checkGzip(b[start:start+length], text, script, true)
	}
	if packed, found := bytes.CutPrefix(extra, []byte(extraID)); found && len(packed) > 2 {
		return checkGzip(packed[2:], text, script, false)
	}
	if bytes.HasPrefix(text, gzipMagic) { // there are files that inflate to themselves
		return nil, "", false
	}
	return splitAny(text)
}

// checkGzip joins again what was taken apart.
func checkGzip(owner, text []byte, script string, members bool) ([]byte, string, bool) {
	again, _, _ := joinGzip(owner, script)
	if again == nil || !bytes.Equal(unpack(again), text) {
		return nil, "", false
	}
	const flags, hasExtra = 3, 4 // RFC 1952, 2.3.1
	copied := again[flags]&hasExtra != 0
	return owner, script, members != copied
}

func isNodeadm(b []byte) bool {
	return bytes.Contains(bytes.ToLower(b), []byte(nodeadmType)) || nodeConfig.Match(b)
}
