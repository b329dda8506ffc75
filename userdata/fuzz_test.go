package userdata

import (
	"bytes"
	"testing"
)

// seed gives a fuzz target the corpus, and the corpus injected.
func seed(f *testing.F) {
	for _, owner := range corpus(f) {
		f.Add(owner, "web")
		out, _, err := Inject(owner, all())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(out, `a'b"c é`)
	}
}

func FuzzInject(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, original []byte, group string) {
		s := all()
		s.Group = group
		out, note, err := Inject(original, s)
		if err != nil {
			if s.Validate() == nil {
				t.Fatalf("valid settings refused: %v", err)
			}
			return
		}
		owner := Remove(original) // original, unless the fuzzer grew an injection
		got, injected := Injected(out)
		changed := !bytes.Equal(out, original)
		switch {
		case changed && (!injected || got.Group != group):
			t.Fatalf("changed, and the group is %q", got.Group)
		case changed && len(out) > Limit:
			t.Fatalf("%d bytes", len(out))
		case !changed && note == "" && got.Group != group:
			t.Fatal("passed through without a reason")
		case !bytes.Equal(Remove(out), owner):
			t.Fatalf("%q came out as %q", owner, Remove(out))
		}
		if again, _, err := Inject(out, s); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("injecting twice differs: %v", err)
		}
	})
}

func FuzzRemove(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte, _ string) {
		owner := Remove(b)
		if _, injected := Injected(b); injected == bytes.Equal(owner, b) {
			t.Fatalf("holds an injection: %v, but removing gives %q", injected, owner)
		}
		if again := Remove(owner); !bytes.Equal(again, owner) {
			t.Fatalf("removing twice gives %q", again)
		}
	})
}

func FuzzShow(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte, _ string) {
		info := Show(b)
		if info.Size != len(b) || info.Format == "" {
			t.Fatalf("shown as %+v", info)
		}
	})
}
