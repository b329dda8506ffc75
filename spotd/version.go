package main

import (
	"fmt"
	"io"
	"runtime/debug"
)

// version is stamped by the linker: -X main.version=v1.2.3.
var version string

// versionText says which build this is.
func versionText() string {
	info, _ := debug.ReadBuildInfo()
	return resolveVersion(version, info)
}

// resolveVersion prefers the stamp, then the module's version, then the commit.
func resolveVersion(stamp string, info *debug.BuildInfo) string {
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

func printVersion(_ config, w io.Writer) error {
	_, err := fmt.Fprintln(w, versionText())
	return err
}
