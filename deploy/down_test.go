package main

import (
	"strings"
	"testing"

	"autospotting/deploy/cfn"
	"autospotting/deploy/estate"
)

func TestOrphansAreWaitedForOnlyWhereSomebodyEndsThem(t *testing.T) {
	t.Parallel()
	orphaned := estate.Traces{Orphans: []string{"i-1", "i-2"}}
	for _, c := range []struct {
		name   string
		main   cfn.State
		traces estate.Traces
		force  bool
		says   string // empty goes on
		waits  bool
	}{
		{name: "there are none", main: standing},
		{name: "a coordinator is there", main: standing, traces: orphaned, says: "--region eu-west-1 --instance-ids i-1 i-2)", waits: true},
		{name: "the stack is gone", traces: orphaned, says: "--region eu-west-1 --instance-ids i-1 i-2)"},
		{name: "it is forced", main: standing, traces: orphaned, force: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &site{options: &options{force: c.force}, region: "eu-west-1"}
			said := ""
			if err := s.orphans(c.main, c.traces); err != nil {
				said = err.Error()
			}
			if (said == "") != (c.says == "") || !strings.Contains(said, c.says) || strings.Contains(said, "wait a few minutes") != c.waits {
				t.Errorf("it says %q", said)
			}
		})
	}
}
