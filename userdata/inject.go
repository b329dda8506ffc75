package userdata

import (
	"bytes"
	"fmt"
)

// Limit is the most bytes of user data that EC2 accepts, before base64 (hard
// limit of launch specifications, EC2 quotas of fleets).
const Limit = 16 * 1024

// Inject returns user data that starts spotd and besides does all that the
// original did. An earlier injection is replaced. Where the original cannot
// take ours, out is the original and note says why; where it had to be
// compressed to fit, note says that. Where the wait of Settings.Await does not come
// before all of the owner's scripts, note says that too. The error is that of
// Settings.Validate.
func Inject(original []byte, s Settings) (out []byte, note string, err error) {
	if err := s.Validate(); err != nil {
		return nil, "", fmt.Errorf("user data: invalid settings: %w", err)
	}
	out, format, reason := join(Remove(original), s)
	if out == nil {
		return original, unchanged(format, reason), nil
	}
	late := ""
	if s.Await {
		if why := ahead(Remove(original)); why != "" {
			late = NotFirst + why
		}
	}
	if len(out) <= Limit {
		return out, late, nil
	}
	if reason := notPacked(out, format); reason != "" {
		return original, unchanged(format, fmt.Sprintf("%d bytes with spotd, over the limit of %d, and %s", len(out), Limit, reason)), nil
	}
	packed := pack(out)
	if len(packed) > Limit {
		return original, unchanged(format, fmt.Sprintf("%d bytes with spotd, %d compressed, over the limit of %d", len(out), len(packed), Limit)), nil
	}
	note = fmt.Sprintf("compressed from %d to %d bytes to stay under %d", len(out), len(packed), Limit)
	if late != "" {
		note += "; " + late
	}
	return packed, note, nil
}

// NotFirst begins the note on user data that runs something before our wait.
const NotFirst = "the wait for membership does not come before all of the owner's scripts: "

// join puts the script for the owner's format beside the owner's data.
func join(owner []byte, s Settings) (out []byte, format Format, reason string) {
	format = Detect(owner)
	if format == WindowsXML || format == WindowsYAML {
		if s.SHA256[windows] == "" && !s.WaitOnly {
			return nil, format, "no checksum of spotd for " + windows + " is given"
		}
		out, reason = joinWindows(owner, format, renderWindows(s))
		return out, format, reason
	}
	if s.SHA256["amd64"] == "" && s.SHA256["arm64"] == "" && !s.WaitOnly {
		return nil, format, "no checksum of spotd for Linux (amd64, arm64) is given"
	}
	if format == Gzip {
		return joinGzip(owner, render(s))
	}
	out, reason = joinText(owner, format, render(s))
	return out, format, reason
}

// joinText adds ours to what cloud-init reads.
func joinText(owner []byte, format Format, script string) (out []byte, reason string) {
	switch format {
	case Empty:
		if len(owner) > blankLimit {
			return nil, fmt.Sprintf("%d bytes of white space", len(owner))
		}
		return joinNothing(owner, script), ""
	case MIME:
		return joinMessage(owner, script)
	case Nodeadm:
		if !eightBit(owner) {
			return nil, "it is not UTF-8, or ends in half a line end"
		}
		return joinPart(owner, script, nodeadmType, isPart), ""
	case Gzip:
		return nil, "gzip within gzip, which cloud-init does not unpack"
	case WindowsXML, WindowsYAML:
		return nil, "the agents of Windows read no gzip"
	}
	if why := refusals[format]; why != "" {
		return nil, why
	}
	_, kind := byPrefix(owner)
	return joinPart(owner, script, kind, isPart), ""
}

// notPacked says who would not read user data if it were compressed.
func notPacked(out []byte, format Format) string {
	switch {
	case format == WindowsXML || format == WindowsYAML:
		return "the agents of Windows read no gzip"
	case bytes.HasPrefix(out, gzipMagic):
		return "it is compressed already"
	case isNodeadm(out):
		return "EKS' nodeadm reads no gzip"
	}
	return ""
}

// Unchanged begins the note on what passed through.
const Unchanged = "passed through unchanged: "

func unchanged(f Format, reason string) string { return fmt.Sprintf("%s%s: %s", Unchanged, f, reason) }

// Remove takes out what Inject put in; user data without it comes back as it
// is. Remove(Inject(x)) is x for every x that holds no injection.
func Remove(b []byte) []byte {
	for range maxNested {
		owner, _, ok := split(b)
		if !ok {
			break
		}
		b = owner
	}
	return b
}

// maxNested bounds how many injections are taken out of one another; Inject
// makes no more than one.
const maxNested = 16

// Injected returns the settings of the injection that b holds, if any.
func Injected(b []byte) (Settings, bool) {
	_, script, ok := split(b)
	if !ok {
		return Settings{}, false
	}
	return read(script)
}

// split parts the owner's bytes from our script. What does not become b again
// when it is put together is not ours, nor is a script without our settings.
func split(b []byte) (owner []byte, script string, ok bool) {
	owner, script, ok = splitAny(b)
	if _, readable := read(script); !ok || !readable {
		return nil, "", false
	}
	return owner, script, true
}

func splitAny(b []byte) (owner []byte, script string, ok bool) {
	if bytes.HasPrefix(b, gzipMagic) {
		return splitGzip(b)
	}
	if owner, script, ok := splitWindows(b); ok {
		return owner, script, true
	}
	owner, script, _, ok = takeApart(b)
	if !ok {
		return nil, "", false
	}
	again, _ := joinText(owner, Detect(owner), script)
	return owner, script, bytes.Equal(again, b)
}
