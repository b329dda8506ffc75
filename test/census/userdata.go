package census

import (
	"encoding/json"
	"fmt"
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
}

// script is the owner's script, line by line, as public ones are written for such an application.
func (r Row) script(needs []app.Need, how wording, by Reading) []string {
	has := func(n app.Need) bool { return slices.Contains(needs, n) }
	lines := []string{"set -uo pipefail", "exec > >(tee /var/log/user-data.log) 2>&1"}
	add := func(is bool, more ...string) {
		if is {
			lines = append(lines, more...)
		}
	}
	if by.Opaque {
		return append(lines, "/opt/app/start.sh")
	}
	add(strings.HasPrefix(r.CFN, "init"), "yum update -y aws-cfn-bootstrap", "/opt/aws/bin/cfn-init -v --stack app --resource LaunchConfiguration --region us-east-1"+how.role)
	add(has(app.Membership), r.asks()...)
	add(r.tolerates() && !how.quiet, "unhealthy() {", "  aws autoscaling set-instance-health --instance-id $INSTANCE_ID --health-status Unhealthy || true", "}",
		"INSTANCE_ID=$(curl -s http://169.254.169.254/latest/meta-data/instance-id)", "trap unhealthy ERR")
	add(has(app.Volume), "aws ec2 attach-volume --volume-id vol-0a1b2c3d --instance-id $(ec2-metadata --instance-id | cut -d' ' -f2) --device xvdf", "mount LABEL=data /data")
	add(has(app.Interface), "aws ec2 attach-network-interface --network-interface-id eni-0a1b2c3d --instance-id $(ec2-metadata -i | cut -d' ' -f2) --device-index 1")
	add(has(app.Address), "aws ec2 associate-address --instance-id $(ec2-metadata -i | cut -d' ' -f2) --allocation-id eipalloc-0a1b2c3d --allow-reassociation")
	add(has(app.Route), "sysctl -w net.ipv4.ip_forward=1", "aws ec2 replace-route --route-table-id rtb-0a1b2c3d --destination-cidr-block 0.0.0.0/0 --instance-id $(ec2-metadata -i | cut -d' ' -f2)")
	add(has(app.DNS), "aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch file:///tmp/record.json")
	add(has(app.License), r.licensed())
	add(has(app.Quorum), r.votes()...)
	add(has(app.Kubernetes), r.node()...)
	add(has(app.ECS), "echo ECS_CLUSTER=app >> /etc/ecs/ecs.config", "systemctl enable --now --no-block ecs")
	add(has(app.Runner), r.runner()...)
	add(has(app.Worker), r.worker()...)
	add(len(needs) == 0 || len(needs) == 1 && has(app.Stack), "yum install -y docker", "systemctl enable --now docker", "docker run -d --restart always -p 80:8080 registry.example.com/app:1.4.2")
	add(has(app.LaunchHook), "aws autoscaling complete-lifecycle-action --lifecycle-hook-name launched --auto-scaling-group-name app --lifecycle-action-result CONTINUE --instance-id $(ec2-metadata -i | cut -d' ' -f2)")
	add(r.CFN != "no" && r.CFN != "", "/opt/aws/bin/cfn-signal -e $? --stack app --resource Group --region us-east-1"+how.role)
	return lines
}

// asks are the lines by which a boot asks for its own group.
func (r Row) asks() []string {
	switch {
	case r.says("groupname from imds"):
		return []string{"GROUP=$(curl -sf http://169.254.169.254/latest/meta-data/tags/instance/aws:autoscaling:groupName)", `test -n "$GROUP"`}
	case r.says("bootstrap_expect=1"):
		return []string{"/opt/consul/bin/run-consul --server --cluster-tag-key consul-servers --cluster-tag-value app"}
	case r.says("no peers"):
		return []string{"GROUP=$(aws autoscaling describe-auto-scaling-instances --instance-ids $(ec2-metadata -i | cut -d' ' -f2) --query 'AutoScalingInstances[0].AutoScalingGroupName' --output text)",
			"consul join $(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names $GROUP --query 'AutoScalingGroups[].Instances[].InstanceId' --output text)"}
	}
	return []string{"GROUP=$(aws autoscaling describe-auto-scaling-instances --instance-ids $(ec2-metadata -i | cut -d' ' -f2) --query 'AutoScalingInstances[0].AutoScalingGroupName' --output text)",
		`[ "$GROUP" != None ] || exit 1`}
}

// tolerates tells of a boot that speaks to its group and goes on where the group does not know it.
func (r Row) tolerates() bool {
	return r.says("set-instance-health", "describe-auto-scaling-instances, complete-lifecycle-action")
}

func (r Row) licensed() string {
	switch {
	case r.says("checkpoint"):
		return "clish -c 'cplic put 10.0.0.5 never aBcDeFgHi-JkLmNoPqR-StUvWxYz1 CPSG-C-8-U CK-0A1B2C3D4E5F'"
	case r.says("paloalto"):
		return "authcodes=I1234567"
	}
	return "SOAPLicenseClient --basekey AAAAA-BBBBB-CCCCC-DDDDD"
}

// votes starts a server of the cluster that the row names.
func (r Row) votes() []string {
	switch {
	case r.says("consul"):
		return []string{"consul agent -server -bootstrap-expect=3 -data-dir=/opt/consul -retry-join 'provider=aws tag_key=consul tag_value=app' &"}
	case r.says("vault"):
		return []string{"vault server -config=/etc/vault.d/vault.hcl &"}
	case r.says("zk", "nifi"):
		return []string{"/opt/zookeeper/bin/zkServer.sh start"}
	case r.says("elk", "elastic"):
		return []string{"echo 'discovery.zen.minimum_master_nodes: 2' >> /etc/elasticsearch/elasticsearch.yml", "systemctl enable --now elasticsearch"}
	}
	return []string{"systemctl enable --now etcd"}
}

func (r Row) node() []string {
	switch {
	case r.says("kops"):
		return []string{"download-release", "echo '== nodeup node config done =='"}
	case r.says("eks"):
		return []string{"/etc/eks/bootstrap.sh app --kubelet-extra-args '--node-labels=pool=app'"}
	case r.says("k3s"):
		return []string{"curl -sfL https://get.k3s.io | K3S_URL=https://10.0.0.1:6443 K3S_TOKEN=t sh -"}
	}
	return []string{"kubeadm join 10.0.0.1:6443 --token t --discovery-token-ca-cert-hash sha256:h"}
}

func (r Row) runner() []string {
	switch {
	case r.says("jenkins"):
		return []string{"java -jar /opt/agent.jar -url https://ci.example.com -secret @/etc/secret -name $(hostname)"}
	case r.says("concourse"):
		return []string{"concourse worker --work-dir /opt/concourse --tsa-host ci.example.com:2222 &"}
	case r.says("buildkite"):
		return []string{"/usr/local/bin/bk-install-elastic-stack.sh"}
	case r.says("circleci"):
		return []string{"docker run -d --name builder -e CIRCLE_SECRET_PASSPHRASE=p circleci/builder-base:1.2", "circleci-agent start"}
	}
	return []string{"gitlab-runner register --non-interactive --url https://gitlab.example.com --token t", "gitlab-runner run &"}
}

func (r Row) worker() []string {
	switch {
	case r.says("nomad"):
		return []string{"/opt/nomad/bin/run-nomad --client"}
	case r.says("mesos"):
		return []string{"docker run -d --net=host --privileged mesosphere/mesos-slave:1.11 --master=zk://10.0.0.1:2181/mesos", "systemctl start mesos-worker"}
	}
	return []string{r.pick("celery -A app worker --loglevel INFO --detach", "python3 /opt/app/worker.py &", "bundle exec sidekiq -C config/sidekiq.yml &",
		"systemctl enable --now queue-worker")}
}

// userData writes the script in the row's format; nil is none.
func (r Row) userData(needs []app.Need, how wording, by Reading) []byte {
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
	if slices.Contains(lines, "authcodes=I1234567") { // PAN-OS reads pairs, and no script
		return []byte("type=dhcp-client\nhostname=fw\nauthcodes=I1234567\n")
	}
	return []byte(shell)
}

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
