package message

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func encoded(t testing.TB, kind Kind) string {
	t.Helper()
	b, err := sample(kind).Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDecodeSaysWhatIsWrongAndWhere(t *testing.T) {
	ready := encoded(t, Ready)
	for _, c := range []struct {
		name, data string
		want       error
		place      string
	}{
		{"nothing", "", ErrMalformed, "byte 0"},
		{"no JSON", "hello", ErrMalformed, "byte 1"},
		{"half a report", ready[:len(ready)/2], ErrMalformed, "byte "},
		{"two reports", ready + ready, ErrMalformed, "byte "},
		{"something after it", ready + "x", ErrMalformed, "byte "},
		{"a list", "[]", ErrMalformed, "byte "},
		{"null", "null", ErrMalformed, "field version"},
		{"no version", `{"kind":"ready"}`, ErrMalformed, "field version"},
		{"an event of another system", `{"version":"0","source":"aws.ec2"}`, ErrMalformed, "field version"},
		{"a newer version with other types", `{"version":2,"kind":{"of":"thing"}}`, ErrVersion, "field version"},
		{"an unknown kind", strings.Replace(ready, `"kind":"ready"`, `"kind":"dreaming"`, 1), ErrKind, "field kind"},
		{"a number for a kind", strings.Replace(ready, `"kind":"ready"`, `"kind":7`, 1), ErrMalformed, "field kind"},
		{"a moment that is none", strings.Replace(ready, `"at":"2026`, `"at":"last year `, 1), ErrMalformed, "field at"},
		{"a deadline that is none", strings.Replace(ready, `"at"`, `"deadline":"soon","at"`, 1), ErrMalformed, "field deadline"},
		{"a moment in another zone", strings.Replace(ready, `.25Z"`, `.25+02:00"`, 1), ErrMalformed, "field at"},
		{"more than a topic carries", ready + strings.Repeat(" ", MaxSize), ErrSize, "at most 262144"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode([]byte(c.data))
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.place) {
				t.Errorf("got %v, want %v at %s", err, c.want, c.place)
			}
		})
	}
}

func TestANewerSenderOfTheSameVersionIsUnderstood(t *testing.T) {
	newer := strings.Replace(encoded(t, Ready), `{"version":1`, `{"mood":{"is":["good"]},"version":1`, 1)
	if r, err := Decode([]byte(newer)); err != nil || r != sample(Ready) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestZeroOffsetIsUTC(t *testing.T) {
	numeric := strings.Replace(encoded(t, Ready), `.25Z"`, `.25+00:00"`, 1)
	if r, err := Decode([]byte(numeric)); err != nil || r != sample(Ready) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestTheIdentityDocumentKeepsEveryByte(t *testing.T) {
	r := sample(Ready)
	r.Identity.Document = "{\r\n\t\"a<b>&\u2028\" : \"\\u00e9\"\n}\n "
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := Decode(b); err != nil || back.Identity.Document != r.Identity.Document {
		t.Errorf("%q, %v", back.Identity.Document, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, kind := range Kinds() {
		f.Add([]byte(encoded(f, kind)))
	}
	f.Add([]byte(`{"version":1,"deadline":"0001-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"version":1,"kind":` + strings.Repeat("9", 1000) + `}`))
	f.Add([]byte(`{"version":1,"kind":"ready","at":"` + strings.Repeat("9", 1000) + `"}`))
	for _, c := range []string{"<", "\u2028", "\\\"", "\\u0000", "\U0010ffff", "\\ud800"} {
		text := encoded(f, Maintenance)
		f.Add([]byte(strings.Replace(text, "system-reboot", strings.Repeat(c, 70), 1)))
		f.Add([]byte(strings.Replace(text, "scheduled reboot", strings.Repeat(c, MaxDetail), 1)))
		f.Add([]byte(strings.Replace(text, `"web"`, `"`+strings.Repeat(c, MaxName)+`"`, 1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Decode(data)
		if err != nil {
			if len(err.Error()) > 400 {
				t.Fatalf("an error of %d bytes: what strangers write fills the log", len(err.Error()))
			}
			for _, known := range []error{ErrVersion, ErrKind, ErrMalformed, ErrSize} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("unnamed error %v", err)
		}
		b, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > largest {
			t.Fatalf("%d bytes, want at most %d", len(b), largest)
		}
		back, err := Decode(b)
		if err != nil || back != r {
			t.Fatalf("%+v became %+v, %v", r, back, err)
		}
		if again, _ := back.Encode(); !bytes.Equal(again, b) {
			t.Fatalf("%s became %s", b, again)
		}
	})
}
