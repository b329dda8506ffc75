package offline

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"

	"autospotting/coordinator/lab/dataset"
)

// text makes UTF-8 without a mark of what a file holds. Windows PowerShell writes what a command prints as UTF-16, and what it is told to write
// as UTF-8 with a mark (about_Character_Encoding). Without a mark UTF-16 is known by the NULs beside its first character.
func text(body []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(body, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(body, []byte{0, 0, 0xfe, 0xff}):
		return nil, &dataset.Error{Reason: "it is UTF-32", Remedy: "save it as UTF-8"}
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")):
		return body[3:], nil
	case bytes.HasPrefix(body, []byte("\xff\xfe")):
		return wide(body[2:], binary.LittleEndian)
	case bytes.HasPrefix(body, []byte("\xfe\xff")):
		return wide(body[2:], binary.BigEndian)
	case len(body) > 1 && body[0] != 0 && body[1] == 0:
		return wide(body, binary.LittleEndian)
	case len(body) > 1 && body[0] == 0 && body[1] != 0:
		return wide(body, binary.BigEndian)
	}
	return body, nil
}

func wide(body []byte, order binary.ByteOrder) ([]byte, error) {
	if len(body)%2 != 0 {
		return nil, &dataset.Error{Reason: "it is UTF-16, and ends in the middle of a character", Remedy: "fetch it again"}
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = order.Uint16(body[2*i:])
	}
	out := make([]byte, 0, len(units))
	for _, r := range utf16.Decode(units) {
		if r != '\ufeff' { // where two such files were put together
			out = append(out, string(r)...)
		}
	}
	return out, nil
}
