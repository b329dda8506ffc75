package needs

import "testing"

func TestTheClusterIsTheOneThatTheAgentRegistersWith(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, data, want string
		known            bool
	}{
		{"a line", "#!/bin/bash\necho ECS_CLUSTER=prod >> /etc/ecs/ecs.config\n", "prod", true},
		{"a here-document", "#!/bin/bash\ncat <<'EOF' >> /etc/ecs/ecs.config\nECS_CLUSTER=prod-1\nECS_ENABLE_TASK_IAM_ROLE=true\nEOF\n", "prod-1", true},
		{"in quotes", "#!/bin/bash\necho 'ECS_CLUSTER=\"prod\"' > /etc/ecs/ecs.config\n", "prod", true},
		{"a variable that is told", "#!/bin/bash\nNAME=prod\necho \"ECS_CLUSTER=$NAME\" > /etc/ecs/ecs.config\n", "prod", true},
		{"write_files", "#cloud-config\nwrite_files:\n- path: /etc/ecs/ecs.config\n  content: |\n    ECS_CLUSTER=prod\n", "prod", true},
		{"a container", "#!/bin/bash\ndocker run -d --name ecs-agent --env=ECS_CLUSTER=prod amazon/amazon-ecs-agent:latest\n", "prod", true},
		{"Bottlerocket", "[settings.ecs]\ncluster = \"prod\"\n", "prod", true},
		{"Windows", "<powershell>\nInitialize-ECSAgent -Cluster prod -EnableTaskIAMRole\n</powershell>", "prod", true},
		{"none named", "#!/bin/bash\necho ECS_ENABLE_TASK_IAM_ROLE=true >> /etc/ecs/ecs.config\n", DefaultCluster, true},
		{"named twice", "#!/bin/bash\necho ECS_CLUSTER=prod > /etc/ecs/ecs.config\necho ECS_CLUSTER=prod >> /etc/ecs/ecs.config\n", "prod", true},

		{"put together", "#!/bin/bash\necho ECS_CLUSTER=$(cat /etc/name) >> /etc/ecs/ecs.config\n", "", false},
		{"a variable that nobody tells", "#!/bin/bash\necho \"ECS_CLUSTER=$NAME\" >> /etc/ecs/ecs.config\n", "", false},
		{"one of two", "#!/bin/bash\nif test -e /a; then echo ECS_CLUSTER=a > /etc/ecs/ecs.config; else echo ECS_CLUSTER=b > /etc/ecs/ecs.config; fi\n", "", false},
		{"fetched", "#!/bin/bash\naws s3 cp s3://config/ecs.config /etc/ecs/ecs.config\n", "", false},
		{"a script that cannot be read beside the agent", "#include https://example.com/boot.sh\n", "", false},
		{"no host of ECS", "#!/bin/bash\necho hello\n", "", false},
	} {
		name, known := Cluster([]byte(c.data))
		if known != c.known || known && name != c.want {
			t.Errorf("%s: %q, known %t", c.name, name, known)
		}
	}
}
