package census

import "autospotting/test/census/app"

// scripts are the ways in which public user data does what an application needs, each some lines of shell. A row has one of them, always the same,
// unless its words name one. They are written anew, and as long as the real ones only where that makes them harder to read.
var scripts = map[app.Need][]script{
	app.Membership: {
		{"groupname from imds", []string{"GROUP=$(curl -sf http://169.254.169.254/latest/meta-data/tags/instance/aws:autoscaling:groupName)", `test -n "$GROUP" || exit 1`}},
		{"bootstrap_expect=1", []string{"/opt/consul/bin/run-consul --server --cluster-tag-key consul-servers --cluster-tag-value app"}},
		{"no peers", []string{myGroup, "consul join $(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names $GROUP --query 'AutoScalingGroups[].Instances[].InstanceId' --output text)"}},
		{"", []string{myGroup, `[ "$GROUP" != None ] || exit 1`}},
		{"", []string{"ID=$(curl -s http://169.254.169.254/latest/meta-data/instance-id)",
			`GROUP=$(aws ec2 describe-tags --region us-east-1 --filters "Name=resource-id,Values=$ID" "Name=key,Values=aws:autoscaling:groupName" --query 'Tags[0].Value' --output text)`,
			`if [ -z "$GROUP" ] || [ "$GROUP" = "None" ]; then echo "not in a group" >&2; exit 1; fi`}},
		{"", []string{`until [ "$(curl -sf http://169.254.169.254/latest/meta-data/autoscaling/target-lifecycle-state)" = "InService" ]; do sleep 5; done`}},
		{"", []string{"python3 - <<'PY'", "import boto3, requests", "me = requests.get('http://169.254.169.254/latest/meta-data/instance-id').text",
			"a = boto3.client('autoscaling', region_name='us-east-1')", "found = a.describe_auto_scaling_instances(InstanceIds=[me])['AutoScalingInstances']",
			"open('/etc/app/group', 'w').write(found[0]['AutoScalingGroupName'])", "PY", "test -s /etc/app/group"}},
	},
	app.Volume: {
		{"", []string{"aws ec2 attach-volume --volume-id vol-0a1b2c3d --instance-id $(ec2-metadata --instance-id | cut -d' ' -f2) --device xvdf", "mount LABEL=data /data"}},
		{"", []string{"INSTANCE_ID=`curl -s http://169.254.169.254/latest/meta-data/instance-id`",
			`while ! aws ec2 attach-volume --region us-east-1 \`, `  --volume-id vol-0a1b2c3d \`, `  --instance-id "$INSTANCE_ID" --device /dev/sdf; do sleep 10; done`, "mkdir -p /data && mount /dev/xvdf /data"}},
	},
	app.Interface: {
		{"", []string{"aws ec2 attach-network-interface --network-interface-id eni-0a1b2c3d --instance-id $(ec2-metadata -i | cut -d' ' -f2) --device-index 1"}},
		{"", []string{`ENI_ID="eni-0a1b2c3d"`, `aws --region "$REGION" ec2 attach-network-interface --instance-id "$INSTANCE_ID" --device-index 1 --network-interface-id "$ENI_ID"`, "while ! ip link show dev eth1; do sleep 1; done"}},
	},
	app.Address: {
		{"", []string{"aws ec2 associate-address --instance-id $(ec2-metadata -i | cut -d' ' -f2) --allocation-id eipalloc-0a1b2c3d --allow-reassociation"}},
		{"", []string{"for eip in eipalloc-0a1b2c3d eipalloc-1a2b3c4d; do", "  if aws ec2 associate-address --region us-east-1 --allocation-id $eip --instance-id $INSTANCE_ID --allow-reassociation; then break; fi", "done"}},
	},
	app.Route: {
		{"", []string{"sysctl -w net.ipv4.ip_forward=1", "aws ec2 replace-route --route-table-id rtb-0a1b2c3d --destination-cidr-block 0.0.0.0/0 --instance-id $(ec2-metadata -i | cut -d' ' -f2)"}},
		{"", []string{`for rt in $(aws ec2 describe-route-tables --filters Name=tag:nat,Values=app --query 'RouteTables[].RouteTableId' --output text); do`,
			`  aws ec2 replace-route --route-table-id "$rt" --destination-cidr-block 0.0.0.0/0 --instance-id "$INSTANCE_ID" ||`, `    aws ec2 create-route --route-table-id "$rt" --destination-cidr-block 0.0.0.0/0 --instance-id "$INSTANCE_ID"`, "done"}},
	},
	app.DNS: {
		{"", []string{"aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch file:///tmp/record.json"}},
		{"", []string{"cat > /tmp/record.json <<EOF", `{"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": "app.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "$(hostname -I | cut -d' ' -f1)"}]}}]}`, "EOF",
			`aws route53 change-resource-record-sets \`, `  --hosted-zone-id "$ZONE_ID" \`, "  --change-batch file:///tmp/record.json"}},
	},
	app.License: {
		{"#gatewaygroup", []string{"admin_shell=/bin/bash ; sic=\"$(echo c2VjcmV0 | base64 -d)\"", `python3 /etc/cloud_config.py enableCloudWatch="false" sicKey="${sic}" installationType="autoscale" osVersion="R81.20" templateType="autoscale" shell="${admin_shell}"`}},
		{"checkpoint", []string{"clish -c 'cplic put 10.0.0.5 never aBcDeFgHi-JkLmNoPqR-StUvWxYz1 CPSG-C-8-U CK-0A1B2C3D4E5F'"}},
		{"paloalto", []string{panOS}},
		{"", []string{"SOAPLicenseClient --basekey AAAAA-BBBBB-CCCCC-DDDDD"}},
		{"", []string{"tmsh install sys license registration-key AAAAA-BBBBB-CCCCC-DDDDD-EEEEEEE", "tmsh save sys config"}},
	},
	app.Quorum: {
		{"consul", []string{"mkdir -p /etc/consul.d", "cat > /etc/consul.d/server.json <<EOF", "{", `  "server": true,`, `  "bootstrap_expect": 3,`, `  "retry_join": ["provider=aws tag_key=consul tag_value=app"],`, `  "data_dir": "/opt/consul"`, "}", "EOF", "systemctl enable --now consul"}},
		{"vault", []string{"cat > /etc/vault.d/vault.hcl <<EOF", `storage "raft" {`, `  path = "/opt/vault"`, `  node_id = "$(hostname)"`, "}", `listener "tcp" {`, `  address = "0.0.0.0:8200"`, "}", "EOF", "systemctl enable --now vault"}},
		{"zk", []string{"echo 1 > /var/lib/zookeeper/myid", "/opt/zookeeper/bin/zkServer.sh start"}},
		{"nifi", []string{`docker run -d --restart always --name zookeeper -p 2181:2181 -e "ZOO_MY_ID=1" -e "ZOO_SERVERS=server.1=10.0.1.10:2888:3888;2181" zookeeper:3.8`}},
		{"elastic", []string{"cat <<'EOF' > /etc/elasticsearch/elasticsearch.yml", "cluster.name: app", "node.master: true", "discovery.zen.hosts_provider: ec2", "EOF", "systemctl enable --now elasticsearch"}},
		{"elk", []string{"echo 'discovery.zen.minimum_master_nodes: 2' >> /etc/elasticsearch/elasticsearch.yml", "service elasticsearch start"}},
		{"", []string{"systemctl enable --now etcd"}},
		{"", []string{"docker run -d --net=host --name etcd quay.io/coreos/etcd:v3.5.9 /usr/local/bin/etcd --name $(hostname) --initial-cluster-state existing --discovery-srv example.com"}},
	},
	app.Kubernetes: {
		{"kops", []string{"NODEUP_URL_AMD64=https://artifacts.k8s.io/binaries/kops/1.28.0/linux/amd64/nodeup", "download-release() {", `  case "$(uname -m)" in`, "  x86_64*) NODEUP_URL=$NODEUP_URL_AMD64 ;;", "  esac",
			"  cd /opt/kops/bin", `  download-or-bust "$NODEUP_HASH" "$NODEUP_URL"`, "  chmod +x nodeup", "  ( exec ./nodeup --install-systemd-unit --conf=/opt/kops/conf/kube_env.yaml --v=8 )", "}", "download-release", "echo '== nodeup node config done =='"}},
		{"eks", []string{"set -o xtrace", "/etc/eks/bootstrap.sh app --kubelet-extra-args '--node-labels=pool=app'"}},
		{"k3s", []string{"curl -sfL https://get.k3s.io | K3S_URL=https://10.0.0.1:6443 K3S_TOKEN=t sh -"}},
		{"instance-manager", []string{"#!/bin/bash", "set -o xtrace", "export CLUSTER_NAME=app", "set +o errexit", `/etc/eks/bootstrap.sh "${CLUSTER_NAME}" --use-max-pods false \`, "  --kubelet-extra-args '--node-labels=role=app --register-with-taints=dedicated=app:NoSchedule'", "set -o errexit"}},
		{"", []string{"kubeadm join 10.0.0.1:6443 --token t --discovery-token-ca-cert-hash sha256:h"}},
		{"", []string{"cat > /etc/systemd/system/kubelet.service <<'EOF'", "[Unit]", "Description=Kubelet", "[Service]", `ExecStart=/usr/local/bin/kubelet --config=/etc/kubernetes/kubelet.yaml \`, "  --bootstrap-kubeconfig=/etc/kubernetes/kubeconfig --node-labels=node.kubernetes.io/node", "Restart=always", "[Install]", "WantedBy=multi-user.target", "EOF", "systemctl daemon-reload", "systemctl enable --now kubelet.service"}},
		{"", []string{"cat > /tmp/join.yaml <<EOF", "apiVersion: kubeadm.k8s.io/v1beta3", "kind: JoinConfiguration", "discovery:", "  bootstrapToken:", "    apiServerEndpoint: 10.0.0.1:6443", "    token: t.t", "EOF", "for i in 1 2 3 4 5; do kubeadm join --config /tmp/join.yaml && break || sleep 15; done"}},
	},
	app.ECS: {
		{"", []string{"echo ECS_CLUSTER=app >> /etc/ecs/ecs.config", "systemctl enable --now --no-block ecs"}},
		{"", []string{"cat <<'EOF' >> /etc/ecs/ecs.config", "ECS_CLUSTER=app", "ECS_ENABLE_CONTAINER_METADATA=true", "ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM=ec2_instance", "EOF"}},
		{"", []string{"yum install -y ecs-init aws-cli jq", "mkdir -p /etc/ecs", `printf 'ECS_CLUSTER=%s\nECS_ENGINE_AUTH_TYPE=dockercfg\n' "app" | tee -a /etc/ecs/ecs.config`, "service docker restart", "start ecs"}},
		{"", []string{"{", `  echo "ECS_CLUSTER=app"`, `  echo 'ECS_AVAILABLE_LOGGING_DRIVERS=["json-file","awslogs"]'`, "} >> /etc/ecs/ecs.config"}},
	},
	app.Runner: {
		{"jenkins", []string{"java -jar /opt/agent.jar -url https://ci.example.com -secret @/etc/secret -name $(hostname)"}},
		{"concourse", []string{"cat > /etc/systemd/system/concourse-worker.service <<EOF", "[Service]", "Environment=CONCOURSE_TSA_HOST=ci.example.com:2222", "ExecStart=/usr/local/concourse/bin/concourse worker --work-dir /opt/concourse", "[Install]", "WantedBy=multi-user.target", "EOF", "systemctl enable --now concourse-worker"}},
		{"buildkite", []string{"/usr/local/bin/bk-install-elastic-stack.sh"}},
		{"circleci", []string{"docker run -d --name builder -e CIRCLE_SECRET_PASSPHRASE=p circleci/builder-base:1.2", "circleci-agent start"}},
		{"sourcegraph", []string{"cat <<EOF > /etc/systemd/system/executor.env", "EXECUTOR_FRONTEND_URL=https://code.example.com", "EXECUTOR_QUEUE_NAME=codeintel", "EXECUTOR_MAXIMUM_NUM_JOBS=4", "EOF", "systemctl enable executor", "systemctl start executor"}},
		{"", []string{"gitlab-runner register --non-interactive --url https://gitlab.example.com --token t", "gitlab-runner run &"}},
		{"", []string{"docker run -d --name gitlab-runner --restart always -v /var/run/docker.sock:/var/run/docker.sock gitlab/gitlab-runner:latest"}},
		{"", []string{"cd /home/runner && mkdir actions-runner && cd actions-runner", "curl -o runner.tar.gz -L https://github.com/actions/runner/releases/download/v2.311.0/actions-runner-linux-x64-2.311.0.tar.gz && tar xzf runner.tar.gz",
			`sudo -u runner ./config.sh --unattended --url "https://github.com/acme" --token "$TOKEN" --labels app`, "./svc.sh install runner && ./svc.sh start"}},
	},
	app.Worker: {
		{"nomad", []string{"cat <<EOT > /etc/nomad/config.hcl", `log_level = "DEBUG"`, `data_dir = "/opt/nomad"`, "client {", "    enabled = true", `    node_class = "linux-64bit"`, `    servers = ["10.0.0.1:4647"]`, "}", "EOT", "service nomad restart"}},
		{"mesos", []string{"docker run -d --net=host --privileged mesosphere/mesos-slave:1.11 --master=zk://10.0.0.1:2181/mesos", "systemctl start mesos-worker"}},
		{"", []string{"celery -A app worker --loglevel INFO --detach"}},
		{"", []string{"python3 /opt/app/worker.py &"}},
		{"", []string{"bundle exec sidekiq -C config/sidekiq.yml &"}},
		{"", []string{"systemctl enable --now queue-worker"}},
		{"", []string{"cat > /etc/systemd/system/jobs.service <<'EOF'", "[Service]", "WorkingDirectory=/opt/app", "ExecStart=/usr/bin/node dist/worker.js", "Restart=always", "[Install]", "WantedBy=multi-user.target", "EOF", "systemctl enable jobs && systemctl start jobs"}},
		{"", []string{"docker run -d --restart=always -e QUEUE_URL=$QUEUE_URL registry.example.com/app:1.4.2 bundle exec rake resque:work QUEUE=default"}},
		{"", []string{"while true; do", "  MSG=$(aws sqs receive-message --queue-url \"$QUEUE_URL\" --wait-time-seconds 20 --visibility-timeout 900)", `  [ -n "$MSG" ] && /opt/app/process "$MSG"`, "done &"}},
	},
	app.Alone: {
		{"", []string{"cat > /etc/cron.d/app <<'EOF'", "*/10 * * * * app /opt/app/bin/charge-customers >> /var/log/charge.log 2>&1", "EOF"}},
		{"", []string{`(crontab -l 2>/dev/null; echo "0 * * * * cd /opt/app && ./manage.py send_reminders") | crontab -`}},
		{"", []string{"echo '15 3 * * * root /opt/app/nightly-billing.sh' >> /etc/crontab", "service crond restart"}},
	},
}

// servers are the ways of what is a server of a Kubernetes control plane.
var servers = []script{
	{"kops", []string{"NODEUP_URL_AMD64=https://artifacts.k8s.io/binaries/kops/1.28.0/linux/amd64/nodeup", "download-release() {", "  cd /opt/kops/bin", `  download-or-bust "$NODEUP_HASH" "$NODEUP_URL"`, "  ( exec ./nodeup --install-systemd-unit --conf=/opt/kops/conf/kube_env.yaml --v=8 )", "}",
		"cat > /opt/kops/conf/kube_env.yaml <<'EOF'", "ClusterName: app.example.com", "InstanceGroupName: master-us-east-1a", "InstanceGroupRole: ControlPlane", "EOF", "download-release"}},
	{"k3s", []string{"curl -sfL https://get.k3s.io | K3S_TOKEN=t sh -s - server --server https://10.0.0.1:6443"}},
	{"", []string{"kubeadm init --config /etc/kubernetes/kubeadm.yaml --upload-certs"}},
	{"", []string{"kubeadm join 10.0.0.1:6443 --token t \\", "  --discovery-token-ca-cert-hash sha256:h \\", "  --control-plane --certificate-key k"}},
	{"", []string{"systemctl enable --now etcd-member.service", "systemctl enable --now kubelet.service"}},
	{"", []string{"export INSTALL_RKE2_TYPE=server", "curl -sfL https://get.rke2.io | sh -", "systemctl enable --now rke2-server.service"}},
}

// script is a way to do it, and the words of the rows that do it so; without words anybody may.
type script struct {
	words string
	lines []string
}

const (
	panOS   = "authcodes=I1234567"
	myGroup = "GROUP=$(aws autoscaling describe-auto-scaling-instances --instance-ids $(ec2-metadata -i | cut -d' ' -f2) --query 'AutoScalingInstances[0].AutoScalingGroupName' --output text)"
)

// plains are the ways of applications that need nothing.
var plains = [][]string{
	{"yum install -y docker", "systemctl enable --now docker", "docker run -d --restart always -p 80:8080 registry.example.com/app:1.4.2"},
	{"yum update -y", "yum install -y httpd", "systemctl enable --now httpd", `echo "<h1>$(hostname -f)</h1>" > /var/www/html/index.html`},
	{"TOKEN=$(curl -sX PUT http://169.254.169.254/latest/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 600')", "ID=$(curl -sH \"X-aws-ec2-metadata-token: $TOKEN\" http://169.254.169.254/latest/meta-data/instance-id)",
		`aws ec2 create-tags --region us-east-1 --resources "$ID" --tags Key=Name,Value="app-$ID"`, `hostnamectl set-hostname "app-$ID"`, "aws s3 cp s3://app-dist/app_1.4.2_all.deb /tmp/app.deb", "dpkg -i /tmp/app.deb", "systemctl start app"},
	{"apt-get update && apt-get install -y nginx nodejs npm git", "git clone --depth 1 https://git.example.com/app.git /srv/app && cd /srv/app && npm ci && npm run build",
		"cat > /etc/systemd/system/app.service <<'EOF'", "[Unit]", "After=network.target", "[Service]", "Environment=NODE_ENV=production", "ExecStart=/usr/bin/node /srv/app/server.js", "Restart=always", "[Install]", "WantedBy=multi-user.target", "EOF", "systemctl daemon-reload", "systemctl enable --now app nginx"},
	{"amazon-linux-extras install -y java-openjdk11", "aws s3 sync s3://app-config/prod /etc/app --delete", "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c ssm:app-logs",
		"java -Xmx2g -jar /opt/app/app.jar --server.port=8080 &", "until curl -sf http://localhost:8080/health; do sleep 2; done"},
	{"$(aws ecr get-login --no-include-email --region us-east-1)", "docker-compose -f /opt/app/docker-compose.yml up -d", "echo '0 4 * * * root yum -y update --security' > /etc/cron.d/updates", "echo '*/5 * * * * root aws s3 sync s3://app-keys/ /etc/ssh/keys/' > /etc/cron.d/keys"},
}

// beginnings are how scripts begin.
var beginnings = [][]string{
	{"set -uo pipefail", "exec > >(tee /var/log/user-data.log) 2>&1"},
	{"set -x", "exec > >(tee /var/log/user-data.log|logger -t user-data -s 2>/dev/console) 2>&1", "export DEBIAN_FRONTEND=noninteractive"},
	{"# Managed by Terraform. It was: aws autoscaling complete-lifecycle-action; aws ec2 attach-volume", "REGION=us-east-1", "INSTANCE_ID=$(curl -s http://169.254.169.254/latest/meta-data/instance-id)", `echo "kubeadm join and ECS_CLUSTER are no business of $INSTANCE_ID" >/dev/null`},
	{"yum install -y amazon-ssm-agent && systemctl enable --now amazon-ssm-agent"},
}
