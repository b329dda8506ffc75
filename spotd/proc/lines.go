package proc

import "bytes"

// longest is the most of a line that is passed on; the journal cuts at 48 KiB
// anyway, and nobody reads that far.
const longest = 1024

// lines is a writer that hands whole lines on. os/exec writes from one
// goroutine where both outputs are the same writer.
type lines struct {
	to   func(string)
	line []byte
}

// Write never fails: a program is not to die of its output.
func (l *lines) Write(b []byte) (int, error) {
	n := len(b)
	for {
		before, after, found := bytes.Cut(b, []byte("\n"))
		l.line = append(l.line, before[:min(len(before), longest-min(longest, len(l.line)))]...)
		if !found {
			return n, nil
		}
		l.flush()
		b = after
	}
}

func (l *lines) flush() {
	if len(l.line) > 0 && l.to != nil {
		l.to(string(bytes.ToValidUTF8(l.line, []byte("\ufffd"))))
	}
	l.line = l.line[:0]
}
