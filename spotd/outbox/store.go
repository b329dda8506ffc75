package outbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"autospotting/pkg/message"
	"autospotting/spotd/durable"
)

// The files of a life: one per report, named by its key. Renaming pending to
// said is the acknowledgement; a file of either kind means that it was said.
const (
	pendingSuffix = ".json"
	saidSuffix    = ".said"
	halfSuffix    = ".half" // being written
)

// store keeps the reports of one life of one instance on disk. Nothing is shared
// between lives: an image baked from a running instance carries its files, and
// must not inherit what that one had said.
type store struct {
	dir string
}

// entry is a report that is still to be delivered.
type entry struct {
	key    string
	report message.Report
}

// openStore makes dir, removes the directories of other lives beside it, and
// returns what is in it. What cannot be read is dropped, so that it is said
// anew, and told in the error; the rest is valid all the same.
func openStore(dir string) (s store, pending []entry, said []string, err error) {
	s = store{dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, nil, nil, err
	}
	errs := []error{s.forgetOthers()}
	files, err := os.ReadDir(dir) // in the order of names
	errs = append(errs, err)
	for _, f := range files {
		switch name := f.Name(); filepath.Ext(name) {
		case saidSuffix:
			said = append(said, strings.TrimSuffix(name, saidSuffix))
		case pendingSuffix:
			e, err := s.load(name)
			if err != nil {
				errs = append(errs, err, os.Remove(filepath.Join(dir, name)))
				continue
			}
			pending, said = append(pending, e), append(said, e.key)
		case halfSuffix:
			errs = append(errs, os.Remove(filepath.Join(dir, name)))
		}
	}
	return s, pending, slices.Compact(said), errors.Join(errs...)
}

func (s store) load(name string) (entry, error) {
	body, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return entry{}, err
	}
	r, err := message.Decode(body)
	if err != nil {
		return entry{}, fmt.Errorf("%s, dropped: %w", name, err)
	}
	return entry{strings.TrimSuffix(name, pendingSuffix), r}, nil
}

// forgetOthers removes other lives' directories. Only names that a life can
// have are touched: the state directory may be the operator's.
func (s store) forgetOthers() error {
	parent := filepath.Dir(s.dir)
	files, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range files {
		if f.IsDir() && lifeName.MatchString(f.Name()) && f.Name() != filepath.Base(s.dir) {
			errs = append(errs, os.RemoveAll(filepath.Join(parent, f.Name())))
		}
	}
	return errors.Join(errs...)
}

// report reads what is known under a key; a mark has no report.
func (s store) report(key string) (message.Report, bool) {
	for _, suffix := range []string{pendingSuffix, saidSuffix} {
		if e, err := s.load(key + suffix); err == nil {
			return e.report, true
		}
	}
	return message.Report{}, false
}

// mark makes an empty file that says that something was done.
func (s store) mark(key string) error {
	return writeSynced(filepath.Join(s.dir, key+saidSuffix), nil)
}

// put writes a pending report so that it is whole or absent after a crash: its
// content is on disk before its name is, and the name before put returns.
func (s store) put(key string, body []byte) error {
	half := filepath.Join(s.dir, key+halfSuffix)
	if err := writeSynced(half, body); err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(half)))
	}
	if err := os.Rename(half, filepath.Join(s.dir, key+pendingSuffix)); err != nil {
		return err
	}
	return durable.SyncDir(s.dir)
}

// done marks a report as said. It is not synced: if the mark is lost, the same
// report is delivered once more, with the same ID.
func (s store) done(key string) error {
	return os.Rename(filepath.Join(s.dir, key+pendingSuffix), filepath.Join(s.dir, key+saidSuffix))
}

func writeSynced(path string, body []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Undelivered counts the reports in all lives below a state directory that are
// still to be delivered.
func Undelivered(state string) (int, error) {
	if _, err := os.ReadDir(state); err != nil {
		return 0, err
	}
	found, err := filepath.Glob(filepath.Join(state, "i-*@*", "*"+pendingSuffix))
	return len(found), err
}
