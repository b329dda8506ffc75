package census

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/url"
	"slices"
	"strings"

	"autospotting/test/census/app"
)

// Reading is one of the possible meanings of what the census does not say.
type Reading struct {
	// Baked: where the census saw no user data, the image brings the application. Otherwise the variable is filled with a script.
	Baked bool
	// Opaque: what the application needs is done by a script of the image, whose name says nothing.
	Opaque bool
	// MixedOnDemand: mixed instances policies are at 100 % on-demand, which is AWS's default and that of some modules. Otherwise those that can buy
	// spot buy nothing else.
	MixedOnDemand bool
}

// wording is what an owner writes otherwise once they have taken a step.
type wording struct {
	role  string // of CloudFormation's helpers, as an argument
	quiet bool   // nothing is said to the group
	bears bool   // the script goes on where it has no hook to complete
	way   int    // which of the ways that are anybody's, from 1; 0 is the row's own
}

// script is the owner's script, line by line, as public ones are written for such an application.
func (r Row) script(needs []app.Need, how wording, by Reading) []string {
	has := func(n app.Need) bool { return slices.Contains(needs, n) }
	plain := len(needs) == 0
	lines := slices.Clone(beginnings[r.index(len(beginnings), how)])
	add := func(is bool, more ...string) {
		if is {
			lines = append(lines, more...)
		}
	}
	if by.Opaque {
		return append(lines, "/opt/app/start.sh")
	}
	add(strings.HasPrefix(r.CFN, "init"), r.initialises(how)...)
	add(has(app.Membership), r.way(app.Membership, how)...)
	add(r.tolerates() && !how.quiet, "unhealthy() {", "  aws autoscaling set-instance-health --instance-id $INSTANCE_ID --health-status Unhealthy || true", "}",
		"INSTANCE_ID=$(curl -s http://169.254.169.254/latest/meta-data/instance-id)", "trap unhealthy ERR")
	if has(app.Kubernetes) && has(app.Quorum) {
		add(true, r.oneOf(servers, how)...)
		needs = slices.DeleteFunc(slices.Clone(needs), func(n app.Need) bool { return n == app.Kubernetes || n == app.Quorum })
	}
	for _, n := range []app.Need{app.Volume, app.Interface, app.Address, app.Route, app.DNS, app.License, app.Quorum, app.Kubernetes, app.ECS, app.Runner, app.Worker, app.Alone} {
		add(has(n), r.way(n, how)...)
	}
	add(plain || len(needs) == 1 && (has(app.Stack) || has(app.Membership)), plains[r.index(len(plains), how)]...)
	add(r.CFN != "no" && r.CFN != "", "/opt/aws/bin/cfn-signal -e $? --stack app --resource Group --region us-east-1"+how.role)
	return r.completing(lines, how)
}

// completing has the script complete the group's launching hook: whatever comes of it, as the last thing that it does, or before its application is
// started, by a script that ends where a command fails.
func (r Row) completing(lines []string, how wording) []string {
	const call = "aws autoscaling complete-lifecycle-action --lifecycle-hook-name launched --auto-scaling-group-name app --lifecycle-action-result CONTINUE --instance-id $(ec2-metadata -i | cut -d' ' -f2)"
	switch {
	case !r.completes() || how.quiet:
	case r.last() && !how.bears:
		lines = append(lines, call)
	case r.strict() && how.bears:
		lines = append([]string{"set -e"}, append(lines, call+" || true", "systemctl start app-frontend")...)
	case r.strict():
		lines = append([]string{"set -e"}, append(lines, call, "systemctl start app-frontend")...)
	default:
		lines = append(lines, call+" || true")
	}
	return lines
}

// initialises calls cfn-init.
func (r Row) initialises(how wording) []string {
	return [][]string{
		{"yum update -y aws-cfn-bootstrap", "/opt/aws/bin/cfn-init -v --stack app --resource LaunchConfiguration --region us-east-1" + how.role},
		{"apt-get update && apt-get install -y python3-pip", "pip3 install https://s3.amazonaws.com/cloudformation-examples/aws-cfn-bootstrap-py3-latest.tar.gz",
			"error_exit() {", "  /usr/local/bin/cfn-signal -e 1 -r \"$1\" --stack app --resource Group --region us-east-1" + how.role, "  exit 1", "}",
			"/usr/local/bin/cfn-init -v \\", "  --stack app \\", "  --resource LaunchConfiguration --configsets install,start \\", "  --region us-east-1" + how.role + " || error_exit 'cfn-init failed'"},
	}[r.index(2, how)]
}

// way is how the row does it: as its words say, or one of the ways that are anybody's.
func (r Row) way(n app.Need, how wording) []string { return r.oneOf(scripts[n], how) }

func (r Row) oneOf(list []script, how wording) []string {
	var free [][]string
	for _, s := range list {
		switch {
		case s.words == "":
			free = append(free, s.lines)
		case how.way == 0 && r.says(s.words):
			return s.lines
		}
	}
	return free[r.index(len(free), how)]
}

// index chooses one of n by the row's name, always the same, or by the number that the wording has.
func (r Row) index(n int, how wording) int {
	if how.way > 0 {
		return (how.way - 1) % n
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, r.Source) // a hash takes everything
	return int(h.Sum32() % uint32(n))
}

// tolerates tells of a boot that speaks to its group and goes on where the group does not know it.
func (r Row) tolerates() bool {
	return r.says("set-instance-health", "describe-auto-scaling-instances, complete-lifecycle-action")
}

// userData writes the script in the row's format; nil is none.
func (r Row) userData(needs []app.Need, how wording, by Reading) []byte {
	if r.beanstalk() {
		return []byte(multipart(fetching))
	}
	format, lines := r.UserData, r.script(needs, how, by)
	shell := "#!/bin/bash\n" + strings.Join(lines, "\n") + "\n"
	if format == "none" || format == "variable/none seen" && by.Baked {
		return nil
	}
	switch {
	case strings.HasSuffix(format, "multipart"):
		return []byte(multipart(shell))
	case format == "cloud-config":
		return []byte(cloudConfig(lines))
	case format == "ignition":
		return []byte(ignition(shell))
	case format == "powershell":
		return []byte("<powershell>\n" + strings.Join(r.windows(needs, by), "\r\n") + "\n</powershell>\n")
	}
	if slices.Contains(lines, panOS) { // PAN-OS reads pairs, and no script
		return []byte("type=dhcp-client\nhostname=fw\nauthcodes=I1234567\n")
	}
	return []byte(shell)
}

// fetching is a script as Elastic Beanstalk gives its instances, whatever the template says: what it does is in another, which is not here to be read.
const fetching = "#!/bin/bash\nexec > >(tee -a /var/log/eb-cfn-init.log) 2>&1\nfor n in 1 2 3 4 5; do\n  curl -sf https://assets.example.com/lib/bootstrap.sh -o /tmp/bootstrap.sh && break\n  sleep 10\ndone\nbash /tmp/bootstrap.sh 'https://wait.example.com' 'app' 'AutoScalingGroup'\n"

func multipart(shell string) string {
	return "Content-Type: multipart/mixed; boundary=\"==BOUNDARY==\"\nMIME-Version: 1.0\n\n--==BOUNDARY==\nContent-Type: text/cloud-config; charset=\"us-ascii\"\n\n#cloud-config\nrepo_update: true\nrepo_upgrade: security\n\n" +
		"--==BOUNDARY==\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n" + shell + "\n--==BOUNDARY==--\n"
}

// cloudConfig writes the script as a file and runs it.
func cloudConfig(lines []string) string {
	var b strings.Builder
	b.WriteString("#cloud-config\npackage_update: true\nwrite_files:\n  - path: /opt/boot.sh\n    permissions: '0755'\n    content: |\n      #!/bin/bash\n")
	for _, l := range lines {
		b.WriteString("      " + l + "\n")
	}
	return b.String() + "runcmd:\n  - [ bash, /opt/boot.sh ]\n"
}

// ignition writes the script as a file and a unit that runs it.
func ignition(shell string) string {
	unit := "[Unit]\nAfter=network-online.target\n[Service]\nType=oneshot\nExecStart=/opt/boot.sh\n[Install]\nWantedBy=multi-user.target\n"
	raw, err := json.Marshal(map[string]any{
		"ignition": map[string]string{"version": "3.3.0"},
		"storage": map[string]any{"files": []any{map[string]any{"path": "/opt/boot.sh", "mode": 493,
			"contents": map[string]string{"source": "data:," + url.PathEscape(shell)}}}},
		"systemd": map[string]any{"units": []any{map[string]any{"name": "boot.service", "enabled": true, "contents": unit}}},
	})
	if err != nil {
		panic(fmt.Sprintf("census: ignition: %v", err)) // of strings and maps of them
	}
	return string(raw)
}

// windows is what the rows with PowerShell do.
func (r Row) windows(needs []app.Need, by Reading) []string {
	switch {
	case by.Opaque:
		return []string{`& C:\app\start.ps1`}
	case slices.Contains(needs, app.Kubernetes):
		return []string{`& "C:\Program Files\Amazon\EKS\Start-EKSBootstrap.ps1" -EKSClusterName app`, `cfn-signal.exe -e $LASTEXITCODE --stack app --resource NodeGroup --region us-east-1`}
	case slices.Contains(needs, app.Runner):
		return []string{`powershell -file C:\buildkite-agent\bin\bk-install-elastic-stack.ps1`, `Set-ASInstanceHealth -InstanceId $id -HealthStatus Unhealthy`}
	}
	return []string{"Install-WindowsFeature -Name Web-Server", "Start-Service W3SVC"}
}
