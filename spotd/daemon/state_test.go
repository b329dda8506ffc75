package daemon

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"autospotting/spotd/metrics"
)

func TestTheFirstAssignedStateDirectoryGoesBeforeTheFlag(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", "/var/lib/private/spotd"+string(filepath.ListSeparator)+"/other")
	if got := StateDir("/flag"); got != "/var/lib/private/spotd" {
		t.Error(got)
	}
	t.Setenv("STATE_DIRECTORY", "")
	if got := StateDir("/flag"); got != "/flag" {
		t.Error(got)
	}
}

func TestAnOutageIsOneGapAndEachOfItsLooksAFailure(t *testing.T) {
	s := &metrics.Stats{}
	g := &gap{log: zerolog.Nop(), stats: s}
	for _, err := range []error{nil, errors.New("503"), errors.New("503"), nil} {
		g.saw(err)
	}
	for _, want := range []string{"\nspotd_looks_total 4\n", "\nspotd_look_failures_total 2\n", "\nspotd_metadata_gaps_total 1\n"} {
		if !strings.Contains(s.Text(), want) {
			t.Errorf("no %q in\n%s", want, s.Text())
		}
	}
}
