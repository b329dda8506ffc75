package deploy_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"autospotting/deploy/stack"
)

// proposals are how the templates of the change sets of a stack came: their addresses, or "in the request".
type proposals struct {
	mu sync.Mutex
	of map[string][]string
}

// watch notes every change set that is asked for.
func (a *account) watch() *proposals {
	p := &proposals{of: map[string][]string{}}
	a.answer = func(r *http.Request, body []byte) (int, string) {
		if action(r, body) != "CreateChangeSet" {
			return 0, ""
		}
		q, err := url.ParseQuery(string(body))
		how := q.Get("TemplateURL")
		if err != nil || (how == "") == (q.Get("TemplateBody") == "") {
			how = fmt.Sprintf("neither or both ways (%v)", err)
		} else if how == "" {
			how = "in the request"
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.of[q.Get("StackName")] = append(p.of[q.Get("StackName")], how)
		return 0, ""
	}
	return p
}

func TestTheTemplateComesByItsAddressInTheArtefactBucket(t *testing.T) {
	t.Parallel()
	text, err := stack.Template(stack.Autospotting)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		owner bool
	}{{"the bucket is ours", false}, {"the bucket is the owner's", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			seen := a.watch()
			var more []string
			if c.owner {
				more = []string{"--bucket", a.bucket("mine")}
			}
			a.up("v1", more...)
			a.up("v2", more...)
			home := a.status()["ArtifactBucket"]
			got := seen.of["autospotting"]
			if len(got) != 2 || got[0] != got[1] {
				t.Fatalf("the template came as %v", got)
			}
			key, ok := strings.CutPrefix(got[0], "https://"+home+".s3."+region+".amazonaws.com/")
			if !ok || !strings.HasPrefix(key, "template/autospotting-") {
				t.Fatalf("the template came from %s", got[0])
			}
			if !bytes.Equal(a.object(home, key), text) {
				t.Errorf("s3://%s/%s is another", home, key)
			}
			for _, how := range seen.of["autospotting-artifacts"] {
				if how != "in the request" {
					t.Errorf("the bucket's own template came from %s", how)
				}
			}
		})
	}
}

func TestATrialLeavesNoTemplateInTheBucket(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	seen := a.watch()
	line := []string{"up", "--dry-run", "--dist", lab.dist, "--version", "v1"}
	a.must(line...)
	if got := seen.of["autospotting"]; !slices.Equal(got, []string{"in the request"}) {
		t.Errorf("before there is a bucket, the template came as %v", got)
	}
	a.uploaded()
	name := a.outputOf("autospotting-artifacts", "BucketName")
	before := a.versions(name)
	if _, said := a.must(line...); !strings.Contains(said, "AWS::Lambda::Function") {
		t.Errorf("it shows %s", said)
	}
	if got := seen.of["autospotting"]; len(got) != 2 || !strings.HasPrefix(got[1], "https://"+name+".s3."+region+".amazonaws.com/template/lent/autospotting-") {
		t.Errorf("with a bucket, the template came as %v", got)
	}
	a.must("validate")
	if after := a.versions(name); after != before {
		t.Errorf("there were %d versions of objects in the bucket, now %d", before, after)
	}
}

// versions counts those of all objects, and the marks of deleted ones.
func (a *account) versions(bucket string) int {
	a.t.Helper()
	out, err := a.s3().ListObjectVersions(a.t.Context(), &s3.ListObjectVersionsInput{Bucket: &bucket})
	if err != nil {
		a.t.Fatal(err)
	}
	return len(out.Versions) + len(out.DeleteMarkers)
}

// Whoever can write to the bucket decides which function the next version is; what the installer makes they must not decide.
func TestATemplateThatSomebodyExchangedInTheBucketIsNotInstalled(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	mine := a.bucket("mine")
	a.up("v1", "--bucket", mine)
	var key string
	for _, k := range a.objects(mine) {
		if strings.HasPrefix(k, "template/") {
			key = k
		}
	}
	head, err := a.s3().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &mine, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	evil := strings.Replace(string(a.object(mine, key)), "Resources:", "Resources:\n  Another: {Type: 'AWS::SNS::Topic'}", 1)
	if _, err := a.s3().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &mine, Key: &key, Body: strings.NewReader(evil), Metadata: head.Metadata}); err != nil {
		t.Fatal(err)
	}
	before := a.number("topic")
	_, said, err := a.deploy("up", "--yes", "--dist", lab.dist, "--version", "v2", "--bucket", mine)
	if err == nil || !strings.Contains(said, "the template in the bucket is not the one that was put there") || !strings.Contains(said, key) {
		t.Errorf("it said (%v) %s", err, said)
	}
	if got := a.sets("autospotting"); len(got) > 1 || a.number("topic") != before {
		t.Errorf("left are the change sets %v and %d topics of %d", got, a.number("topic"), before)
	}
}
