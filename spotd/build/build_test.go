package build

import (
	"runtime/debug"
	"testing"
)

func TestTheVersionIsTheStampElseTheModuleElseTheCommit(t *testing.T) {
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.modified", Value: "true"}}
	for _, c := range []struct {
		name, stamp string
		info        *debug.BuildInfo
		want        string
	}{
		{"stamped", "v1.2.3", &debug.BuildInfo{Main: debug.Module{Version: "v9"}}, "v1.2.3"},
		{"installed as a module", "", &debug.BuildInfo{Main: debug.Module{Version: "v9"}}, "v9"},
		{"built in a checkout", "", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: commit}, "0123456789ab+modified"},
		{"built from nothing known", "", &debug.BuildInfo{}, "unknown"},
		{"no build information", "", nil, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := resolve(c.stamp, c.info); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
