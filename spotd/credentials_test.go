package main

import (
	"strings"
	"testing"
	"time"
)

func TestTheInstanceRoleSignsWhereTheEnvironmentHasNoKey(t *testing.T) {
	role := func(b *bed) {
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		b.metadata.items["meta-data/iam/security-credentials/"] = "publisher"
		b.metadata.items["meta-data/iam/security-credentials/publisher"] = roleCredentials("AKROLE", time.Now().Add(6*time.Hour))
	}
	inBubble(t, time.Minute, role, func(b *bed) {
		b.pass(time.Second)
		b.want("hello")
		if len(b.sink.keys) == 0 || !strings.Contains(b.sink.keys[0], "Credential=AKROLE/") || !strings.Contains(b.sink.keys[0], "/eu-west-1/sns/") {
			t.Errorf("signed with %q", b.sink.keys)
		}
	})
}

func TestTheEnvironmentsKeyGoesBeforeTheRole(t *testing.T) {
	inBubble(t, time.Minute, nil, func(b *bed) {
		b.pass(time.Second)
		if len(b.sink.keys) == 0 || !strings.Contains(b.sink.keys[0], "Credential=AKENV/") {
			t.Errorf("signed with %q", b.sink.keys)
		}
	})
}
