package update

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"autospotting/spotd/durable"
)

// attempts bounds how often a run that died in the middle is taken up again with the new program.
const attempts = 3

// stopTime is what the daemon's unit has to stop (TimeoutStopSec): handlers may be at work.
const stopTime = 75 * time.Second

// settle brings a pending update to its end: the new program said hello, or the previous one is back.
func (u *Updater) settle(ctx context.Context, p pending) (version string, err error) {
	now, err := sumOf(u.Binary)
	if errors.Is(err, os.ErrNotExist) {
		return "", errors.Join(fmt.Errorf("somebody removed the program, so there is nothing to update: %w", err), u.forget())
	}
	if err != nil {
		return "", err
	}
	switch {
	case now == p.Old && p.Failed == "": // killed before the new one was in its place
		return "", u.forget()
	case now == p.Old:
		return "", u.putBack(ctx, p)
	case now != p.New:
		return "", errors.Join(fmt.Errorf("%s is neither the old nor the new program: somebody else replaced it, so it stays", u.Binary), u.forget())
	}
	if p.Attempts++; p.Attempts > attempts {
		p.Failed = fmt.Sprintf("the update was broken off %d times", attempts)
	}
	if p.Failed != "" {
		return "", u.putBack(ctx, p)
	}
	u.step("count the attempt")
	if err := u.note(p); err != nil {
		return "", err
	}
	switch err := u.restart(ctx, p.Heard); {
	case errors.Is(err, ErrNotNow): // a notice: the instance goes, and who serves it now is not disturbed again
		return p.Version, errors.Join(err, u.forget())
	case ctx.Err() != nil:
		return "", ctx.Err() // pending stays
	case err != nil:
		p.Failed = fmt.Sprintf("%s: %v", time.Now().UTC().Format(time.RFC3339), err)
		return "", u.putBack(ctx, p)
	}
	u.Log.Info().Str("version", p.Version).Msg("updated")
	return p.Version, u.forget()
}

// restart starts what is in place and waits until that says hello.
func (u *Updater) restart(ctx context.Context, heard bool) error {
	u.step("forget the old status")
	if err := os.Remove(u.status()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	u.step("restart")
	bounded, cancel := context.WithTimeout(ctx, stopTime+u.Patience)
	defer cancel()
	if err := u.Restart(bounded); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	u.step("wait for hello")
	return u.hello(ctx, heard)
}

// putBack restores the previous program and remembers not to try the new one again. Each part may be done twice.
func (u *Updater) putBack(ctx context.Context, p pending) error {
	u.Log.Warn().Str("version", p.Version).Str("why", p.Failed).Msg("the new version is put back")
	u.step("write down the failure")
	if err := u.note(p); err != nil {
		return err
	}
	seen, err := u.memory()
	if err != nil {
		return err
	}
	if seen.Bad == nil {
		seen.Bad = map[string]string{}
	}
	seen.Bad[p.New] = p.Failed
	u.step("remember not to try it again")
	if err := u.remember(seen); err != nil {
		return err
	}
	if sum, err := sumOf(u.previous()); err != nil || sum != p.Old {
		return errors.Join(fmt.Errorf("%s is not the previous program: the new one stays", u.previous()), err, u.forget())
	}
	u.step("put the previous program back")
	if err := linkOver(u.previous(), u.Binary); err != nil {
		return err
	}
	u.step("sync its directory again")
	if err := durable.SyncDir(filepath.Dir(u.Binary)); err != nil {
		return err
	}
	failed := fmt.Errorf("version %s %w: %s", p.Version, ErrPutBack, p.Failed)
	switch err := u.restart(ctx, false); {
	case ctx.Err() != nil:
		return ctx.Err() // pending stays
	case err != nil && !errors.Is(err, ErrNotNow):
		failed = errors.Join(failed, fmt.Errorf("the previous version: %w", err))
	}
	return errors.Join(failed, u.forget())
}
