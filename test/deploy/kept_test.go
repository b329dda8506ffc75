package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Each account is updated once only: the emulator loses the template's conditions at the second change of a stack.

func TestABucketOfTheOwnersIsKept(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	mine := a.bucket("mine")
	a.up("v1", "--bucket", mine)
	if _, said := a.must("up", "--yes", "--dist", lab.dist, "--version", "v2"); !strings.Contains(said, "bucket "+mine+", which stack autospotting is installed from, is kept") {
		t.Errorf("it said %s", said)
	}
	if got := a.status(); got["ArtifactBucket"] != mine || !strings.HasPrefix(got["ReleaseURL"], "https://"+mine+".") || !strings.HasSuffix(got["ReleaseURL"], "/v2") {
		t.Errorf("it is installed from %s, %s", got["ArtifactBucket"], got["ReleaseURL"])
	}
	if n := a.number("bucket"); n != 1 || !slices.Contains(a.objects(mine), "function/v2/coordinator-arm64.zip") {
		t.Errorf("there are %d buckets, and in the owner's %v", n, a.objects(mine))
	}
}

func TestABucketThatIsNamedTakesTheOldOnesPlace(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	mine, other := a.bucket("mine"), a.bucket("other")
	a.up("v1", "--bucket", mine)
	a.up("v2", "--bucket", other)
	if got := a.status()["ArtifactBucket"]; got != other {
		t.Errorf("it is installed from %s", got)
	}
}

func TestABucketThatIsGoneIsMadeAnew(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	mine := a.bucket("mine")
	a.up("v1", "--bucket", mine)
	for _, key := range a.objects(mine) {
		if _, err := a.s3().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &mine, Key: aws.String(key)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.s3().DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &mine}); err != nil {
		t.Fatal(err)
	}
	a.up("v2")
	if got, ours := a.status()["ArtifactBucket"], a.outputOf("autospotting-artifacts", "BucketName"); got != ours {
		t.Errorf("it is installed from %s, want %s", got, ours)
	}
}

func TestSpotdThatIsOffStaysOff(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.up("v1", "--parameter", "ReleaseURL=")
	_, said := a.must("up", "--yes", "--dist", lab.dist, "--version", "v2")
	if url := a.variable("AUTOSPOTTING_RELEASE_URL"); url != "" {
		t.Errorf("spotd is loaded from %s", url)
	}
	if !strings.Contains(said, "spotd stays off; --parameter ReleaseURL=https://") || !strings.Contains(said, "/spotd/v2 switches it on") {
		t.Errorf("it said %s", said)
	}
}

func TestSpotdThatWasOffIsOnOnceItIsAskedFor(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.up("v1", "--parameter", "ReleaseURL=")
	a.up("v2", "--parameter", "ReleaseURL=https://releases.example/spotd/v2")
	if url := a.variable("AUTOSPOTTING_RELEASE_URL"); url != "https://releases.example/spotd/v2" {
		t.Errorf("spotd is loaded from %q", url)
	}
}
