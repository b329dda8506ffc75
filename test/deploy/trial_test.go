package deploy_test

import (
	"strings"
	"testing"
)

func TestATrialOfTheFirstUploadOrReleaseSaysWhatWouldBeDoneAndDoesNothing(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.signingKey, _ = a.newKey()
	for _, c := range []struct{ command, says, document string }{
		{"upload", "version v1.0.0 would be put into a bucket that would be made", `"bucket": ""`},
		{"release", "channel stable would be version v1.0.0, 5 artefacts in a bucket that would be made", `"bucket": ""`},
	} {
		line := []string{c.command, "--dry-run", "--dist", lab.dist, "--version", "v1.0.0"}
		if out, said := a.must(line...); !strings.Contains(out, c.says) || strings.Contains(out, "s3://") || !strings.Contains(said, "AWS::S3::Bucket") {
			t.Errorf("%s: %s, and beside it %s", c.command, out, said)
		}
		if out, _ := a.must(append(line, "--format", "json")...); !strings.Contains(out, c.document) || !strings.Contains(out, `"dry_run": true`) {
			t.Errorf("%s: %s", c.command, out)
		}
	}
	if left := a.resources(t.Context()); len(left) > 0 {
		t.Errorf("made were %v", left)
	}
}

func TestATrialInABucketThatIsThereNamesIt(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.uploaded()
	name := a.outputOf("autospotting-artifacts", "BucketName")
	before := len(a.objects(name))
	// The bucket's stack would be changed too.
	line := []string{"upload", "--dry-run", "--dist", lab.dist, "--version", "v2", "--parameter", "OrganizationId=o-abcdefghij"}
	if out, _ := a.must(line...); !strings.Contains(out, "version v2 would be put into bucket "+name) {
		t.Errorf("it says %s", out)
	}
	if after := len(a.objects(name)); after != before {
		t.Errorf("%d objects became %d", before, after)
	}
	if _, said, err := a.deploy("upload", "--dry-run", "--dist", lab.dist, "--version", "v2", "--bucket", "nowhere"); err == nil || !strings.Contains(said, "there is no bucket nowhere") {
		t.Errorf("it said (%v) %s", err, said)
	}
}
