package userdata

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os/exec"
	"reflect"
	"slices"
	"testing"
)

// call is what cloud-init calls a handler with.
type call [4]any

func (c call) payload() string {
	raw, _ := base64.StdEncoding.DecodeString(c[2].(string)) // as parts.py encoded it
	return string(raw)
}

type cloudInit struct {
	Version string
	Parts   map[string][]call
	Errors  map[string]string
}

// read has the installed cloud-init, which Debian's Python imports, split each.
func readByCloudInit(t *testing.T, files map[string][]byte) cloudInit {
	t.Helper()
	in, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "testdata/parts.py")
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	raw, err := cmd.Output()
	if bytes.HasPrefix(stderr.Bytes(), []byte("cloud-init: ")) || cmd.ProcessState == nil {
		t.Skipf("not run: %s %v: apt-get install cloud-init", bytes.TrimSpace(stderr.Bytes()), err)
	}
	if err != nil {
		t.Fatalf("%v, %s", err, stderr.Bytes())
	}
	var out cloudInit
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCloudInitHandlesTheSamePartsAndOurs compares what cloud-init makes of the
// owner's bytes alone with what it makes of them injected: type, file name,
// payload and steering headers of every part are the same, and ours is last.
func TestCloudInitHandlesTheSamePartsAndOurs(t *testing.T) {
	t.Parallel()
	s := all()
	s.Group = `it's "é" 数`
	before, after := map[string][]byte{}, map[string][]byte{}
	for name, owner := range corpus(t) {
		out, _ := inject(t, owner, s)
		f := Detect(owner)
		if _, ok := Injected(out); ok && f != WindowsXML && f != WindowsYAML {
			before[name], after[name] = owner, out
		}
	}
	was, is := readByCloudInit(t, before), readByCloudInit(t, after)
	t.Logf("%d files through cloud-init %s", len(before), is.Version)
	for name := range before {
		t.Run(name, func(t *testing.T) {
			want, got := was.Parts[name], is.Parts[name]
			if was.Errors[name] != is.Errors[name] {
				t.Fatalf("fails with %q, did with %q", is.Errors[name], was.Errors[name])
			}
			if f := Detect(before[name]); f == Nodeadm || f == Empty || name == "gzip-empty" {
				want = nil // cloud-init does nothing with these but warn
				got = slices.DeleteFunc(got, func(c call) bool { return c[0] == nodeadmType })
			}
			if len(got) != len(want)+1 {
				t.Fatalf("%d parts %v, want %d and ours", len(got), got, len(want))
			}
			for i := range want {
				if !reflect.DeepEqual(got[i], want[i]) {
					t.Errorf("part %d is %v %q, was %v %q", i, got[i], got[i].payload(), want[i], want[i].payload())
				}
			}
			if ours := got[len(want)]; ours[0] != "text/x-shellscript" || ours[1] != "000-spotd" || ours.payload() != render(s) {
				t.Errorf("ours is %v", ours)
			}
		})
	}
}
