// Package build says which build of spotd this is.
package build

import (
	"runtime/debug"
)

// Stamp is what the linker stamped into main: -X main.version=v1.2.3. It is set before all
// else, once.
var Stamp string

// Version says which build this is.
func Version() string {
	info, _ := debug.ReadBuildInfo()
	return resolve(Stamp, info)
}

// resolve prefers the stamp, then the module's version, then the commit.
func resolve(stamp string, info *debug.BuildInfo) string {
	if stamp != "" {
		return stamp
	}
	if info == nil {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "+modified"
		}
	}
	if revision == "" {
		return "unknown"
	}
	return revision + modified
}
