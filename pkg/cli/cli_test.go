package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
)

// program runs a line of a small program: do prints its flag and its arguments.
func program(line string) (code int, out, said string) {
	var o, e strings.Builder
	var much int
	commands := []Command{
		{Name: "do", Args: "[THING]", Help: "does it", More: "And more.", Flags: func(fs *flag.FlagSet) error {
			fs.IntVar(&much, "much", 1, "how `MUCH`")
			fs.Bool("loud", false, "with noise")
			return nil
		}, Run: func(_ context.Context, args []string, st Streams) error {
			_, err := fmt.Fprintln(st.Out, much, args)
			return err
		}},
		{Name: "fail", Help: "fails", Run: func(context.Context, []string, Streams) error { return errors.New("it rains") }},
	}
	code = Main("small", strings.NewReader(""), &o, &e, func(ctx context.Context, st Streams) error {
		return Dispatch(ctx, "small", commands, strings.Fields(line), st)
	})
	return code, o.String(), e.String()
}

func TestALineIsDoneOrAnsweredInOneLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, line string
		code       int
		out, said  string
	}{
		{"done", "do --much 3 it", Done, "3 [it]\n", ""},
		{"a single dash does as well", "do -much=3", Done, "3 []\n", ""},
		{"not done", "fail", Failed, "", "small: fail: it rains\n"},
		{"nothing said", "", Bad, "", "small: bad usage: no command\nTry small --help.\n"},
		{"a command that is near another", "fial", Bad, "", "small: bad usage: no command \"fial\": did you mean fail?\nTry small --help.\n"},
		{"a command that is near none", "undo-all", Bad, "", "small: bad usage: no command \"undo-all\": there are do, fail\nTry small --help.\n"},
		{"a flag that is near another", "do --mcuh 3", Bad, "", "small: do: bad usage: no flag \"--mcuh\": did you mean --much?\nTry small --help.\n"},
		{"a flag that is near none", "do --zone 3", Bad, "", "small: do: bad usage: no flag \"--zone\": there are --loud, --much\nTry small --help.\n"},
		{"a value that is none", "do --much more", Bad, "", "small: do: bad usage: invalid value \"more\" for flag -much: parse error\nTry small --help.\n"},
		{"an argument too many", "fail it", Bad, "", "small: fail: bad usage: unexpected argument \"it\"\nTry small --help.\n"},
		{"help", "do --help", Done, "does it\n\nusage: small do [flags] [THING]\n\nAnd more.\n\nflags:\n  --loud                   with noise\n  --much MUCH              how MUCH (default 1)\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if code, out, said := program(c.line); code != c.code || out != c.out || said != c.said {
				t.Errorf("exit %d, %q, %q\nwant %d, %q, %q", code, out, said, c.code, c.out, c.said)
			}
		})
	}
}

func TestNearestIsWhatWasMeantOrNothing(t *testing.T) {
	t.Parallel()
	names := []string{"up", "down", "status", "doctor", "over-channel", "region"}
	for word, want := range map[string]string{
		"upp": "up", "dwon": "down", "stauts": "status", "Status": "status", "stat": "status", "doc": "doctor", "over-chanel": "over-channel",
		"regoin": "region", "do": "down", "install": "", "x": "", "": "",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("%q is taken for %q, want %q", word, got, want)
		}
	}
}

func FuzzTheDistanceIsOne(f *testing.F) {
	f.Add("region", "regoin")
	f.Add("", "é")
	f.Fuzz(func(t *testing.T, a, b string) {
		d := distance(a, b)
		if d != distance(b, a) || (d == 0) != (a == b) || d > max(len(a), len(b)) || d < len(a)-len(b) {
			t.Errorf("from %q to %q it is %d, back %d", a, b, d, distance(b, a))
		}
	})
}

// Beside the program of these tests lies no spotctl.
func TestAMovedCommandSaysWhereSpotctlIsHad(t *testing.T) {
	t.Parallel()
	var out, said strings.Builder
	code := Main("coordinator", strings.NewReader(""), &out, &said, func(_ context.Context, st Streams) error {
		return Moved("coordinator", []string{"plan", "--group", "web"}, st)
	})
	if code != Failed || out.Len() > 0 || strings.Count(said.String(), "\n") != 1 || !strings.HasPrefix(said.String(), "coordinator: coordinator plan is spotctl plan now, and there is no ") || !strings.Contains(said.String(), "make build") {
		t.Errorf("exit %d, %q, %q", code, out.String(), said.String())
	}
}
