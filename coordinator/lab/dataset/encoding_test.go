package dataset

import (
	"bufio"
	"bytes"
	"io"
	"testing"
	"unicode/utf8"
)

// FuzzPlain: what has a mark of UTF-16 comes out as UTF-8, what has none comes out as it is, but for the mark of UTF-8.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{"{}", "\xff\xfe{\x00}\x00", "\xfe\xff\x00{\x00}", "{\x00}\x00", "\xef\xbb\xbf{}", "\xff\xfe\x00\xd8", "", "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := plain(bufio.NewReader(bytes.NewReader(body)))
		if err != nil {
			return
		}
		out, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if same := bytes.Equal(out, bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))); !same && !utf8.Valid(out) {
			t.Errorf("%q became %q", body, out)
		}
	})
}
