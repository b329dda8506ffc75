package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"autospotting/spotd/acl"
	"autospotting/spotd/daemon"
	"autospotting/spotd/handlers"
	"autospotting/spotd/manager"
	"autospotting/spotd/outbox"
	"autospotting/spotd/probe"
	"autospotting/spotd/proc"
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
	for _, dir := range []string{k.Config.Handlers, k.Config.RootHandlers} {
		paths, err := proc.Programs(dir)
		closed := handlers.OnlyRoot(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			k.ok("handlers", "%s: none", dir)
		case closed && dir == k.Config.RootHandlers:
			k.ok("handlers", "%s: only root may look into it; its unit runs what is there", dir)
		case closed: // and we are root, who sees what the daemon does not
			k.bad("handlers", fmt.Errorf("%s: only root may look into it, and these handlers run as the account %s", dir, manager.Name), "chmod go+rx "+dir)
		case err != nil:
			k.bad("handlers", err, "make it readable")
		case acl.Check(dir) != nil:
			k.bad("handlers", acl.Check(dir), "spotd install closes its own folder to all but SYSTEM and the Administrators")
		default:
			k.ok("handlers", "%s", strings.Join(paths, ", "))
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
