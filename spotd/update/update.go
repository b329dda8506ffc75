// Package update replaces the program of a running daemon by the one of a signed channel, and puts the previous one back where
// the new one does not say hello.
//
// Whatever is killed, and wherever: the program's path always names a whole program, the old or the new one. What is under way
// is on disk before it is done (the file pending), so that the next run brings it to an end; while it is under way, the unit
// runs the previous program, for the new one may not even start.
package update

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/rs/zerolog"

	"autospotting/pkg/channel"
	"autospotting/spotd/durable"
)

// Why nothing is updated now; compare with errors.Is.
var (
	// ErrNotNow: the daemon is not in a state to be restarted. The next run tries again.
	ErrNotNow = errors.New("not now")
	// ErrPutBack: this program was tried here, and did not say hello.
	ErrPutBack = errors.New("was put back")
)

// Updater is one way to update one program.
type Updater struct {
	Binary  string // path of the daemon's program; the previous and the new one are beside it
	State   string // directory of what is remembered
	Run     string // directory where the daemon tells its status
	Version string // of the program that runs this

	Channel  string // as the manifest says, such as stable
	Keys     []ed25519.PublicKey
	Source   Source
	Patience time.Duration // for the new program to say hello

	// Restart has the service manager start the program anew, and returns when it was told to.
	Restart func(context.Context) error
	Log     zerolog.Logger
	// Step, which may be nil, hears what is about to be done: a test kills there.
	Step func(string)
}

func (u *Updater) step(name string) {
	if u.Step != nil {
		u.Step(name)
	}
}

// Files beside the program.
func (u *Updater) previous() string { return u.Binary + PreviousSuffix }
func (u *Updater) fresh() string    { return u.Binary + ".new" }

// PreviousSuffix is what the previous program's name has in addition.
const PreviousSuffix = ".previous"

// Launcher is a line of shell that runs the program $0 with its arguments: while an update is pending in the directory
// $STATE_DIRECTORY, the previous one, for the new one may not even start.
const Launcher = `p="$0"; if [ -e "$STATE_DIRECTORY/` + PendingFile + `" ] && [ -x "$p` + PreviousSuffix + `" ]; then p="$p` + PreviousSuffix + `"; fi; exec "$p" "$@"`

// Begun tells whether an earlier run is to be brought to its end. Once does that without a channel.
func (u *Updater) Begun() (bool, error) {
	p, err := u.pending()
	return p != nil, err
}

// Once ends what an earlier run began, or else brings the channel's program. It returns the version that was brought; empty
// is none, without an error: it runs already.
func (u *Updater) Once(ctx context.Context) (version string, err error) {
	if err := os.MkdirAll(u.State, 0o755); err != nil {
		return "", err
	}
	switch p, err := u.pending(); {
	case err != nil:
		return "", err
	case p != nil:
		return u.settle(ctx, *p)
	}
	m, a, err := u.wanted(ctx)
	if err != nil || a.SHA256 == "" {
		return "", err
	}
	before, err := u.quiet()
	if err != nil {
		return "", err
	}
	if err := u.fetch(ctx, a); err != nil {
		return "", err
	}
	defer os.Remove(u.fresh())
	p, err := u.prepare(m, a, before)
	if err != nil {
		return "", err
	}
	u.step("rename the new program into place")
	if err := os.Rename(u.fresh(), u.Binary); err != nil {
		return "", err
	}
	u.step("sync its directory")
	if err := durable.SyncDir(filepath.Dir(u.Binary)); err != nil {
		return "", err
	}
	return u.settle(ctx, p)
}

// wanted is what the channel has for this machine; an artefact without a hash says that it runs already.
func (u *Updater) wanted(ctx context.Context) (m channel.Manifest, a channel.Artifact, err error) {
	raw, err := u.manifest(ctx)
	if err != nil {
		return m, a, err
	}
	seen, err := u.memory()
	if err != nil {
		return m, a, err
	}
	m, err = channel.Verify(raw, u.Keys, time.Now(), channel.Known{Channel: u.Channel, Version: u.Version, Serial: seen.Serial})
	if err != nil {
		return m, a, fmt.Errorf("refused: %w", err)
	}
	if m.Serial > seen.Serial {
		seen.Serial = m.Serial
		u.step("remember the serial")
		if err := u.remember(seen); err != nil {
			return m, a, err
		}
	}
	if a, err = m.Find(channel.Spotd, runtime.GOOS, runtime.GOARCH); err != nil {
		return m, a, err
	}
	if why, bad := seen.Bad[a.SHA256]; bad {
		return m, a, fmt.Errorf("version %s %w here: %s; publish another", m.Version, ErrPutBack, why)
	}
	if sum, err := sumOf(u.Binary); err != nil || sum == a.SHA256 {
		return m, channel.Artifact{}, err
	}
	return m, a, nil
}

func (u *Updater) manifest(ctx context.Context) ([]byte, error) {
	body, err := u.Source.Get(ctx, channel.Key(u.Channel))
	if err != nil {
		return nil, fmt.Errorf("channel: %w", err)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, channel.MaxManifest+1)) // one more, so that Verify sees that it is too large
	if err != nil {
		return nil, fmt.Errorf("channel: %w", err)
	}
	return raw, nil
}

// fetch writes the artefact beside the program: whole, or an error.
func (u *Updater) fetch(ctx context.Context, a channel.Artifact) error {
	u.step("create the new file")
	f, err := os.OpenFile(u.fresh(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o700)
	if err != nil {
		return err
	}
	if err = u.copy(ctx, f, a); err == nil {
		u.step("make it a program")
		err = f.Chmod(0o755)
	}
	if err == nil {
		u.step("sync it")
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		err = errors.Join(err, os.Remove(u.fresh()))
	}
	return err
}

func (u *Updater) copy(ctx context.Context, f *os.File, a channel.Artifact) error {
	body, err := u.Source.Get(ctx, a.Name)
	if err != nil {
		return err
	}
	defer body.Close()
	u.step("download")
	return a.Copy(f, body)
}

// prepare keeps the program that runs, and writes down what is about to be done.
func (u *Updater) prepare(m channel.Manifest, a channel.Artifact, before Status) (pending, error) {
	old, err := sumOf(u.Binary)
	if err != nil {
		return pending{}, err
	}
	u.step("keep the previous program")
	if err := linkOver(u.Binary, u.previous()); err != nil {
		return pending{}, err
	}
	u.step("sync its place")
	if err := durable.SyncDir(filepath.Dir(u.Binary)); err != nil {
		return pending{}, err
	}
	if _, err := u.quiet(); err != nil { // the download took its time
		return pending{}, err
	}
	p := pending{Version: m.Version, New: a.SHA256, Old: old, Heard: before.Heard}
	u.step("write down what is pending")
	return p, u.note(p)
}

// Source is where the files of a channel come from.
type Source interface {
	// Get opens the file of this name. A name is a relative path with forward slashes.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
}

// errStatus is an answer that is not the file.
type errStatus struct {
	url  string
	code int
}

func (e errStatus) Error() string {
	return fmt.Sprintf("%s: %d %s", e.url, e.code, http.StatusText(e.code))
}
