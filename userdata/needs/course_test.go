package needs

import (
	"strings"
	"testing"
	"time"
)

// call completes the launching hook, prolongs what prolongs it.
const call = "aws autoscaling complete-lifecycle-action --lifecycle-hook-name boot --auto-scaling-group-name web --lifecycle-action-result CONTINUE --instance-id $ID"

// courses are scripts with a call that fails where there is no hook to complete, and what becomes of them: "" goes on, "fails" has done all and counts as
// failed, "stops" has not, or cannot be told.
var courses = map[string]struct{ script, want string }{
	"nothing to complete":              {"#!/bin/sh\nsystemctl start web\n", ""},
	"the last command":                 {"#!/bin/sh\nsystemctl start web\n" + call + "\n", "fails"},
	"the last, whatever comes of it":   {"#!/bin/sh -e\nsystemctl start web\n" + call + " || true\n", ""},
	"the last, with -e":                {"#!/bin/bash -xe\nsystemctl start web\n" + call + "\necho done\n", "fails"},
	"then exit 0":                      {"#!/bin/sh\nsystemctl start web\n" + call + "\nexit 0\n", ""},
	"then exit $?":                     {"#!/bin/sh\nsystemctl start web\n" + call + "\nexit $?\n", "fails"},
	"then a word":                      {"#!/bin/sh\nsystemctl start web\n" + call + "\necho done\n", ""},
	"before the work":                  {"#!/bin/sh\n" + call + "\nsystemctl start web\n", ""},
	"before the work, with -e":         {"#!/bin/sh\nset -e\n" + call + "\nsystemctl start web\n", "stops"},
	"before the work, with -e later":   {"#!/bin/sh\n" + call + "\nset -e\nsystemctl start web\n", ""},
	"with -e that was taken back":      {"#!/bin/bash\nset -euo pipefail\nset +e\n" + call + "\nset -e\nsystemctl start web\n", ""},
	"with errexit by name":             {"#!/bin/bash\nset -o errexit\n" + call + "\nsystemctl start web\n", "stops"},
	"with -x":                          {"#!/bin/bash -x\n" + call + "\nsystemctl start web\n", ""},
	"or exit, at the end":              {"#!/bin/sh\nsystemctl start web\n" + call + " || exit 1\n", "fails"},
	"or exit, before the work":         {"#!/bin/sh\n" + call + " || { echo no hook >&2; exit 1; }\nsystemctl start web\n", "stops"},
	"or an exit of the owner's":        {"#!/bin/sh\n" + call + " || error_exit 'no hook'\nsystemctl start web\n", "stops"},
	"or a word":                        {"#!/bin/sh\nset -e\n" + call + " || echo 'no hook'\nsystemctl start web\n", ""},
	"or a word and then exit":          {"#!/bin/sh\n" + call + " || echo 'no hook' && exit 1\nsystemctl start web\n", "stops"},
	"if it fails, exit":                {"#!/bin/sh\nif ! " + call + "; then\n  exit 1\nfi\nsystemctl start web\n", "stops"},
	"if it fails, exit, at the end":    {"#!/bin/sh\nsystemctl start web\nif ! " + call + "; then\n  exit 1\nfi\n", "fails"},
	"if it fails, a word":              {"#!/bin/bash -e\nif " + call + "; then echo done; else echo 'no hook'; fi\nsystemctl start web\n", ""},
	"and a word":                       {"#!/bin/sh\nset -e\n" + call + " && echo done\nsystemctl start web\n", ""},
	"and a word, at the end":           {"#!/bin/sh\nset -e\nsystemctl start web\n" + call + " && echo done\n", "fails"},
	"and a word, or exit":              {"#!/bin/sh\n" + call + " && echo done || exit 1\nsystemctl start web\n", "stops"},
	"after something, at the end":      {"#!/bin/sh\nset -e\ntest -f /etc/web && " + call + "\nsystemctl start web\n", "stops"},
	"until it succeeds":                {"#!/bin/sh\nuntil " + call + "; do sleep 5; done\n", "stops"},
	"while it fails":                   {"#!/bin/sh\nwhile ! " + call + "; do sleep 5; done\n", "stops"},
	"again and again":                  {"#!/bin/sh\nwhile true; do\n  " + call + " && break\n  sleep 5\ndone\nsystemctl start web\n", "stops"},
	"five times":                       {"#!/bin/sh\nsystemctl start web\nfor n in 1 2 3 4 5; do\n  " + call + " && break\n  sleep 5\ndone\n", ""},
	"a heartbeat beside the script":    {"#!/bin/sh\nset -e\nwhile true; do " + call + "; sleep 60; done &\nsystemctl start web\n", ""},
	"in the background":                {"#!/bin/sh\nset -e\nsystemctl start web\n" + call + " &\n", ""},
	"what it prints is kept":           {"#!/bin/sh\nset -e\n" + call + " | tee /var/log/hook\nsystemctl start web\n", ""},
	"and counts":                       {"#!/bin/bash\nset -eo pipefail\n" + call + " | tee /var/log/hook\nsystemctl start web\n", "stops"},
	"what it prints is a value":        {"#!/bin/sh\nset -e\nOUT=$(" + call + ")\nsystemctl start web\n", "stops"},
	"what it prints is a word":         {"#!/bin/sh\nset -e\necho $(" + call + ")\nsystemctl start web\n", ""},
	"in a function":                    {"#!/bin/sh\nset -e\ndone_with() {\n  " + call + "\n}\nsystemctl start web\ndone_with\n", "fails"},
	"in a function, whatever":          {"#!/bin/sh\nset -e\ndone_with() {\n  " + call + "\n}\ndone_with || true\nsystemctl start web\n", ""},
	"in a function, before the work":   {"#!/bin/bash\nset -e\nfunction done_with {\n  " + call + "\n}\ndone_with\nsystemctl start web\n", "stops"},
	"in a function, at the end":        {"#!/bin/bash\nfinish() {\n  " + call + "\n}\ntrap finish EXIT\nsystemctl start web\n", ""},
	"again by a function":              {"#!/bin/bash\nretry() {\n  until \"$@\"; do sleep 1; done\n}\nsystemctl start web\nretry " + call + "\n", "stops"},
	"again by a program":               {"#!/bin/sh\nsystemctl start web\nretry 5 " + call + " || true\n", ""},
	"a trap that may do anything":      {"#!/bin/bash\ntrap unhealthy ERR\nsystemctl start web\n" + call + "\n", "stops"},
	"a trap, and whatever":             {"#!/bin/bash\ntrap unhealthy ERR\nsystemctl start web\n" + call + " || true\n", ""},
	"by a trap":                        {"#!/bin/bash\ntrap '" + call + "' ERR\nsystemctl start web\n", ""},
	"its result is told":               {"#!/bin/sh\nsystemctl start web\n" + call + "\ncfn-signal -e $? --stack web\n", "stops"},
	"in one branch":                    {"#!/bin/sh\nif test -f /x; then\n  " + call + "\nelse\n  echo none\nfi\n", "fails"},
	"in a group that may fail":         {"#!/bin/sh\nset -e\n( cd /tmp && " + call + " ) || true\nsystemctl start web\n", ""},
	"in a file that another part runs": {"#!/bin/sh\ncat > /opt/done.sh <<'EOF'\n#!/bin/sh\n" + call + "\nEOF\nsystemctl start web\n", "fails"},
	"an item of several":               {"#cloud-config\nruncmd:\n- " + call + "\n- systemctl start web\n", ""},
	"the last item":                    {"#cloud-config\nruncmd:\n- systemctl start web\n- " + call + "\n", "fails"},
	"an item of several, with -e":      {"#cloud-config\nruncmd:\n- set -e\n- " + call + "\n- systemctl start web\n", "stops"},
	"an item that ends them all":       {"#cloud-config\nruncmd:\n- " + call + " || exit 1\n- systemctl start web\n", "stops"},
	"an item of words":                 {"#cloud-config\nruncmd:\n- [aws, autoscaling, complete-lifecycle-action, --lifecycle-hook-name, boot]\n- systemctl start web\n", ""},
	"the last item, of words":          {"#cloud-config\nruncmd:\n- systemctl start web\n- [aws, autoscaling, complete-lifecycle-action, --lifecycle-hook-name, boot]\n", "fails"},
	"a program":                        {"#!/usr/bin/env python3\nboto3.client('autoscaling').complete_lifecycle_action(LifecycleHookName='boot')\n", "stops"},
	"a program of a script":            {"#!/bin/sh\npython3 - <<'PY'\nboto3.client('autoscaling').complete_lifecycle_action(LifecycleHookName='boot')\nPY\n", "stops"},
	"a unit's":                         {"#cloud-config\nwrite_files:\n- path: /etc/systemd/system/hook.service\n  content: |\n    [Service]\n    ExecStart=/usr/bin/" + call + "\n", "fails"},
	"the hook of the end is another":   {"#!/bin/sh -e\naws autoscaling complete-lifecycle-action --lifecycle-hook-name terminating\nsystemctl start web\n", ""},
}

func TestWhatBecomesOfABootThatHasNoHookToComplete(t *testing.T) {
	t.Parallel()
	for name, c := range courses {
		got := ""
		switch stops, fails := Hooked([]byte(c.script)); {
		case stops != "":
			got = "stops"
		case fails != "":
			got = "fails"
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q\n%s", name, got, c.want, c.script)
		}
	}
}

func TestFunctionsThatCallOneAnotherAreNotFollowedForEver(t *testing.T) {
	t.Parallel()
	f, g := strings.Repeat("g\n", 1500), strings.Repeat("f\n", 1500)
	began := time.Now()
	stops, _ := Hooked([]byte("#!/bin/sh\nf() {\n" + f + call + "\n}\ng() {\n" + g + "}\nf\n" + strings.Repeat(call+"\n", 1000)))
	if took := time.Since(began); stops == "" || took > 5*time.Second {
		t.Errorf("%q in %s", stops, took)
	}
}

func TestItIsSaidWhereABootWouldStop(t *testing.T) {
	t.Parallel()
	stops, fails := Hooked([]byte("#!/bin/sh -e\n\n" + call + "\nsystemctl start web\n" + call + "\n"))
	if stops != "line 3" || fails != "line 5" {
		t.Errorf("%q, %q", stops, fails)
	}
}
