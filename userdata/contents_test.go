package userdata

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"strings"
	"testing"
)

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatUserDataSaysIsReadInEveryLayer(t *testing.T) {
	t.Parallel()
	const script = "#!/bin/sh\nmkfs.xfs /dev/nvme1n1\n"
	message := func(body, encoding string) string {
		return "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/cloud-config\n\n#cloud-config\n--b\n" +
			"Content-Type: text/x-shellscript\nContent-Transfer-Encoding: " + encoding + "\n\n" + body + "\n--b--\n"
	}
	outer := "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"o\"\n\n--o\n" + strings.TrimPrefix(message(script, "7bit"), "MIME-Version: 1.0\n") + "\n--o--\n"
	for name, b := range map[string][]byte{
		"plain":                    []byte(script),
		"gzip":                     zipped(t, script),
		"a part":                   []byte(message(script, "7bit")),
		"a part in base64":         []byte(message(base64.StdEncoding.EncodeToString([]byte(script)), "base64")),
		"a part in base64 of gzip": []byte(message(base64.StdEncoding.EncodeToString(zipped(t, script)), "base64")),
		"a quoted part":            []byte(message(strings.ReplaceAll(script, "=", "=3D"), "quoted-printable")),
		"a message in gzip":        zipped(t, message(script, "7bit")),
		"a message in a message":   []byte(outer),
	} {
		found := false
		for _, text := range Contents(b) {
			found = found || bytes.Contains(text, []byte("mkfs.xfs /dev/nvme1n1"))
		}
		if !found {
			t.Errorf("%s: not found in %q", name, Contents(b))
		}
	}
	injected, note, err := Inject([]byte(script), sample())
	if err != nil || note != "" {
		t.Fatal(note, err)
	}
	if got := bytes.Join(Contents(injected), nil); !bytes.Equal(got, []byte(script)) {
		t.Errorf("with ours in it: %q", got)
	}
	for _, broken := range [][]byte{nil, {0x1f, 0x8b}, []byte(message("%%%", "base64"))} {
		Contents(broken) // it answers
	}
}
