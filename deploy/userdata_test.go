package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"autospotting/pkg/cli"
)

// flags are those of the documented command line.
func injectFlags(verb string) []string {
	sum := strings.Repeat("ab", 32)
	return []string{"userdata", verb, "--topic", "arn:aws:sns:us-east-1:123456789012:reports", "--group", "web",
		"--release-url", "https://example.com/r", "--sha256", "amd64=" + sum + ",arm64=" + sum + ",windows-amd64=" + sum, "--grace", "300s"}
}

func TestUserdataByCommandIsThatOfTheCorpus(t *testing.T) {
	paths, err := filepath.Glob("../userdata/testdata/corpus/*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, path := range paths {
		owner, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		code, out, errs := call(t, string(owner), injectFlags("inject")...)
		if code != cli.Done || (out == string(owner)) != strings.HasPrefix(errs, "passed through unchanged: ") {
			t.Errorf("%s: exit %d, changed: %v, stderr %q", path, code, out != string(owner), errs)
		}
		if code, back, errs := call(t, out, "userdata", "remove"); code != cli.Done || back != string(owner) || errs != "" {
			t.Errorf("%s: remove exits %d, the same: %v, stderr %q", path, code, back == string(owner), errs)
		}
	}
}

func TestShowSaysWhatInjectWouldDo(t *testing.T) {
	for _, one := range []struct {
		name, in string
		flags    []string
		would    bool
		note     string
	}{
		{"a script, without flags", "#!/bin/sh\n", []string{"userdata", "show"}, true, ""},
		{"a script, with flags", "#!/bin/sh\n", injectFlags("show"), true, ""},
		{"Bottlerocket", "[settings.ntp]\n", []string{"userdata", "show"}, false, "containers only"},
		{"a large script", "#!/bin/sh\n" + strings.Repeat("echo again\n", 1400), []string{"userdata", "show"}, true, "compressed from"},
	} {
		t.Run(one.name, func(t *testing.T) {
			code, out, errs := call(t, one.in, one.flags...)
			var doc struct {
				Note        string
				Size        int
				Injected    bool
				WouldInject bool `json:"would_inject"`
			}
			if err := json.Unmarshal([]byte(out), &doc); code != cli.Done || err != nil || errs != "" {
				t.Fatalf("exit %d, %v, %q, %q", code, err, out, errs)
			}
			if doc.WouldInject != one.would || !strings.Contains(doc.Note, one.note) || doc.Size != len(one.in) || doc.Injected {
				t.Errorf("shown as %s", out)
			}
		})
	}
}

func TestUserdataNamesTheFlagThatIsWrong(t *testing.T) {
	without := func(flag string) []string {
		var left []string
		args := injectFlags("inject")
		for i := 0; i < len(args); i++ {
			if args[i] == flag {
				i++
				continue
			}
			left = append(left, args[i])
		}
		return left
	}
	for flag, says := range map[string]string{"--topic": "topic", "--group": "group", "--release-url": "release URL", "--sha256": "SHA-256"} {
		code, out, errs := call(t, "#!/bin/sh\n", without(flag)...)
		if code != cli.Bad || out != "" || !strings.Contains(errs, says) {
			t.Errorf("without %s: exit %d, %q, %q", flag, code, out, errs)
		}
	}
	for _, args := range [][]string{{"userdata", "eject"}, {"userdata", "remove", "--group", "x"}, {"userdata", "inject", "--env", "x"}} {
		if code, out, errs := call(t, "", args...); code != cli.Bad || out != "" || errs == "" {
			t.Errorf("%v: exit %d, %q, %q", args, code, out, errs)
		}
	}
	if code, out, _ := call(t, "", "userdata", "--help"); code != cli.Done || !strings.Contains(out, "remove") {
		t.Errorf("--help: exit %d, %q", code, out)
	}
}

func TestUserdataGoesInAndOutToTheByte(t *testing.T) {
	owner := "#!/bin/bash\necho hello\r\n"
	sum := strings.Repeat("ab", 32)
	code, out, errs := call(t, owner, "userdata", "inject", "--topic", "arn:aws:sns:us-east-1:123456789012:reports", "--group", "web",
		"--release-url", "https://example.com/r", "--sha256", "amd64="+sum+",arm64="+sum)
	if code != cli.Done || !strings.Contains(out, "spotd") {
		t.Fatalf("exit %d, %q", code, errs)
	}
	if _, back, _ := call(t, out, "userdata", "remove"); back != owner {
		t.Errorf("came back as %q", back)
	}
	code, show, _ := call(t, out, "userdata", "show")
	var doc map[string]any
	if err := json.Unmarshal([]byte(show), &doc); code != cli.Done || err != nil || doc["injected"] != true {
		t.Errorf("show says %q", show)
	}
}

func TestShowSaysWhatUserDataNeeds(t *testing.T) {
	const script = "#!/bin/bash\naws ec2 associate-address --instance-id $ID --allocation-id eipalloc-1\ncurl -s https://example.com/boot.sh | bash\n"
	for _, one := range []struct{ name, in, needs, unread string }{
		{"nothing", "#!/bin/sh\nyum install -y httpd\n", `[]`, `[]`},
		{"an address", script, `[{"need":"address","where":"line 2"}]`, `[{"what":"script https://example.com/boot.sh","where":"line 3"}]`},
	} {
		_, injected, _ := call(t, one.in, injectFlags("inject")...)
		for kind, in := range map[string]string{"the owner's": one.in, "injected": injected} {
			code, out, errs := call(t, in, "userdata", "show")
			var doc struct{ Needs, Unread json.RawMessage }
			if err := json.Unmarshal([]byte(out), &doc); code != cli.Done || err != nil || errs != "" {
				t.Fatalf("%s: exit %d, %v, %q", one.name, code, err, errs)
			}
			where := strings.NewReplacer("part 1, ", "", " ", "", "\n", "")
			if got, want := where.Replace(string(doc.Needs)+string(doc.Unread)), strings.ReplaceAll(one.needs+one.unread, " ", ""); got != want {
				t.Errorf("%s, %s: %s, not %s", one.name, kind, got, want)
			}
		}
	}
}

func TestUserdataThatWaitsSaysSo(t *testing.T) {
	code, out, errs := call(t, "#!/bin/sh\n", append(injectFlags("inject"), "--await")...)
	if code != cli.Done || !strings.Contains(out, "autoscaling/target-lifecycle-state") || errs != "" {
		t.Errorf("exit %d, stderr %q, out %q", code, errs, out)
	}
	for in, want := range map[string]bool{out: true, "#!/bin/sh\n": false} {
		code, said, _ := call(t, in, "userdata", "show")
		var doc struct{ Settings struct{ Await bool } }
		if err := json.Unmarshal([]byte(said), &doc); code != cli.Done || err != nil || doc.Settings.Await != want {
			t.Errorf("shown as %s (%v)", said, err)
		}
	}
	if _, _, errs := call(t, "#include\nhttps://example.com/a\n", append(injectFlags("inject"), "--await")...); !strings.Contains(errs, "does not come before all of the owner's scripts: what an include fetches") {
		t.Errorf("an include is injected with %q", errs)
	}
}
