package userdata

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// likeCloudInit reads a message the way cloud-init does: decoded as UTF-8,
// parsed as text, each part's payload taken decoded, under its file name.
const likeCloudInit = `
import sys, json, email, gzip
raw = sys.stdin.buffer.read()
if raw[:2] == b"\x1f\x8b":
    raw = gzip.decompress(raw)
assert b"mime-version:" in raw[:4096].lower()
out = []
for part in email.message_from_string(raw.decode("utf-8")).walk():
    if part.get_content_maintype() != "multipart":
        out.append([part.get_filename(), part.get_content_type(), list(part.get_payload(decode=True))])
json.dump(out, sys.stdout)
`

func TestCloudInitHandsTheOwnersScriptOnUnchanged(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed here")
	}
	s := sample()
	s.Group = `it's "é" 数`
	for name, original := range wrapped {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, _ := inject(t, []byte(original), s)
			cmd := exec.Command(python, "-c", likeCloudInit)
			cmd.Stdin = bytes.NewReader(out)
			read, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v, %s", err, read)
			}
			var parts [][3]any
			if err := json.Unmarshal(read, &parts); err != nil {
				t.Fatal(err)
			}
			want := [][2]string{{"part-000-spotd", render(s)}}
			if strings.TrimSpace(original) != "" {
				want = append(want, [2]string{"part-001", original})
			}
			if len(parts) != len(want) {
				t.Fatalf("%d parts, want %d", len(parts), len(want))
			}
			for i, p := range parts {
				if got := octets(p[2]); p[0] != want[i][0] || p[1] != "text/x-shellscript" || got != want[i][1] {
					t.Errorf("part %d is %v, %v, %q; want %q", i, p[0], p[1], got, want[i])
				}
			}
		})
	}
}

func octets(v any) string {
	var b []byte
	for _, n := range v.([]any) {
		b = append(b, byte(n.(float64)))
	}
	return string(b)
}
