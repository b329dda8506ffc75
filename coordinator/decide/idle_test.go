package decide

import "testing"

func TestAGroupIsNotIdleWhileAWSTakesOneOfOurs(t *testing.T) {
	t.Parallel()
	w := web()
	w.Instances = []Instance{attached("i-s1", "a"), attached("i-s2", "b"), attached("i-s3", "c")}
	if !Idle(w) {
		t.Fatal("a group that is all spot has something to do")
	}
	// Nobody has told yet: the first that is seen of it is the status of the request.
	w.Instances[1].SpotStatus = "instance-terminated-no-capacity"
	if Idle(w) {
		t.Error("idle, so that its replacement would be looked for in a market that was not read")
	}
}
