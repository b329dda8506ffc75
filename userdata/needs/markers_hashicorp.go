package needs

// hashicorpMarkers tell Consul's, Nomad's and Vault's servers from their clients and agents.
var hashicorpMarkers = []marker{
	{need: Quorum, in: commands, names: "consul run-consul", match: `\s--?(server|bootstrap(-expect)?)\b`, unless: `--?server[= ]false|\bmembers\b|--dev\b|\s-dev\b`, example: "consul agent -server -bootstrap-expect=3 -data-dir=/opt/consul", why: "a Consul server votes"},
	{need: Membership, in: commands, names: "run-consul", match: `\s--server\b`, unless: `--server[= ]false`, example: "/opt/consul/bin/run-consul --server --cluster-tag-key consul",
		why: "it takes the number of servers from the group's tag aws:autoscaling:groupName; without it, it would found a cluster of its own"},
	{need: Membership, in: commands, names: "consul-aws-join etcd-aws etcd-aws-cluster etcd-aws-py", example: "docker run -d --net=host crewjam/etcd-aws", why: "the peers are the members of its own group"},
	{need: Quorum, in: commands, names: "consul-aws-join etcd-aws etcd-aws-cluster etcd-aws-py etcd-cloud-operator", example: "docker run -d --net=host crewjam/etcd-aws", why: "a member of a cluster"},
	{need: Quorum, in: settings, match: `^[^#]*["']?\b(server["']?\s*[:=]\s*true|bootstrap_expect["']?\s*[:=])`, path: `consul`, example: "/etc/consul.d/server.json: \"server\": true,", why: "a Consul server votes"},
	{need: Quorum, in: settings, match: `(^|["'{,]|\s)bootstrap_expect["']?\s*[:=]`, example: "/etc/hashi/server.hcl: bootstrap_expect = 3", why: "a Consul or Nomad server votes"},
	{need: Quorum, in: commands, names: "nomad run-nomad", match: `\s--?(server|bootstrap-expect)\b`, unless: `--?server[= ]false|\bserver (members|join|force-leave)`, example: "/opt/nomad/bin/run-nomad --server --num-servers 3", why: "a Nomad server votes"},
	{need: Quorum, in: settings, match: `^server\.enabled\s*=\s*true`, path: `nomad`, example: "/etc/nomad.d/server.hcl: server.enabled = true", why: "a Nomad server votes"},
	{need: Worker, in: commands, names: "nomad run-nomad", match: `\s--?client\b`, unless: `--?client[= ]false|-dev\b`, example: "/opt/nomad/bin/run-nomad --client", why: "a Nomad client runs allocations"},
	{need: Worker, in: settings, match: `^client\.enabled\s*=\s*true`, path: `nomad`, example: "/etc/nomad.d/client.hcl: client.enabled = true", why: "a Nomad client runs allocations"},
	{need: Quorum, in: commands, names: "vault", match: `^\S+ server\b`, unless: `\s-dev\b`, example: "vault server -config=/etc/vault.d", why: "a Vault server is unsealed, and votes where it keeps its own storage"},
	{need: Quorum, in: commands, names: "run-vault", unless: `--agent\b`, example: "/opt/vault/bin/run-vault --tls-cert-file /opt/vault/tls/vault.crt.pem", why: "a Vault server is unsealed, and votes where it keeps its own storage"},
	{need: Quorum, in: commands, names: "vault", word: "operator", match: `operator (raft join|init|unseal)`, example: "vault operator raft join https://10.0.0.1:8200", why: "a Vault server is unsealed, and votes where it keeps its own storage"},
	{need: Quorum, in: commands, names: "started", match: `^started vault( |$)`, example: "systemctl start vault", why: "a Vault server is unsealed, and votes where it keeps its own storage"},
	{need: Quorum, in: settings, match: `^\s*"?(ha_)?storage"?\s*[:=]?\s*[{"]*raft\b`, example: "/etc/vault.d/vault.hcl: storage \"raft\" {", why: "a Vault server that votes"},
	{need: Quorum, in: commands, names: "server.sh", match: `ops/(shared/)?(data-)?scripts/server\.sh`, example: "sudo bash /ops/shared/scripts/server.sh aws 3", why: "the script of HashiCorp's example images that makes servers of Consul and Nomad"},
	{need: Worker, in: commands, names: "client.sh", match: `ops/(shared/)?(data-)?scripts/client\.sh`, example: "sudo bash /ops/shared/scripts/client.sh aws", why: "the script of HashiCorp's example images that makes a Nomad client"},
}
