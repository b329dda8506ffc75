package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"autospotting/spotd/acl"
	"autospotting/spotd/daemon"
	"autospotting/spotd/handlers"
	"autospotting/spotd/manager"
	"autospotting/spotd/outbox"
	"autospotting/spotd/probe"
	"autospotting/spotd/proc"
	"autospotting/spotd/watch"
)

func (k *checker) probe(ctx context.Context) {
	ask, err := probe.Parse(k.Config.Probe)
	if err == nil && ask == nil {
		k.ok("probe", "none, ready %v after the launch", k.Config.Grace)
		return
	}
	if err = ask(ctx); err != nil {
		k.bad("probe", err, "the instance is not ready until "+k.Config.Probe+" passes")
		return
	}
	k.ok("probe", "%s passes", k.Config.Probe)
}

func (k *checker) handlers(context.Context) {
	k.programs("handlers", k.Config.Handlers, k.Config.RootHandlers)
}

// drains tells whether the coordinator can ask for a drain: there is a handler, and the metadata shows tags.
func (k *checker) drains(context.Context) {
	dirs := []string{k.Config.DrainHandlers, k.Config.RootDrainHandlers}
	none := !slices.ContainsFunc(dirs, func(dir string) bool {
		_, err := proc.Programs(dir)
		return !errors.Is(err, fs.ErrNotExist)
	})
	if none {
		k.ok("drain", "no handler in %s: the coordinator cannot ask for a drain", strings.Join(dirs, " or "))
		return
	}
	k.programs("drain", dirs...)
	if k.tags.Presence == watch.Present {
		k.ok("drain", "the metadata shows tags: the coordinator can ask")
		return
	}
	k.bad("drain", errors.New("the metadata shows no tags, by which the coordinator asks"),
		"aws ec2 modify-instance-metadata-options --instance-id "+cmp.Or(k.id.From.Instance, "ID")+" --instance-metadata-tags enabled, and MetadataOptions.InstanceMetadataTags in the launch template")
}

// programs looks at the handlers of a directory of the daemon's, and one of root's.
func (k *checker) programs(what string, dirs ...string) {
	for n, dir := range dirs {
		roots := n > 0
		paths, err := proc.Programs(dir)
		closed := handlers.OnlyRoot(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			k.ok(what, "%s: none", dir)
		case closed && roots:
			k.ok(what, "%s: only root may look into it; its unit runs what is there", dir)
		case closed: // and we are root, who sees what the daemon does not
			k.bad(what, fmt.Errorf("%s: only root may look into it, and these handlers run as the account %s", dir, manager.Name), "chmod go+rx "+dir)
		case err != nil:
			k.bad(what, err, "make it readable")
		case acl.Check(dir) != nil:
			k.bad(what, acl.Check(dir), "spotd install closes its own folder to all but SYSTEM and the Administrators")
		default:
			k.ok(what, "%s", strings.Join(paths, ", "))
		}
	}
}

func (k *checker) state(context.Context) {
	dir := daemon.StateDir(k.Config.StateDir)
	undelivered, err := outbox.Undelivered(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		k.ok("outbox", "%s: not used yet", dir)
	case errors.Is(err, os.ErrPermission):
		k.ok("outbox", "%s: only root may look", dir)
	case err != nil:
		k.bad("outbox", err, "make the directory readable and writable for spotd")
	case undelivered > 0:
		k.bad("outbox", fmt.Errorf("%s: %d reports not delivered yet", dir, undelivered), "see topic and credentials")
	default:
		k.ok("outbox", "%s: nothing waits", dir)
	}
}
