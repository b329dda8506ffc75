package main

import (
	"strings"
	"testing"

	"autospotting/deploy/stack"
)

func TestATemplateThatNoRequestTakesNamesTheBucketAsTheRemedy(t *testing.T) {
	t.Parallel()
	if err := fits("big", stack.MaxInline); err != nil {
		t.Errorf("the most that a request takes is refused: %v", err)
	}
	if err := fits("big", stack.MaxInline+1); err == nil || !strings.Contains(err.Error(), "template big has 51201 bytes, and a request takes 51200") || !strings.Contains(err.Error(), "spotctl upload") {
		t.Errorf("%v", err)
	}
}
