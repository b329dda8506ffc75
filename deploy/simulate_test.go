package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"autospotting/pkg/cli"
)

func TestSimulateRunsWithNoFilesAndWritesOneDocument(t *testing.T) {
	bare(t, "")
	page := filepath.Join(t.TempDir(), "report.html")
	code, out, errs := call(t, "", "simulate", "--size", "4", "--zones", "2", "--from", "2025-03-20", "--to", "2025-03-21", "--format", "json", "--report", page)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var r struct {
		Strategies []struct{ Name string }
		Seed       int
	}
	dec := json.NewDecoder(strings.NewReader(out))
	if err := dec.Decode(&r); err != nil || dec.More() || len(r.Strategies) != 7 || r.Seed != 1 {
		t.Errorf("%v, %+v: want one document with seven strategies", err, r)
	}
	if !strings.Contains(errs, "simulating") {
		t.Errorf("no progress on standard error: %q", errs)
	}
	if b, err := os.ReadFile(page); err != nil || !strings.Contains(string(b), "</html>") {
		t.Errorf("the report: %v, %d bytes", err, len(b))
	}
}

func TestSimulateTakesSeveralPriceFilesAndGroupsOfTheCLI(t *testing.T) {
	bare(t, "")
	rows := func(typ, usd string) string {
		return typ + ",us-east-1a,2021-03-02T00:00:00Z," + usd + "\n" + typ + ",us-east-1a,2021-03-05T00:00:00Z," + usd + "\n"
	}
	a, b := file(t, "a.csv", rows("m5.large", "0.03")), file(t, "b.csv", rows("r5.large", "0.04"))
	groups := file(t, "groups.json", `{"AutoScalingGroups":[{"AutoScalingGroupName":"web","MinSize":1,"MaxSize":2,"DesiredCapacity":2,"AvailabilityZones":["us-east-1a"],"Instances":[{"InstanceType":"m5.large"}]}]}`)
	code, out, errs := call(t, "", "simulate", "--prices", a, b, "--groups", groups)
	if code != 0 || !strings.Contains(out, "web: 2 × m5.large in us-east-1a") || !strings.Contains(out, "2 pools") {
		t.Errorf("exit %d: %s%s: want the group of the file, on the pools of both", code, out, errs)
	}
}

func TestSimulateSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	bare(t, "")
	bad := file(t, "bad.csv", "m5.large,us-east-1a,2021-03-02T00:00:00Z,0.03\nm5.large,us-east-1a,someday,0.03\n")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--prices", bad}, cli.Failed, "bad.csv, line 2"},
		{[]string{"--type", "m5.lagre"}, cli.Failed, "--type"},
		{[]string{"--zones", "99"}, cli.Failed, "--zones 99"},
		{[]string{"--size", "0"}, cli.Bad, "--size 0"},
		{[]string{"--format", "yaml"}, cli.Bad, "--format"},
		{[]string{"--from", "soon"}, cli.Bad, "--from"},
		{[]string{"--from", "2019-01-01"}, cli.Failed, "outside of the prices"},
		{[]string{"--boot", "-5s"}, cli.Failed, "boot"},
		{[]string{"--groups", "/no/such"}, cli.Failed, "/no/such"},
	} {
		if code, out, errs := call(t, "", append([]string{"simulate"}, c.args...)...); code != c.code || !strings.Contains(errs, c.want) || out != "" {
			t.Errorf("%v: exit %d, %q on standard output, %q: want %d and %q", c.args, code, out, errs, c.code, c.want)
		}
	}
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(f, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}
