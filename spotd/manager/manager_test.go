package manager

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"autospotting/spotd/config"
	"autospotting/spotd/fakes"
)

var rewrite = flag.Bool("update", false, "rewrite the golden files")

func TestTheUnitsAreAsReviewed(t *testing.T) {
	c := config.Config{Given: []string{"--topic", fakes.Topic, "--group", `50% "off" $HOME \o/`, "--grace", "5m0s"}}
	units := extraUnits("/usr/local/bin/spotd", arguments("handle", c))
	units["spotd.service"] = unit("/usr/local/bin/spotd", arguments("run", c))
	for name, text := range updateUnits("/usr/local/bin/spotd", arguments("update", c), 6*time.Hour) {
		units[name] = text
	}
	areAsReviewed(t, "testdata", units)
}

func TestThePackagesHaveTheSameUnits(t *testing.T) {
	units := extraUnits("/usr/bin/spotd", []string{"handle"})
	units["spotd.service"] = unit("/usr/bin/spotd", []string{"run"})
	areAsReviewed(t, filepath.Join("..", "packaging", "units"), units)
}

func areAsReviewed(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, got := range files {
		golden := filepath.Join(dir, name)
		if *rewrite {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("got\n%s\nwant\n%s\n%v", got, want, err)
		}
	}
}

func TestTheSettingsOfAnInstalledServiceAreReadBack(t *testing.T) {
	want := []string{"--topic", fakes.Topic, "--group", `50% "off" $HOME \o/ \n`, "--lifecycle-hook", ""}
	if got := installedArguments(unit("/a b/spotd", append([]string{"run"}, want...))); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, other := range []string{"", "[Service]\nExecStart=/bin/true\n", "\nExecStart=\"/usr/bin/spotd\" \"handle\"\n"} {
		if got := installedArguments(other); got != nil {
			t.Errorf("%q: %q", other, got)
		}
	}
}

func TestTheServiceRunsWithTheFlagsOfInstall(t *testing.T) {
	c, err := config.Read([]string{"--topic", fakes.Topic, "--group", "web", "--grace", "1m30s", "--poll", "1s", "--log-level", "debug"}, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	args := arguments("run", c)
	if args[0] != "run" {
		t.Errorf("runs %q", args[0])
	}
	if again, err := config.Read(args[1:], os.Getenv); err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("%+v became %+v, %v", c, again, err)
	}
}

type units struct {
	installed, refuses bool
	installs           int
}

func (u *units) Install() error {
	if u.installed || u.refuses {
		return errors.New("Init already exists")
	}
	u.installed = true
	u.installs++
	return nil
}

func (u *units) Uninstall() error {
	if u.refuses {
		return errors.New("permission denied")
	}
	u.installed = false
	return nil
}

func TestInstallingAgainReplacesTheService(t *testing.T) {
	u := &units{}
	for range 2 {
		if err := install(u); err != nil || !u.installed {
			t.Errorf("installed %v, %v", u.installed, err)
		}
	}
	if u.installs != 2 {
		t.Errorf("installed %d times, want the second to bring its own flags", u.installs)
	}
	if err := install(&units{refuses: true}); err == nil || !strings.Contains(err.Error(), "as root") {
		t.Errorf("got %v", err)
	}
}
