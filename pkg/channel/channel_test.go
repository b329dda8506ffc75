package channel

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestVersionsHaveTheirOrder(t *testing.T) {
	t.Parallel()
	ascending := strings.Fields("0.9.0 v1.0.0-alpha v1.0.0-alpha.1 v1.0.0-alpha.beta v1.0.0-beta.2 v1.0.0-beta.11 v1.0.0-rc.1 v1.0.0-rc.1-3-gabcdef0 v1.0.0 v1.0.0-4-gabcdef0 v1.0.0-11-gabcdef0 v1.0.1 v1.2.0 v1.10.0 v2.0.0")
	for i, a := range ascending {
		for j, b := range ascending {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got, ok := Compare(a, b); !ok || got != want {
				t.Errorf("%s against %s: %d, %t", a, b, got, ok)
			}
		}
	}
	for _, pair := range [][2]string{{"v1.0.0", "6079c5f"}, {"6079c5f", "6079c5e"}, {"v1.0", "v1.0.0"}, {"", "v1.0.0"}, {"v1.-1.0", "v1.0.0"}} {
		if _, ok := Compare(pair[0], pair[1]); ok {
			t.Errorf("%s and %s have an order", pair[0], pair[1])
		}
	}
	if order, ok := Compare("v1.2.0", "1.2.0"); !ok || order != 0 {
		t.Error("the v says nothing")
	}
}

func TestAnArtefactIsReadWholeOrRefused(t *testing.T) {
	t.Parallel()
	a := release(nil).Artifacts[0] // of "foo"
	broken := errors.New("connection reset")
	for _, c := range []struct {
		name string
		from io.Reader
		want error
	}{
		{"whole", strings.NewReader("foo"), nil},
		{"whole, byte for byte", iotest.OneByteReader(strings.NewReader("foo")), nil},
		{"whole, its end with its last byte", iotest.DataErrReader(strings.NewReader("foo")), nil},
		{"cut", strings.NewReader("fo"), ErrTruncated},
		{"nothing", strings.NewReader(""), ErrTruncated},
		{"another", strings.NewReader("bar"), ErrTampered},
		{"more", strings.NewReader("foo!"), ErrTooLarge},
		{"without end", endless{}, ErrTooLarge},
		{"a broken connection", io.MultiReader(strings.NewReader("fo"), iotest.ErrReader(broken)), broken},
		{"a connection that breaks at the end", io.MultiReader(strings.NewReader("foo"), iotest.ErrReader(broken)), broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := a.Copy(&b, c.from); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if b.Len() > int(a.Size) {
				t.Errorf("%d bytes were written", b.Len())
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, "foo"), nil }

func TestKeysAreWrittenAsTheyAreRead(t *testing.T) {
	t.Parallel()
	both := public(ours, next)
	got, err := ParseKeys(FormatKey(both[0]) + ", " + FormatKey(both[1]) + ",")
	if err != nil || fmt.Sprint(got) != fmt.Sprint(both) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", " , ", "x", FormatKey(both[0])[2:], "c3ln"} {
		if _, err := ParseKeys(bad); err == nil {
			t.Errorf("%q is taken for keys", bad)
		}
	}
	if len(KeyID(both[0])) != 16 || KeyID(both[0]) == KeyID(both[1]) {
		t.Errorf("they are called %s and %s", KeyID(both[0]), KeyID(both[1]))
	}
}

func TestAnArtefactIsFoundByWhatItIsFor(t *testing.T) {
	t.Parallel()
	m := release(nil)
	if a, err := m.Find(Spotd, "linux", "amd64"); err != nil || a != m.Artifacts[0] {
		t.Errorf("%v, %v", a, err)
	}
	if _, err := m.Find(Spotd, "linux", "arm64"); err == nil || !strings.Contains(err.Error(), "no spotd for linux/arm64") {
		t.Errorf("got %v", err)
	}
	if Key("stable") != "channel/stable.json" {
		t.Errorf("it is at %s", Key("stable"))
	}
}
