package userdata

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// Limit is the most bytes of user data that EC2 accepts, before base64 (hard
// limit of launch specifications, EC2 quotas of fleets).
const Limit = 16 * 1024

// unpackLimit bounds what is inflated from gzip while looking for our part.
const unpackLimit = 1 << 20

// An injector combines the owner's user data, never empty of ours, with our
// script. A nil result and a reason mean: not this one.
type injector func(original []byte, script string) (out []byte, reason string)

// injectors has one entry per format that takes the bootstrap; every other
// format passes through unchanged.
var injectors = map[Format]injector{
	Empty: wrapEmpty,
	Shell: wrapShell,
}

// removers undo the injectors, one per form that they produce.
var removers = []func(b []byte) (original []byte, script string, ok bool){
	unwrap,
}

// Inject returns user data that starts spotd and then, or besides, does all
// that the original did. An earlier injection is replaced. Where the original
// cannot take ours, out is the original and note says why; where it had to be
// compressed to fit, note says that. The error is that of Settings.Validate.
func Inject(original []byte, s Settings) (out []byte, note string, err error) {
	if err := s.Validate(); err != nil {
		return nil, "", fmt.Errorf("user data: invalid settings: %w", err)
	}
	owner := Remove(original)
	format := Detect(owner)
	inject, known := injectors[format]
	if !known {
		return original, unchanged(format, "this format is not injected yet"), nil
	}
	out, reason := inject(owner, render(s))
	if out == nil {
		return original, unchanged(format, reason), nil
	}
	if len(out) <= Limit {
		return out, "", nil
	}
	packed := pack(out)
	if len(packed) > Limit {
		return original, unchanged(format, fmt.Sprintf("%d bytes with spotd, %d compressed, over the limit of %d", len(out), len(packed), Limit)), nil
	}
	return packed, fmt.Sprintf("compressed from %d to %d bytes to stay under %d", len(out), len(packed), Limit), nil
}

func unchanged(f Format, reason string) string {
	return fmt.Sprintf("passed through unchanged: %s: %s", f, reason)
}

// Remove takes out what Inject put in; user data without it comes back as it
// is. Remove(Inject(x)) is x for every x that holds no injection.
func Remove(b []byte) []byte {
	if original, _, ok := split(b); ok {
		return original
	}
	return b
}

// Injected returns the settings of the injection that b holds, if any.
func Injected(b []byte) (Settings, bool) {
	_, script, ok := split(b)
	if !ok {
		return Settings{}, false
	}
	return read(script)
}

// split parts the owner's bytes from our script.
func split(b []byte) (original []byte, script string, ok bool) {
	if bytes.HasPrefix(b, gzipMagic) {
		if b = unpack(b); b == nil {
			return nil, "", false
		}
	}
	for _, remove := range removers {
		if original, script, ok := remove(b); ok {
			return original, script, true
		}
	}
	return nil, "", false
}

// pack compresses without name or time, so that the same input gives the
// same bytes. cloud-init inflates before it looks at the format.
func pack(b []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
	_, err := w.Write(b)
	if cerr := w.Close(); err != nil || cerr != nil {
		panic("userdata: gzip into memory failed") // bytes.Buffer returns no errors
	}
	return out.Bytes()
}

// unpack inflates; nil when b is broken or larger than anything of ours.
func unpack(b []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	out, err := io.ReadAll(io.LimitReader(r, unpackLimit+1))
	if err != nil || len(out) > unpackLimit {
		return nil
	}
	return out
}
