package dataset

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
)

// Error is a file that cannot be used.
type Error struct {
	File   string
	Line   int // 0 where the whole file is meant
	Reason string
	Remedy string
}

func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s, line %d: %s: %s", e.File, e.Line, e.Reason, e.Remedy)
	}
	return fmt.Sprintf("%s: %s: %s", e.File, e.Reason, e.Remedy)
}

// largest is the most that a file may hold once unpacked: a gzip of zeros should end as an error, not as a full machine.
const largest = 4 << 30

// read opens a file, unpacks it if its first bytes say gzip, and hands it to parse.
func read(file string, parse func(io.Reader) error) error {
	f, err := os.Open(file)
	if err != nil {
		return &Error{File: file, Reason: reason(err), Remedy: "check the path"}
	}
	defer f.Close()
	in, err := unpacked(f)
	if err != nil {
		return &Error{File: file, Reason: "its first bytes say gzip, and it is not: " + err.Error(), Remedy: "fetch it again"}
	}
	if in, err = plain(bufio.NewReaderSize(in, 1<<16)); err == nil {
		err = parse(in)
	}
	var ours *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ours):
		ours.File = file
		return ours
	}
	return &Error{File: file, Reason: err.Error(), Remedy: "fetch it again, or compare it with the formats in docs/simulate.md"}
}

func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func unpacked(f io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(f, 1<<16)
	if magic, err := in.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		zr, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		return io.LimitReader(zr, largest), nil
	}
	return io.LimitReader(in, largest), nil
}
