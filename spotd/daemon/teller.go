package daemon

import (
	"net/url"
	"os"
	"slices"

	"autospotting/pkg/message"
	"autospotting/spotd/build"
	"autospotting/spotd/update"
)

// teller writes the daemon's status where spotd update, and people, read it: into
// the unit's runtime directory. Without one it tells nobody.
type teller struct {
	dir  string
	last update.Status
	told bool
}

func newTeller(instance string, heard bool) teller {
	return teller{dir: os.Getenv("RUNTIME_DIRECTORY"), last: update.Status{Version: build.Version(), PID: os.Getpid(), Instance: instance, Heard: heard}}
}

// tell writes what is new.
func (t *teller) tell(heard, leaving bool) error {
	now := t.last
	now.Heard, now.Leaving = now.Heard || heard, leaving
	if t.dir == "" || t.told && now == t.last {
		return nil
	}
	t.last = now
	err := now.Write(t.dir)
	t.told = err == nil // else the next look tries again
	return err
}

// The marks of a version on disk: it has said hello, and the topic has heard it.
// Each version says its own hello, which proves that it can.
func saidBy(version string) string  { return "said-by-" + url.PathEscape(version) }
func heardBy(version string) string { return "heard-by-" + url.PathEscape(version) }

// ofThisVersion leaves out the hello that another version said.
func ofThisVersion(said []string) []string {
	if slices.Contains(said, saidBy(build.Version())) {
		return said
	}
	return slices.DeleteFunc(slices.Clone(said), func(key string) bool { return key == string(message.Hello) })
}
