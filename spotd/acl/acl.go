// Package acl keeps what the daemon reads and runs on Windows, where it runs as
// SYSTEM, out of everybody else's hands: access lists, which the mode of a file does
// not show. Elsewhere it does nothing.
//
// It was compiled for Windows and tested on descriptors from there. It has not run on Windows.
package acl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Folder is the access list of the daemon's folder, and of what will stand in it: full
// control for SYSTEM and the Administrators, nothing for anybody else, nothing
// inherited (Microsoft, "Security Descriptor String Format").
const Folder = "O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

// Errors of Judge, wrapped with who it is; compare with errors.Is.
var (
	// ErrOwner: it belongs to somebody who is neither SYSTEM nor an Administrator,
	// and may do with it what he likes.
	ErrOwner = errors.New("belongs to")
	// ErrWriter: somebody else may change it.
	ErrWriter = errors.New("may be changed by")
	// ErrDescriptor: not to be read, which is no reason to trust it.
	ErrDescriptor = errors.New("unreadable security descriptor")
)

// trusted are SYSTEM, the Administrators and the Windows installer, by their aliases
// and identifiers (Microsoft, "SID Strings", "Well-known SIDs").
var trusted = []string{"SY", "S-1-5-18", "BA", "S-1-5-32-544", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"}

// ownersRights stand for the owner, who is judged by himself.
var ownersRights = []string{"OW", "S-1-3-4"}

// rights are the bits of the two-letter names (Microsoft, "ACE Strings"; "File Access
// Rights Constants").
var rights = map[string]uint32{
	"GA": 0x10000000, "GX": 0x20000000, "GW": 0x40000000, "GR": 0x80000000,
	"RC": 0x20000, "SD": 0x10000, "WD": 0x40000, "WO": 0x80000,
	"CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100,
	"FA": 0x1f01ff, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200a0,
}

// writing is every bit by which a file, or what stands in a folder, can be changed:
// write, append, write attributes and extended attributes, delete a child, delete,
// write the access list or the owner, and the generic ones.
const writing = 0x2 | 0x4 | 0x10 | 0x40 | 0x100 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000

// Judge tells who else than SYSTEM and the Administrators owns or may change what has
// this security descriptor; nil if nobody does.
func Judge(sddl string) error {
	if err := JudgeOwner(sddl); err != nil {
		return err
	}
	entries, err := dacl(sddl)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch who, err := e.writer(); {
		case err != nil:
			return err
		case who != "" && !slices.Contains(trusted, who) && !slices.Contains(ownersRights, who):
			return fmt.Errorf("%w %s", ErrWriter, who)
		}
	}
	return nil
}

// JudgeOwner looks at the owner alone.
func JudgeOwner(sddl string) error {
	rest, found := strings.CutPrefix(sddl, "O:")
	end := strings.IndexByte(rest, ':') // of the next part, whose letter stands before it
	if !found || end < 2 {
		return fmt.Errorf("%w: no owner in %.200q", ErrDescriptor, sddl)
	}
	if owner := rest[:end-1]; !slices.Contains(trusted, owner) {
		return fmt.Errorf("%w %s", ErrOwner, owner)
	}
	return nil
}

// entry is one of an access list: type, flags, rights, two GUIDs, who, and perhaps a
// condition.
type entry []string

// writer is whom an entry lets change the object itself; empty if nobody.
func (e entry) writer() (string, error) {
	if len(e) < 6 {
		return "", fmt.Errorf("%w: entry %q", ErrDescriptor, e)
	}
	switch e[0] {
	case "A", "OA", "XA", "ZA":
	case "D", "OD", "XD":
		return "", nil // takes rights
	default:
		return "", fmt.Errorf("%w: entry of type %q", ErrDescriptor, e[0])
	}
	if slices.Contains(pairs(e[1]), "IO") { // for what will stand in it, which is judged itself
		return "", nil
	}
	mask, err := maskOf(e[2])
	if err != nil || mask&writing == 0 {
		return "", err
	}
	return e[5], nil
}

func maskOf(text string) (mask uint32, err error) {
	if strings.HasPrefix(text, "0x") {
		n, err := strconv.ParseUint(text[2:], 16, 32)
		if err != nil {
			return 0, fmt.Errorf("%w: rights %q", ErrDescriptor, text)
		}
		return uint32(n), nil
	}
	for _, name := range pairs(text) {
		bits, known := rights[name]
		if !known {
			return 0, fmt.Errorf("%w: rights %q", ErrDescriptor, text)
		}
		mask |= bits
	}
	return mask, nil
}

func pairs(s string) (list []string) {
	for ; s != ""; s = s[min(2, len(s)):] {
		list = append(list, s[:min(2, len(s))])
	}
	return list
}

// dacl returns the entries of the discretionary access list. Without one everybody may
// do everything.
func dacl(sddl string) (entries []entry, err error) {
	_, rest, found := strings.Cut(sddl, "D:")
	flags, _, _ := strings.Cut(rest, "(")
	if !found || strings.Contains(flags, "NO_ACCESS_CONTROL") {
		return nil, fmt.Errorf("%w everybody: it has no access list", ErrWriter)
	}
	rest = rest[len(flags):]
	for strings.HasPrefix(rest, "(") {
		end := closing(rest)
		if end < 0 {
			return nil, fmt.Errorf("%w: %.200q", ErrDescriptor, sddl)
		}
		entries = append(entries, strings.SplitN(rest[1:end], ";", 7))
		rest = rest[end+1:]
	}
	if rest != "" && !strings.HasPrefix(rest, "S:") {
		return nil, fmt.Errorf("%w: %.200q", ErrDescriptor, sddl)
	}
	return entries, nil
}

// closing finds the parenthesis that closes the first one: a condition has more.
func closing(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
