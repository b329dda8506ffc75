package needs

import "testing"

// What looks like a need and is none: a comment, something that is said, a client, somebody else's.
var none = []struct{ name, text string }{
	{"nothing", ""},
	{"a comment behind a command", "#!/bin/sh\ntrue # aws ec2 associate-address\n"},
	{"a comment in a unit", "#cloud-config\nwrite_files:\n- path: /etc/systemd/system/a.service\n  content: |\n    [Service]\n    # ExecStart=/usr/bin/kubelet\n    ;ExecStart=/usr/bin/etcd\n    ExecStart=/usr/bin/app\n"},
	{"a comment of YAML", "#cloud-config\nruncmd:\n# - aws ec2 associate-address\n - true # kubeadm join\n"},
	{"echo", "#!/bin/sh\necho kubeadm join 10.0.0.1\n"},
	{"echo to the console", "#!/bin/sh\necho 'cfn-signal -e 0' > /dev/console\necho 'cfn-init' >&2\n"},
	{"echo into the logger", "#!/bin/sh\necho 'consul agent -server' | logger -t boot\n"},
	{"a log function", "#!/bin/sh\nlog_info \"aws ec2 attach-volume done\"\nwarn aws ec2 attach-volume failed\n"},
	{"a printed here-document", "#!/bin/sh\ncat <<EOF\nECS_CLUSTER=prod\nkubeadm join\nEOF\n"},
	{"a motd", "#!/bin/sh\ncat > /etc/motd <<EOF\nRun kubeadm join to join; aws ec2 associate-address for the address.\nEOF\n"},
	{"a README by write_files", "#cloud-config\nwrite_files:\n- path: /root/README\n  content: |\n    Next: kubeadm join, then systemctl start etcd.\n"},
	{"a test", "#!/bin/sh\nif grep -q ECS_CLUSTER /etc/ecs/ecs.config; then true; fi\n[ \"$1\" = kubeadm ] && exit\n"},
	{"is it installed", "#!/bin/sh\nwhich consul vault etcd\ncommand -v kubeadm || true\ntype nodeadm\n"},
	{"kubectl", "#!/bin/sh\nkubectl get nodes\nkubectl drain $1\nkubectl exec etcd-0 -- etcdctl member list\n"},
	{"helm", "#!/bin/sh\nhelm install kafka bitnami/kafka --set replicaSet=rs0\n"},
	{"a deployer of ECS", "#!/bin/sh\nexport ECS_CLUSTER=prod\naws ecs list-tasks --cluster $ECS_CLUSTER\n"},
	{"another group", "#!/bin/sh\naws autoscaling describe-auto-scaling-groups --auto-scaling-group-names other\n"},
	{"how many of a group are in service", "#!/bin/sh\naws autoscaling describe-auto-scaling-groups --auto-scaling-group-names \"$G\" --query \"AutoScalingGroups[0].Instances[?LifecycleState=='InService'] | length(@)\"\n"},
	{"another's instance", "#!/bin/sh\naws ec2 describe-instances | jq '.Reservations[].Instances[] | select(.InstanceId==\"i-1\")'\naws autoscaling describe-auto-scaling-groups --auto-scaling-group-names db | jq -r '.AutoScalingGroups[0].Instances[].InstanceId' | head -1\n"},
	{"groups by a tag", "#!/bin/sh\naws autoscaling describe-auto-scaling-groups --filters Name=tag:role,Values=db\n"},
	{"a group's size", "#!/bin/sh\naws autoscaling describe-auto-scaling-groups --auto-scaling-group-name web --query 'AutoScalingGroups[0].Instances | length(@)'\n"},
	{"describe-addresses", "#!/bin/sh\naws ec2 describe-addresses; aws ec2 disassociate-address --association-id a; aws ec2 release-address --allocation-id a\n"},
	{"detach-volume", "#!/bin/sh\naws ec2 detach-volume --volume-id v; aws ec2 describe-volumes\n"},
	{"a local route", "#!/bin/sh\nip route replace default via 10.0.0.1\nroute add -net 10.0.0.0/8 gw 10.0.0.1\n"},
	{"reading DNS", "#!/bin/sh\naws route53 list-resource-record-sets --hosted-zone-id Z1\nnslookup db.example.com\n"},
	{"a service that is stopped", "#!/bin/sh\nsystemctl stop kubelet; systemctl disable etcd; service zookeeper stop; systemctl is-active consul; systemctl status kafka\nsystemctl mask gitlab-runner\n"},
	{"a consul client", "#!/bin/sh\nconsul agent -client 0.0.0.0 -retry-join 10.0.0.1\nconsul kv put a b\n"},
	{"a consul service", "#cloud-config\nwrite_files:\n- path: /etc/consul.d/web.json\n  content: '{\"service\":{\"name\":\"web\",\"server\":\"nginx\"},\"server\": false}'\n"},
	{"a vault client", "#!/bin/sh\nvault read secret/a\nvault agent -config /etc/a.hcl\nvault server -dev\n"},
	{"a nomad call", "#!/bin/sh\nnomad server members\nnomad job run web.nomad\n"},
	{"etcdctl", "#!/bin/sh\netcdctl member list; etcd --version\n"},
	{"kafka's tools", "#!/bin/sh\nkafka-topics.sh --list; kafka-console-consumer.sh --topic a\n"},
	{"cqlsh", "#!/bin/sh\ncqlsh cassandra.example.com -e 'describe keyspaces'\nnodetool -h c1 status\n"},
	{"a word of a user", "#!/bin/sh\nuseradd etcd\nchown -R kafka:kafka /opt\nmkdir -p /etc/consul.d /var/lib/zookeeper\nrm -rf /etc/vault.d\n"},
	{"pulling images", "#!/bin/sh\ndocker pull zookeeper:3.8\ndocker stop etcd; docker rm kafka\n"},
	{"one node of elasticsearch", "#!/bin/sh\ndocker run -e discovery.type=single-node elasticsearch:7.17.0\n"},
	{"mongo alone", "#!/bin/sh\nmongosh --host db --eval 'db.stats()'\n"},
	{"redis", "#!/bin/sh\nsystemctl start redis\nredis-cli -h cache get a\n"},
	{"a runner's status", "#!/bin/sh\ngitlab-runner status; gitlab-runner --version\n"},
	{"other config.sh", "#!/bin/sh\n./config.sh --prefix=/usr --url-base /\n./run.sh\n"},
	{"GitHub's CLI", "#!/bin/sh\ngh run list\ngit clone https://github.com/actions/runner\n"},
	{"celery's tools", "#!/bin/sh\ncelery -A app flower; celery -A app beat\n"},
	{"a producer", "#!/bin/sh\naws sqs send-message --queue-url q --message-body 'receive-message'\nphp artisan migrate\nphp artisan queue:restart\n"},
	{"rails", "#!/bin/sh\nbundle exec rake db:migrate\nbundle exec puma -w 4\nnpm run build\n"},
	{"nginx's workers", "#!/bin/sh\nsed -i 's/worker_processes 1/worker_processes auto/' /etc/nginx/nginx.conf\ngunicorn -w 4 -k uvicorn.workers.UvicornWorker app:app\nsystemctl start gunicorn\n"},
	{"keys of monitoring", "#!/bin/sh\necho 'license_key: abc' > /etc/newrelic-infra.yml\nNEW_RELIC_LICENSE_KEY=a node app.js\n"},
	{"a licence's text", "#!/bin/sh\ncurl -O https://example.com/LICENSE\ncat LICENSE.txt\ndpkg --accept-license x\n"},
	{"Windows with Amazon's keys", "<powershell>\nslmgr.vbs /skms 169.254.169.250:1688\nImport-Module C:\\a.psm1; Add-Routes; Set-ActivationSettings\n</powershell>"},
	{"Python that speaks", "#!/usr/bin/python3\nprint('ec2.associate_address(')\nlogging.info(\"attach_volume(\")\n# ec2.attach_volume(a)\n'''\nec2.replace_route(a)\n'''\nx = 1  # complete_lifecycle_action()\n"},
	{"JavaScript that speaks", "#!/usr/bin/env node\n// ec2.associateAddress({})\n/*\n ec2.attachVolume({})\n*/\nconsole.log('ec2.associateAddress({})')\n"},
	{"batch that speaks", "<script>\r\nREM cfn-init.exe\r\n:: cfn-signal.exe\r\n@echo cfn-init.exe -v\r\n</script>"},
	{"PowerShell that speaks", "<powershell>\n# Add-EC2Volume\nWrite-Host 'Initialize-ECSAgent'\nWrite-EventLog -Message \"Register-EC2Address\"\n</powershell>"},
	{"ssh to another", "#!/bin/sh\nssh master 'kubeadm token create'\nscp master:/etc/kubernetes/admin.conf .\n"},
	{"a part of text/plain that is said", "#cloud-config\nfinal_message: kubeadm join 10.0.0.1\nhostname: etcd\npackages: [etcd-client, amazon-ssm-agent, postgresql-client]\nusers:\n- name: consul\n"},
	{"names of hosts", "#!/bin/sh\nexport KAFKA=kafka.example.com ZOOKEEPER=zookeeper:2181\n/opt/app/bin/server --etcd http://etcd:2379 --kafka $KAFKA\n"},
	{"an array of names", "#!/bin/bash\nSERVICES=(etcd kubelet zookeeper)\nfor s in etcd kubelet; do systemctl stop $s; done\n"},
	{"a case", "#!/bin/bash\ncase $1 in\n  etcd|kafka) exit ;;\n  consul) shift ;;\nesac\n"},
	{"a function's name", "#!/bin/bash\nkubelet() { true; }\nfunction etcd { true; }\n"},
	{"Bottlerocket's motd", "[settings]\nmotd = \"kubernetes and ecs\"\n[settings.ntp]\ntime-servers = [\"169.254.169.123\"]\n"},
	{"AWS's wait", "#!/bin/sh\naws ec2 wait instance-running --instance-ids $ID\naws ec2 create-tags --resources $ID --tags Key=role,Value=etcd\n"},
	{"an input that is a process", "#!/bin/bash\nwhile read -r a; do true; done < <(ls etcd)\nstart amazon-ssm-agent\nstop ecs\n"},
	{"a manifest for kubectl", "#!/bin/sh\ncat > /tmp/kafka.yaml <<E\napiVersion: apps/v1\nkind: StatefulSet\nspec:\n  containers:\n  - image: confluentinc/cp-kafka:7.5.0\n    command: [celery, worker]\nE\nkubectl apply -f /tmp/kafka.yaml\n"},
	{"a query that speaks", "#!/bin/sh\naws ssm send-command --parameters 'commands=[\"aws ec2 associate-address\"]' --targets Key=tag:a,Values=b\n"},
}

func TestNoNeedIsSeenWhereNoneIs(t *testing.T) {
	t.Parallel()
	for _, c := range none {
		if got := Recognise([]byte(c.text)); len(got) > 0 {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
