package dataset

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
)

// plain makes UTF-8 without a mark of what a file holds. Windows PowerShell writes what a command prints as UTF-16, and what it is told to write
// as UTF-8 with a mark (about_Character_Encoding). Without a mark UTF-16 is known by the NUL beside its first character.
func plain(in *bufio.Reader) (io.Reader, error) {
	head, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(head, []byte{0, 0, 0xfe, 0xff}):
		return nil, &Error{Reason: "it is UTF-32", Remedy: "save it as UTF-8"}
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err := in.Discard(3)
		return in, err
	case bytes.HasPrefix(head, []byte("\xff\xfe")), len(head) > 1 && head[0] != 0 && head[1] == 0:
		return wide(in, binary.LittleEndian)
	case bytes.HasPrefix(head, []byte("\xfe\xff")), len(head) > 1 && head[0] == 0 && head[1] != 0:
		return wide(in, binary.BigEndian)
	}
	return in, nil
}

func wide(in io.Reader, order binary.ByteOrder) (io.Reader, error) {
	body, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	if len(body)%2 != 0 {
		return nil, &Error{Reason: "it is UTF-16, and ends in the middle of a character", Remedy: "fetch it again"}
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = order.Uint16(body[2*i:])
	}
	out := make([]byte, 0, len(units))
	for _, r := range utf16.Decode(units) {
		if r != '\ufeff' { // also where two such files were put together
			out = append(out, string(r)...)
		}
	}
	return bytes.NewReader(out), nil
}
