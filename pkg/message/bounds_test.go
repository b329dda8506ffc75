package message

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// largest is the size in bytes that no report exceeds on the wire, whatever its sender put into it.
const largest = 72 * 1024

// field is one text of a report, found by reflection so that a new one cannot be forgotten.
type field struct {
	name string
	text *string
}

func texts(r *Report) []field {
	var out []field
	var walk func(prefix string, v reflect.Value)
	walk = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			switch f := v.Field(i).Addr().Interface().(type) {
			case *string:
				out = append(out, field{prefix + tag, f})
			case *Source, *Identity:
				walk(prefix+tag+".", v.Field(i))
			}
		}
	}
	walk("", reflect.ValueOf(r).Elem())
	return out
}

// accepted tells whether a report may hold the text in that field.
func accepted(at int, text string) error {
	r := sample(Maintenance)
	f := texts(&r)[at]
	*f.text = text
	if f.name == "from.instance" {
		r.ID = ID(text, r.Kind, r.Deadline)
	}
	return r.Validate()
}

func TestEveryFieldHasABound(t *testing.T) {
	t.Parallel()
	var golden strings.Builder
	r := sample(Maintenance)
	for at, f := range texts(&r) {
		filler := "a"
		if f.name == "from.account" {
			filler = "1"
		}
		most := -1
		for n := range MaxIdentity + 2 {
			if n > 2*MaxDetail && n < MaxIdentity-1 {
				continue
			}
			if accepted(at, strings.Repeat(filler, n)) == nil {
				most = n
			}
		}
		says := fmt.Sprintf("0 to %d characters, refused beyond", most)
		switch {
		case f.name == "id" || f.name == "from.instance":
			says = "of one form"
		case most > MaxIdentity:
			says = fmt.Sprintf("cut at %d characters", utf8.RuneCountInString(fit(strings.Repeat("a", MaxSize))))
		}
		var refused []string
		for _, c := range []string{"<", "\"", "\\", " ", "\n", "\x00", "\x7f", "\u0085", "ü", "\u2028", "\U0010ffff", "\xff"} {
			if accepted(at, c) != nil {
				refused = append(refused, fmt.Sprintf("%q", c))
			}
		}
		fmt.Fprintf(&golden, "%-20s %s; of the strange characters not %s\n", f.name, says, strings.Join(refused, " "))
	}
	file := filepath.Join("testdata", "bounds.txt")
	if *update {
		if err := os.WriteFile(file, []byte(golden.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if golden.String() != string(want) {
		t.Errorf("got\n%swant\n%s(go test ./pkg/message -update writes it anew)", golden.String(), want)
	}
}

func TestWhatIsOverItsBoundIsRefusedWithItsField(t *testing.T) {
	t.Parallel()
	r := sample(Maintenance)
	for at, f := range texts(&r) {
		if f.name == "detail" {
			continue
		}
		for _, text := range []string{strings.Repeat("1", MaxIdentity+1), strings.Repeat("<", 200*1024), "\x00", "\xff"} {
			err := accepted(at, text)
			if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "field "+f.name) || len(err.Error()) > 300 {
				t.Errorf("%s of %d bytes: got %v", f.name, len(text), err)
			}
		}
	}
}

func TestNoReportIsLargeOnTheWire(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{"<", "\"", "\\", "\n", "\u2028", "\u00fc", "\U0010fffd", "\x01", "\xff", "a"} {
		r := sample(Maintenance)
		r.At = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
		for at, f := range texts(&r) {
			if f.name == "id" || f.name == "from.instance" {
				continue
			}
			n := sort.Search(MaxSize, func(n int) bool { return accepted(at, strings.Repeat(hostile, n+1)) != nil })
			*f.text = strings.Repeat(hostile, n)
		}
		b, err := r.Encode()
		if err != nil || len(b) > largest {
			t.Errorf("filled with %q: %d bytes, want at most %d; %v", hostile, len(b), largest, err)
		}
		if _, err := Decode(b); err != nil {
			t.Errorf("filled with %q: %v", hostile, err)
		}
	}
}

func TestALongDetailIsCutAndTheNoticeIsTold(t *testing.T) {
	t.Parallel()
	r := sample(Terminating)
	r.Detail = strings.Repeat("why? \n\x00\xff", MaxSize)
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(b)
	if n := utf8.RuneCountInString(back.Detail); err != nil || n != MaxDetail || !strings.HasPrefix(back.Detail, "why? ??") {
		t.Errorf("%d characters, %v: %.20q", n, err, back.Detail)
	}
	other := strings.Replace(encoded(t, Terminating), `"at"`, `"detail":"`+strings.Repeat("<", 3000)+`","at"`, 1)
	if back, err := Decode([]byte(other)); err != nil || utf8.RuneCountInString(back.Detail) != MaxDetail {
		t.Errorf("from a sender that does not cut: %d bytes, %v", len(back.Detail), err)
	}
}

func TestCodeMakesAnyTextAnAction(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"system-reboot": "system-reboot", "a b<ü\xff": "a_b___", strings.Repeat("x", 999): strings.Repeat("x", MaxCode), "": ""} {
		if got := Code(in); got != want {
			t.Errorf("%.20q became %q, want %q", in, got, want)
		}
	}
}

func TestMarkupIsOneByteOnTheWire(t *testing.T) {
	t.Parallel()
	r := sample(Ready)
	r.Detail = "<>&"
	if b, err := r.Encode(); err != nil || !strings.Contains(string(b), `"<>&"`) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestAnInstanceIDIsAllThatEC2GivesOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, id string
		is       bool
	}{
		{"17 digits", "i-0123456789abcdef0", true},
		{"8 digits, from before 2016", "i-0123abcd", true},
		{"nothing", "", false},
		{"no digits", "i-", false},
		{"16 digits", "i-0123456789abcdef", false},
		{"18 digits", "i-0123456789abcdef01", false},
		{"capitals", "i-0123ABCD", false},
		{"a letter that is no digit", "i-0123abcg", false},
		{"a line break after it", "i-0123abcd\n", false},
		{"something before it", " i-0123abcd", false},
		{"another resource", "ami-0123abcd", false},
		{"a digit of another script", "i-0123456789abcde\u0661", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := IsInstanceID(c.id); got != c.is {
				t.Errorf("%q: %t", c.id, got)
			}
		})
	}
}
