package update

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Status is what the daemon tells of itself to whoever may read its runtime directory. The file is there once the daemon knows
// its instance and has had its first look.
type Status struct {
	Version  string `json:"version"`
	PID      int    `json:"pid"`
	Instance string `json:"instance"`
	// Heard says that the topic has acknowledged a hello of this version.
	Heard bool `json:"heard"`
	// Leaving says that the instance is about to go: this is no time for a restart.
	Leaving bool `json:"leaving"`
}

// StatusFile is its name.
const StatusFile = "status.json"

// Write puts the status into a directory, whole.
func (s Status) Write(dir string) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	half := filepath.Join(dir, StatusFile+".half")
	if err := os.WriteFile(half, body, 0o644); err != nil {
		return err
	}
	return os.Rename(half, filepath.Join(dir, StatusFile))
}

func (u *Updater) status() string { return filepath.Join(u.Run, StatusFile) }

// read reads no more than a status can be: the directory is the daemon's, which has fewer rights than we.
func (u *Updater) read() (s Status, err error) {
	f, err := os.Open(u.status())
	if err != nil {
		return s, err
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, 4096))
	if err == nil {
		if json.Unmarshal(body, &s) != nil {
			err = fmt.Errorf("%s: malformed", u.status()) // not the content: it could be a link
		}
	}
	return s, err
}

// quiet is the daemon's status if it may be restarted.
func (u *Updater) quiet() (Status, error) {
	s, err := u.read()
	switch {
	case errors.Is(err, os.ErrNotExist):
		return s, fmt.Errorf("%w: the daemon does not run, or knows nothing of its instance yet (no %s)", ErrNotNow, u.status())
	case err != nil:
		return s, err
	case s.Leaving:
		return s, fmt.Errorf("%w: instance %s is about to go", ErrNotNow, s.Instance)
	}
	return s, nil
}

// look is the time between two looks at the status.
const look = 100 * time.Millisecond

// hello waits until the program that is in place says hello: it is the one that runs, has looked at the metadata and, if heard,
// has reached the topic too.
func (u *Updater) hello(ctx context.Context, heard bool) error {
	ctx, cancel := context.WithTimeout(ctx, u.Patience)
	defer cancel()
	why := "nothing was heard of it"
	for {
		s, err := u.read()
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			why = err.Error()
		case !u.isOurs(s.PID):
			why = fmt.Sprintf("process %d says it, which is another program", s.PID)
		case s.Leaving:
			return fmt.Errorf("%w: instance %s is about to go", ErrNotNow, s.Instance)
		case s.Heard || !heard:
			return nil
		default:
			why = "the topic has not acknowledged it"
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no hello within %v: %s", u.Patience, why)
		case <-time.After(look):
		}
	}
}

// isOurs says that the process runs the very file that is in place.
func (u *Updater) isOurs(pid int) bool {
	want, err := os.Stat(u.Binary)
	if err != nil || pid <= 0 {
		return false
	}
	got, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "exe"))
	return err == nil && os.SameFile(got, want)
}
