package outbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"autospotting/pkg/message"
)

func write(t *testing.T, path, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestAnotherInstanceInheritsNothing(t *testing.T) {
	state := t.TempDir()
	launch := time.Unix(1000, 0)
	mine := Dir(state, instance, launch)
	for _, other := range []string{Dir(state, "i-0f", launch), Dir(state, instance, time.Unix(999, 0))} {
		write(t, filepath.Join(other, "hello.said"), "")
	}
	write(t, filepath.Join(state, "owner", "keep.said"), "")
	write(t, filepath.Join(mine, "ready.said"), "")
	_, pending, said, err := openStore(mine)
	if err != nil || len(pending) != 0 || !slices.Equal(said, []string{"ready"}) {
		t.Errorf("pending %v, said %q, %v", pending, said, err)
	}
	if exists(Dir(state, "i-0f", launch)) || exists(Dir(state, instance, time.Unix(999, 0))) {
		t.Error("another life is still there")
	}
	if !exists(filepath.Join(state, "owner", "keep.said")) {
		t.Error("somebody else's directory is gone")
	}
}

func TestWhatCannotBeReadIsSaidAnew(t *testing.T) {
	dir := Dir(t.TempDir(), instance, time.Unix(1000, 0))
	write(t, filepath.Join(dir, "hello.json"), `{"version":1`)
	write(t, filepath.Join(dir, "ready.half"), `{}`)
	write(t, filepath.Join(dir, "rebalance.said"), ``)
	_, pending, said, err := openStore(dir)
	if len(pending) != 0 || !slices.Equal(said, []string{"rebalance"}) {
		t.Errorf("pending %v, said %q", pending, said)
	}
	if err == nil || !strings.Contains(err.Error(), "hello.json") {
		t.Errorf("error %v does not name the file", err)
	}
	if exists(filepath.Join(dir, "hello.json")) || exists(filepath.Join(dir, "ready.half")) {
		t.Error("the broken files are still there")
	}
}

func TestAWriteThatFailsLeavesNoFile(t *testing.T) {
	dir := Dir(t.TempDir(), instance, time.Unix(1000, 0))
	s, _, _, err := openStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "hello.half"), 0o700); err != nil { // stands in the way
		t.Fatal(err)
	}
	if err := s.put("hello", []byte("{}")); err == nil || exists(filepath.Join(dir, "hello.json")) {
		t.Errorf("error %v, file there %v", err, exists(filepath.Join(dir, "hello.json")))
	}
}

func TestWhatWasPutIsReadBackWhole(t *testing.T) {
	dir := Dir(t.TempDir(), instance, time.Time{})
	s, _, _, err := openStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := message.New(message.Ready, message.Source{Instance: instance}, time.Unix(5, 0), time.Time{})
	body, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.put("ready", body); err != nil {
		t.Fatal(err)
	}
	_, pending, _, err := openStore(dir)
	if err != nil || len(pending) != 1 || pending[0] != (entry{"ready", r}) {
		t.Errorf("%+v, %v", pending, err)
	}
}
