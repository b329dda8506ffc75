package update

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"autospotting/spotd/durable"
)

// pending is an update that is under way.
type pending struct {
	Version  string `json:"version"`
	New      string `json:"new"`                // SHA-256 of the new program, hex
	Old      string `json:"old"`                // of the previous one
	Heard    bool   `json:"heard"`              // the old one reached the topic, so the new one has to
	Attempts int    `json:"attempts,omitempty"` // how often the new one was started
	Failed   string `json:"failed,omitempty"`   // why the previous one has to come back
}

// memory is what outlives an update.
type memory struct {
	Serial int64             `json:"serial"`        // the highest that was accepted
	Bad    map[string]string `json:"bad,omitempty"` // why a program was put back, by its SHA-256
}

// PendingFile is the name of the file that is there while an update is under way; the unit asks for it.
const PendingFile = "pending"

func (u *Updater) pendingFile() string { return filepath.Join(u.State, PendingFile) }
func (u *Updater) memoryFile() string  { return filepath.Join(u.State, "memory.json") }

func (u *Updater) pending() (*pending, error) {
	var p pending
	found, err := load(u.pendingFile(), &p)
	if !found || err != nil {
		return nil, err
	}
	return &p, nil
}

func (u *Updater) note(p pending) error { return store(u.pendingFile(), p) }

func (u *Updater) forget() error {
	u.step("end what is pending")
	if err := os.Remove(u.pendingFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return durable.SyncDir(u.State)
}

func (u *Updater) memory() (m memory, err error) {
	_, err = load(u.memoryFile(), &m)
	return m, err
}

func (u *Updater) remember(m memory) error { return store(u.memoryFile(), m) }

func load(path string, into any) (found bool, err error) {
	body, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w: remove it", path, err)
	}
	return true, err
}

// store writes a file that is whole or absent after a crash.
func store(path string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	half := path + ".half"
	f, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(body); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(half, path); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(path))
}

// linkOver gives a file a second name, in the place of what has that name, at once.
func linkOver(from, to string) error {
	half := to + ".half"
	if err := os.Remove(half); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Link(from, half); err != nil {
		return err
	}
	if err := os.Rename(half, to); err != nil {
		return err
	}
	return os.RemoveAll(half) // rename does nothing where both names are of one file already
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}
