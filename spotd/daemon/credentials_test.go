package daemon

import (
	"strings"
	"testing"
	"time"

	"autospotting/spotd/fakes"
)

func TestTheInstanceRoleSignsWhereTheEnvironmentHasNoKey(t *testing.T) {
	role := func(b *bed) {
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		b.metadata.Items["meta-data/iam/security-credentials/"] = "publisher"
		b.metadata.Items["meta-data/iam/security-credentials/publisher"] = fakes.RoleCredentials("AKROLE", time.Now().Add(6*time.Hour))
	}
	inBubble(t, time.Minute, role, func(b *bed) {
		b.pass(time.Second)
		b.want("hello")
		if len(b.sink.Keys) == 0 || !strings.Contains(b.sink.Keys[0], "Credential=AKROLE/") || !strings.Contains(b.sink.Keys[0], "/eu-west-1/sns/") {
			t.Errorf("signed with %q", b.sink.Keys)
		}
	})
}

func TestTheEnvironmentsKeyGoesBeforeTheRole(t *testing.T) {
	inBubble(t, time.Minute, nil, func(b *bed) {
		b.pass(time.Second)
		if len(b.sink.Keys) == 0 || !strings.Contains(b.sink.Keys[0], "Credential=AKENV/") {
			t.Errorf("signed with %q", b.sink.Keys)
		}
	})
}
