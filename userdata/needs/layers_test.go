package needs

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
	"time"

	"autospotting/userdata"
)

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func utf16le(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.Write([]byte{c, 0})
	}
	return b.String()
}

const eip = "#!/bin/sh\nset -e\naws ec2 associate-address --instance-id $ID --allocation-id eipalloc-1\n"

func inMessage(body, kind, encoding string) string {
	return "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/cloud-config\n\n#cloud-config\npackages: [jq]\n--b\n" +
		"Content-Type: " + kind + "\nContent-Transfer-Encoding: " + encoding + "\n\n" + body + "\n--b--\n"
}

func writeFiles(encoding, content string) string {
	return "#cloud-config\nwrite_files:\n- path: /opt/boot.sh\n  encoding: " + encoding + "\n  content: " + content + "\n"
}

func TestEveryLayerThatCanBeOpenedIsRead(t *testing.T) {
	t.Parallel()
	outer := "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"o\"\n\n--o\n" + strings.TrimPrefix(inMessage(eip, "text/x-shellscript", "7bit"), "MIME-Version: 1.0\n") + "\n--o--\n"
	binary := strings.ReplaceAll(writeFiles("text/plain", "!!binary "+b64(eip)), "  encoding: text/plain\n", "")
	for name, c := range map[string]struct{ text, where string }{
		"plain":                            {eip, "line 3"},
		"gzip":                             {zipped(t, eip), "line 3"},
		"carriage returns":                 {strings.ReplaceAll(eip, "\n", "\r\n"), "line 3"},
		"a part":                           {inMessage(eip, "text/x-shellscript", "7bit"), "part 2, line 3"},
		"a part in base64":                 {inMessage(b64(eip), "text/x-shellscript", "base64"), "part 2, line 3"},
		"a part in base64 of gzip":         {inMessage(b64(zipped(t, eip)), "text/x-shellscript", "base64"), "part 2, line 3"},
		"a part without a beginning":       {inMessage(strings.TrimPrefix(eip, "#!/bin/sh\n"), "text/x-shellscript", "7bit"), "part 2, line 2"},
		"a message in gzip":                {zipped(t, inMessage(eip, "text/x-shellscript", "7bit")), "part 2, line 3"},
		"a message in a message":           {outer, "part 2, line 3"},
		"write_files b64":                  {writeFiles("b64", b64(eip)), "write_files /opt/boot.sh, line 3"},
		"write_files base64":               {writeFiles("base64", b64(eip)), "write_files /opt/boot.sh, line 3"},
		"write_files gz+b64":               {writeFiles("gz+b64", b64(zipped(t, eip))), "write_files /opt/boot.sh, line 3"},
		"write_files gzip+base64":          {writeFiles("gzip+base64", b64(zipped(t, eip))), "write_files /opt/boot.sh, line 3"},
		"write_files gzip":                 {writeFiles("gzip", "!!binary "+b64(zipped(t, eip))), "write_files /opt/boot.sh, line 3"},
		"write_files !!binary":             {binary, "write_files /opt/boot.sh, line 3"},
		"write_files in a part":            {inMessage(writeFiles("b64", b64(eip)), "text/cloud-config", "7bit"), "part 2, write_files /opt/boot.sh, line 3"},
		"runcmd, a string":                 {"#cloud-config\nruncmd:\n- aws ec2 associate-address --x\n", "line 3"},
		"runcmd, a list":                   {"#cloud-config\nruncmd:\n- [aws, ec2, associate-address, --x]\n", "line 3"},
		"runcmd, a block":                  {"#cloud-config\nruncmd:\n- |\n  set -e\n  aws ec2 associate-address --x\n", "line 5"},
		"runcmd, sh -c":                    {"#cloud-config\nruncmd:\n- - sh\n  - -xc\n  - aws ec2 associate-address --x\n", "line 3"},
		"bootcmd":                          {"#cloud-config\nbootcmd:\n - [ cloud-init-per, once, eip, aws, ec2, associate-address ]\n", "line 3"},
		"an alias":                         {"#cloud-config\nx: &a\n - aws ec2 associate-address --x\nruncmd: *a\n", "line 3"},
		"broken YAML":                      {"#cloud-config\nruncmd:\n - a: [\n - aws ec2 associate-address --x\n", "line 4"},
		"JSON as cloud-config":             {"#cloud-config\n{\"runcmd\": [[\"aws\",\"ec2\",\"associate-address\"]]}\n", "line 2"},
		"a JSON patch":                     {"#cloud-config-jsonp\n[{\"op\":\"add\",\"path\":\"/runcmd\",\"value\":[\"aws ec2 associate-address\"]}]\n", "line 2"},
		"a JSON patch of one command":      {"#cloud-config-jsonp\n[{\"op\":\"add\",\"path\":\"/runcmd/-\",\"value\":\"aws ec2 associate-address\"}]\n", "line 2"},
		"an archive with a type":           {"#cloud-config-archive\n- type: text/x-shellscript\n  content: aws ec2 associate-address\n", "item 1, line 1"},
		"a boothook with its own language": {"#cloud-boothook\n#!/bin/sh\naws ec2 associate-address\n", "line 3"},
		"a jinja script":                   {"## template: jinja\n#!/bin/sh\n{% if a %}\naws ec2 associate-address --region {{ region }}\n{% endif %}\n", "line 4"},
		"a part handler":                   {"#part-handler\ndef handle_part(a):\n    ec2.associate_address(Ip=a)\n", "line 3"},
		"an upstart job":                   {"#upstart-job\nstart on runlevel [2]\nscript\n aws ec2 associate-address --x\nend script\n", "line 4"},
		"batch":                            {"<script>\r\naws.exe ec2 associate-address --x\r\n</script>", "line 2"},
		"PowerShell behind a comment":      {"# ours\n<powershell>\naws ec2 associate-address --x\n</powershell>", "line 3"},
		"PowerShell's encoded command":     {"<powershell>\npowershell -EncodedCommand " + b64(utf16le("Register-EC2Address -InstanceId $id")) + "\n</powershell>", "line 2, decoded, line 1"},
		"Ignition, data: in base64":        {`{"ignition":{"version":"3.0.0"},"storage":{"files":[{"path":"/opt/b.sh","contents":{"source":"data:;base64,` + b64(eip) + `"}}]}}`, "file /opt/b.sh, line 3"},
		"Ignition, gzip":                   {`{"ignition":{"version":"3.1.0"},"storage":{"files":[{"path":"/opt/b.sh","contents":{"compression":"gzip","source":"data:;base64,` + b64(zipped(t, eip)) + `"}}]}}`, "file /opt/b.sh, line 3"},
		"Ignition, appended":               {`{"ignition":{"version":"3.1.0"},"storage":{"files":[{"path":"/opt/b.sh","append":[{"source":"data:;base64,` + b64(eip) + `"}]}]}}`, "file /opt/b.sh, line 3"},
		"a bootstrap container":            {"[settings.bootstrap-containers.eip]\nmode = \"once\"\nuser-data = \"" + b64(eip) + "\"\n", "line 3, decoded, line 3"},
		"gunzip in a pipe":                 {"#!/bin/sh\necho " + b64(zipped(t, eip)) + " | base64 -d | gunzip | sh\n", "line 2, decoded, line 3"},
		"two steps over a file":            {"#!/bin/sh\ncat > /tmp/b <<E\n" + b64(eip) + "\nE\nbase64 -d /tmp/b > /opt/b.sh\n", "line 3, decoded, line 3"},
		"Python's b64decode":               {"#!/usr/bin/python3\nopen('/b.sh','wb').write(base64.b64decode('" + b64(eip) + "'))\n", "line 2, decoded, line 3"},
		"a command for at":                 {"#!/bin/sh\necho aws ec2 associate-address --x | at now + 1 minute\n", "line 2"},
		"a file that is sourced":           {"#!/bin/sh\n. /opt/associate-eip.sh\n", "line 2"},
		"a byte that is no UTF-8":          {strings.Replace(eip, "set -e", "# caf\xe9", 1), "line 3"},
		"a script with a file behind it":   {eip + "exit\n\x00\x01\xff", "line 3"},
		"a part that is compressed twice":  {inMessage(b64(zipped(t, zipped(t, eip))), "text/x-shellscript", "base64"), "part 2, line 3"},
		"UTF-16":                           {inMessage(b64("\xff\xfe"+utf16le(eip)), "text/x-shellscript", "base64"), "part 2, line 3"},
		"a script in a script in a script": {"#!/bin/sh\nbash -c 'sh -c \"aws ec2 associate-address --x\"'\n", "line 2"},
	} {
		got := Recognise([]byte(c.text))
		if want := []Need{{Address, c.where}}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, not %v", name, got, want)
		}
	}
}

func TestOurOwnPartIsLeftOut(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("0", 64)
	s := userdata.Settings{Topic: "arn:aws:sns:us-east-1:123456789012:t", Group: "g", Grace: time.Minute, ReleaseURL: "https://b.s3.us-east-1.amazonaws.com/spotd/v1",
		SHA256: map[string]string{"amd64": sum, "arm64": sum, "windows-amd64": sum}}
	for name, text := range map[string]string{"nothing": "", "a web server": "#!/bin/sh\nyum install -y httpd\n", "an address": eip, "a message": inMessage(eip, "text/x-shellscript", "7bit"), "Windows": "<powershell>\nhostname\n</powershell>", "gzip": zipped(t, eip)} {
		injected, note, err := userdata.Inject([]byte(text), s)
		if err != nil || note != "" && !bytes.Contains([]byte(note), []byte("compress")) {
			t.Fatal(name, note, err)
		}
		before, unreadBefore := Read([]byte(text))
		after, unread := Read(injected)
		waits := s
		waits.Await = true // it asks for membership, which is not the owner's need
		if waiting, _, err := userdata.Inject([]byte(text), waits); err != nil || !reflect.DeepEqual(Recognise(waiting), before) {
			t.Errorf("%s: with the wait %v, %v", name, Recognise(waiting), err)
		}
		if !reflect.DeepEqual(before, after) || !reflect.DeepEqual(unreadBefore, unread) {
			t.Errorf("%s: %v %v, with ours %v %v", name, before, unreadBefore, after, unread)
		}
	}
}

func TestWhatRunsBeforeAnyScriptIsEarly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		early []Need
	}{
		"bootcmd, then runcmd":   {"#cloud-config\nbootcmd:\n- aws ec2 associate-address\nruncmd:\n- aws ec2 attach-volume\n", []Need{{Address, "line 3"}}},
		"a file for runcmd":      {writeFiles("b64", b64(eip)), nil},
		"a script":               {eip, nil},
		"a boothook":             {"#cloud-boothook\naws ec2 associate-address\n", []Need{{Address, "line 2"}}},
		"a boothook in a part":   {inMessage("#cloud-boothook\naws ec2 associate-address", "text/cloud-boothook", "7bit"), []Need{{Address, "part 2, line 2"}}},
		"a script behind a hook": {inMessage(eip, "text/x-shellscript", "7bit"), nil},
		"nodeadm":                {"apiVersion: node.eks.aws/v1alpha1\n", []Need{{Kubernetes, "line 1"}}},
		"Bottlerocket":           {"[settings.ecs]\ncluster = \"a\"\n", []Need{{ECS, "line 2"}}},
		"Windows":                {"<powershell>\nAdd-EC2Volume\n</powershell>", nil},
	} {
		if got := Early([]byte(c.text)); !reflect.DeepEqual(got, c.early) {
			t.Errorf("%s: %v, not %v", name, got, c.early)
		}
	}
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"an include":           {"#include\nhttps://example.com/a\n", "include https://example.com/a at line 2"},
		"an include in a part": {inMessage("#include-once\nhttps://example.com/a", "text/x-include-once-url", "7bit"), "include https://example.com/a at part 2, line 2"},
		"a file from the net":  {"#cloud-config\nwrite_files:\n- path: /opt/a.sh\n  source:\n    uri: https://example.com/a\n", "file https://example.com/a at line 5"},
		"a fetched script":     {"#!/bin/sh\nwget -qO- https://example.com/a | sudo bash -s -- x\n", "script https://example.com/a at line 2"},
		"a substitution":       {"#!/bin/sh\nbash <(wget -qO- https://example.com/a) --x\n", "script https://example.com/a at line 2"},
		"another one":          {"#!/bin/sh\nsh -c \"$(curl -fsSL https://example.com/a)\"\n", "script https://example.com/a at line 2"},
		"another tool":         {"#!/bin/sh\nansible-pull -U https://example.com/a.git\n", "what ansible-pull does at line 2"},
		"another tool's key":   {"#cloud-config\nhostname: a\nchef:\n  run_list: [a]\n", "what chef does at line 3"},
		"a script of S3's":     {"#!/bin/sh\naws s3 cp s3://b/a - | bash\n", "script s3://b/a at line 2"},
		"Ignition's config":    {`{"ignition":{"version":"3.0.0","config":{"replace":{"source":"s3://b/worker.ign"}}}}`, "ignition s3://b/worker.ign at line 1"},
		"broken base64":        {writeFiles("b64", "'%%%'"), "content that is no base64 at write_files /opt/boot.sh"},
		"too much text":        {zipped(t, "#!/bin/sh\n"+strings.Repeat("# "+strings.Repeat("x", 1000)+"\n", 300)), "more than 262144 bytes of text at line 1"},
		"no text":              {"\x7fELF\x00\x01", "bytes that are no text at line 1"},
		"a file behind":        {"#!/bin/sh\ntail -n +3 $0 | tar x; exit\n\x00\x01", "bytes that are no text at line 3"},
	} {
		_, unread := Read([]byte(c.text))
		if len(unread) != 1 || unread[0].What+" at "+unread[0].Where != c.want {
			t.Errorf("%s: %v, not %s", name, unread, c.want)
		}
	}
}
