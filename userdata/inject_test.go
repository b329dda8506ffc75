package userdata

import (
	"bytes"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// inject fails the test on an error, which only invalid settings give.
func inject(t testing.TB, original []byte, s Settings) ([]byte, string) {
	t.Helper()
	out, note, err := Inject(original, s)
	if err != nil {
		t.Fatal(err)
	}
	return out, note
}

var wrapped = map[string]string{
	"nothing":                    "",
	"white space":                " \n\t\r\n",
	"a script":                   "#!/bin/bash\nset -e\necho hello\n",
	"a script without last line": "#!/bin/sh\necho hello",
	"only an interpreter":        "#!",
	"Python":                     "#!/usr/bin/env python3\nprint('x')\n",
	"CRLF":                       "#!/bin/sh\r\necho hello\r\n",
	"a lone CR":                  "#!/bin/sh\necho 'a\rb'\n",
	"blank lines at both ends":   "\n\n#!/bin/sh\n\n\n",
	"UTF-8":                      "#!/bin/sh\necho 'é → 数'\n",
	"bytes that are not UTF-8":   "#!/bin/sh\necho '\xff\xfe\xe9'\n",
	"control characters":         "#!/bin/sh\n\x01\x0b\x0c\x1b\x7f\n",
	"things that look like ours": "#!/bin/sh\n--spotd-\n#spotd-settings\nX-Spotd-Original: \n--spotd-0--\n",
	"lines with leading dashes":  "#!/bin/sh\n--\n-- \n--x--\n",
	"a long line":                "#!/bin/sh\n#" + strings.Repeat("x", 5000) + "\n",
}

func TestWhateverWasInjectedComesOutToTheByte(t *testing.T) {
	t.Parallel()
	for name, original := range wrapped {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, note := inject(t, []byte(original), sample())
			if _, ok := Injected(out); !ok || note != "" {
				t.Fatalf("not injected: %q", note)
			}
			if got := Remove(out); string(got) != original {
				t.Errorf("came out as %q, want %q", got, original)
			}
			if again, _ := inject(t, []byte(original), sample()); !bytes.Equal(again, out) {
				t.Error("the same input gave other bytes")
			}
			for i, c := range out {
				if c > '~' || (c < ' ' && c != '\n' && c != '\t') {
					t.Fatalf("byte %d is %#x: cloud-init needs plain ASCII", i, c)
				}
			}
		})
	}
}

func TestInjectingAgainReplaces(t *testing.T) {
	t.Parallel()
	for name, original := range wrapped {
		newer := sample()
		newer.Group, newer.Grace = "other", time.Minute
		first, _ := inject(t, []byte(original), sample())
		second, _ := inject(t, first, newer)
		direct, _ := inject(t, []byte(original), newer)
		if !bytes.Equal(second, direct) {
			t.Errorf("%s: injecting over an injection differs from injecting once", name)
		}
	}
}

func TestWhatCannotTakeOursPassesThrough(t *testing.T) {
	t.Parallel()
	// Even random letters shrink enough to fit; random bytes, which go as
	// base64, do not.
	incompressible := make([]byte, 16300)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range incompressible {
		incompressible[i] = byte(1 + r.IntN(255))
	}
	tests := []struct {
		name, original, says string
		format               Format
	}{
		{"Flatcar's own cloud-config", "#cloud-config\ncoreos:\n  units: []\n", "Ignition", CoreOS},
		{"Bottlerocket", "[settings.host-containers.admin]\nenabled = true\n", "containers only", Bottlerocket},
		{"Ignition", `{"ignition":{"version":"3.3.0"}}`, "JSON document", Ignition},
		{"Butane", "variant: fcos\nversion: 1.5.0\n", "source of Ignition", Butane},
		{"a byte-order mark", "\xef\xbb\xbf#!/bin/sh\n", "byte-order mark", ByteOrderMark},
		{"binary", "\x00\x01", "would no longer find", Binary},
		{"plain text", "hello\n", "would no longer find", Unknown},
		{"a message without a version", "Content-Type: multipart/mixed; boundary=b\n\n--b--\n", "first 4096 bytes", Headless},
		{"endless white space", strings.Repeat(" ", 513), "513 bytes of white space", Empty},
		{"Windows without a checksum for it", "<script>dir</script>", "no checksum", WindowsXML},
		{"broken gzip", "\x1f\x8b", "cannot be inflated", Gzip},
		{"a script that fills the limit", "#!/bin/sh\n#" + string(incompressible), "over the limit of 16384", Shell},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Detect([]byte(tt.original)); got != tt.format {
				t.Errorf("format %q, want %q", got, tt.format)
			}
			out, note := inject(t, []byte(tt.original), sample())
			if string(out) != tt.original || !strings.HasPrefix(note, "passed through unchanged: ") || !strings.Contains(note, tt.says) {
				t.Errorf("note %q should say %q; unchanged: %v", note, tt.says, string(out) == tt.original)
			}
			if got := Remove([]byte(tt.original)); string(got) != tt.original {
				t.Errorf("removing changed it to %q", got)
			}
		})
	}
}

func TestALargeScriptIsCompressedToFit(t *testing.T) {
	t.Parallel()
	original := []byte("#!/bin/sh\n" + strings.Repeat("echo a line like every other\n", 530))
	out, note := inject(t, original, sample())
	if len(out) > Limit || !bytes.HasPrefix(out, gzipMagic) || !strings.HasPrefix(note, "compressed from ") {
		t.Fatalf("%d bytes, note %q", len(out), note)
	}
	if !bytes.Equal(Remove(out), original) {
		t.Error("came out changed")
	}
	if again, _ := inject(t, out, sample()); !bytes.Equal(again, out) {
		t.Error("injecting again changed it")
	}
	got := Show(out)
	if got.Format != Shell || got.Size != len(out) || !got.Compressed || !got.Injected || got.Settings.Group != "web" {
		t.Errorf("shown as %+v", got)
	}
	want := []Part{{Type: "text/x-shellscript", Encoding: "7bit", Size: len(original)},
		{Type: "text/x-shellscript", Name: "000-spotd", Encoding: "7bit", Size: len(render(sample())), Ours: true}}
	if !slices.Equal(got.Parts, want) {
		t.Errorf("parts %+v, want %+v", got.Parts, want)
	}
}

func TestPartsAreListedAsCloudInitWalksThem(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	for name, want := range map[string][]Part{
		"mime-nested": {{Type: "text/cloud-config", Size: 30}, {Type: "text/x-shellscript", Size: 19}, {Type: "text/x-shellscript", Size: 18}, {Type: "text/x-shellscript", Size: 19}},
		"mime-aws-docs": {{Type: "text/cloud-config", Name: "cloud-config.txt", Encoding: "7bit", Size: 60},
			{Type: "text/x-shellscript", Name: "userdata.txt", Encoding: "7bit", Size: 56}},
		"gzip-mime":    {{Type: "text/cloud-config", Size: 30}, {Type: "text/x-shellscript", Size: 19}},
		"cloud-config": {{Type: "text/cloud-config", Size: 80}},
		"unknown-text": {{Size: 6}},
		"empty":        nil,
	} {
		if got := Show(files[name]).Parts; !slices.Equal(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestSomeoneElsesMessageIsShownAndLeftAlone(t *testing.T) {
	t.Parallel()
	foreign := "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/cloud-config\n\nx: y\n--b\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n--b--\n"
	got := Show([]byte(foreign))
	if got.Format != MIME || got.Injected || got.Compressed || len(got.Parts) != 2 || got.Parts[0].Type != "text/cloud-config" || got.Parts[1].Type != "text/x-shellscript" {
		t.Errorf("shown as %+v", got)
	}
	if got := Show([]byte("#!/bin/sh\n")); got.Format != Shell || got.Injected || len(got.Parts) != 1 || got.Size != 10 {
		t.Errorf("a script is shown as %+v", got)
	}
}

func TestAnInjectionThatWasEditedByHandIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	out, _ := inject(t, []byte("#!/bin/sh\n"), sample())
	for name, edited := range map[string]string{
		"cut off":      string(out[:len(out)-10]),
		"longer":       string(out) + "x",
		"other head":   "X: y\n" + string(out),
		"another kind": strings.Replace(string(out), "X-Spotd-Original: part", "X-Spotd-Original: nested", 1),
	} {
		if got := Remove([]byte(edited)); string(got) != edited {
			t.Errorf("%s: removing changed it", name)
		}
		if again, _ := inject(t, []byte(edited), sample()); string(Remove(again)) != edited {
			t.Errorf("%s: injecting over it loses it", name)
		}
	}
}

func TestTheWholeMessageIsAsReviewed(t *testing.T) {
	t.Parallel()
	s := sample()
	s.Group, s.Probe, s.Version = "it's a group", "http://127.0.0.1/health", "v1.2.3"
	s.Env = map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
	out, _ := inject(t, []byte(wrapped["a script"]), s)
	golden(t, "script.golden", out)
}

// golden compares with a file that people have read.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		line := 0
		a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
		for line < min(len(a), len(b))-1 && a[line] == b[line] {
			line++
		}
		t.Errorf("%s differs in line %d, %q; if meant, run go test . -update and review the difference", path, line+1, a[line])
	}
}

func sorted(files map[string][]byte) []string { return slices.Sorted(maps.Keys(files)) }
