package userdata

import (
	"strings"
	"testing"
	"time"
)

func mimeOf(parts ...string) string {
	return "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n" + strings.Join(parts, "\n--b\n") + "\n--b--\n"
}

func TestWhereOursIsNotTheFirstScriptIsSaid(t *testing.T) {
	t.Parallel()
	script := func(name string) string {
		return "Content-Type: text/x-shellscript\nContent-Disposition: attachment; filename=\"" + name + "\"\n\n#!/bin/sh\necho x"
	}
	node := "Content-Type: application/node.eks.aws\n\napiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig"
	for _, c := range []struct{ name, data, want string }{
		{"nothing", "", ""},
		{"a script", "#!/bin/sh\necho x\n", ""},
		{"cloud-config with runcmd", "#cloud-config\nruncmd: [x]\n", ""},
		{"a message", mimeOf(script("setup.sh"), "Content-Type: text/cloud-config\n\n#cloud-config\nruncmd: [x]"), ""},
		{"a boothook, which is for needs.Early", "#cloud-boothook\n#!/bin/sh\necho x\n", ""},
		{"compressed", gzipText("#!/bin/sh\necho x\n"), ""},
		{"PowerShell", "<powershell>\nGet-Date\n</powershell>", ""},
		{"a batch script", "<script>\ndir\n</script>", ""},
		{"tasks", "version: 1.1\ntasks:\n- task: executeScript\n", ""},
		{"a script beside EKS' configuration", mimeOf(node, script("a.sh")), ""},
		{"a file name that sorts first", mimeOf(script("00-first.sh")), `"00-first.sh" of part 1 sorts before ours`},
		{"the same once characters are taken out", mimeOf(script("é00-first.sh")), `"00-first.sh" of part 1`},
		{"our own name", mimeOf(script("a.sh"), script("000-spotd")), `"000-spotd" of part 2`},
		{"the same name of what is no script", mimeOf(strings.Replace(script("00"), "text/x-shellscript\n", "text/cloud-config\n", 1)[:strings.Index(script("00"), "#!")-2] + "#cloud-config\nruncmd: [x]"), ""},
		{"compressed, by its name", gzipText(mimeOf(script("00-first.sh"))), `"00-first.sh"`},
		{"in an archive", "#cloud-config-archive\n- type: text/x-shellscript\n  filename: 00-first\n  content: |\n    #!/bin/sh\n", `"00-first" of part 1`},
		{"an archive without names", "#cloud-config-archive\n- type: text/x-shellscript\n  content: |\n    #!/bin/sh\n", ""},
		{"a script for each boot", mimeOf("Content-Type: text/x-shellscript-per-boot\n\n#!/bin/sh\necho x"), "text/x-shellscript-per-boot before all other scripts"},
		{"one in an archive", "#cloud-config-archive\n- {type: text/x-shellscript-per-once, content: x}\n", "text/x-shellscript-per-once"},
		{"an include", "#include\nhttps://example.com/a\n", "an include fetches"},
		{"an include in a message", mimeOf("Content-Type: text/x-include-once-url\n\nhttps://example.com/a"), "an include fetches"},
		{"an upstart job", "#upstart-job\nexec x\n", "upstart"},
		{"EKS' configuration alone", "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n", "nodeadm"},
		{"in a message alone", mimeOf(node), "nodeadm"},
		{"detached", "<powershell>\nGet-Date\n</powershell>\n<detach>true</detach>", "side by side"},
		{"Bottlerocket", "[settings.ecs]\ncluster = \"a\"\n", "containers only"},
		{"Ignition", `{"ignition":{"version":"3.0.0"}}`, "Ignition"},
		{"gzip that is broken", "\x1f\x8bnonsense", "cannot be inflated"},
		{"no room", "<powershell>" + strings.Repeat("x", 12000) + "</powershell>", "over the limit"},
		{"no text", "\x7fELF\x00", "binary"},
	} {
		got := late(t, []byte(c.data))
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		out, note := inject(t, []byte(c.data), awaiting(nominal))
		if again := late(t, out); !strings.HasPrefix(note, Unchanged) && again != got {
			t.Errorf("%s: injected it says %q", c.name, again)
		}
		_, aboard := Injected(out)
		if said := strings.Contains(note, NotFirst); said != (aboard && c.want != "") {
			t.Errorf("%s: Inject notes %q", c.name, note)
		}
		if _, note := inject(t, []byte(c.data), nominalWithout()); strings.Contains(note, NotFirst) {
			t.Errorf("%s: without the wait Inject notes %q", c.name, note)
		}
	}
}

func nominalWithout() Settings {
	s := nominal
	s.Await = false
	return s
}

func gzipText(s string) string { return string(pack([]byte(s))) }

// late is why the wait would come too late in user data.
func late(t *testing.T, original []byte) string {
	t.Helper()
	_, note := inject(t, original, awaiting(all()))
	return Late(note)
}

// nominal are settings of usual length: a group's name and the probe make little of the
// size.
var nominal = Settings{
	Topic: "arn:aws:sns:us-east-1:123456789012:autospotting-reports", Group: "auto-scaling-group", Grace: 5 * time.Minute,
	ReleaseURL: "https://autospotting-release.s3.us-east-1.amazonaws.com/spotd/v1.0.0", Version: "v1.0.0", Await: true,
	SHA256: map[string]string{"amd64": zeros, "arm64": zeros, windows: zeros},
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"
