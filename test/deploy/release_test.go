package deploy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"autospotting/pkg/channel"
)

// bucket makes one of the account's own.
func (a *account) bucket(name string) string {
	a.t.Helper()
	name += "-" + a.id
	if _, err := a.s3().CreateBucket(a.t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		a.t.Fatal(err)
	}
	return name
}

func (a *account) s3() *s3.Client {
	return s3.NewFromConfig(a.config(), func(o *s3.Options) { o.UsePathStyle = true })
}

func (a *account) object(bucket, key string) []byte {
	a.t.Helper()
	out, err := a.s3().GetObject(a.t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		a.t.Fatalf("%s: %v", key, err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func (a *account) objects(bucket string) (keys []string) {
	a.t.Helper()
	out, err := a.s3().ListObjectsV2(a.t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, o := range out.Contents {
		keys = append(keys, aws.ToString(o.Key))
	}
	return keys
}

// newKey makes a key by the command.
func (a *account) newKey() (file, public string) {
	a.t.Helper()
	file = filepath.Join(a.t.TempDir(), "key.pem")
	out, _ := a.must("release", "--new-key", file, "--format", "json")
	var doc map[string]string
	if err := json.Unmarshal([]byte(out), &doc); err != nil || doc["file"] != file {
		a.t.Fatalf("%v: %s", err, out)
	}
	return file, doc["key"]
}

// release runs the command with a signing key.
func (a *account) release(key, bucket, version string, more ...string) (doc released, said string, err error) {
	a.t.Helper()
	a.signingKey = key
	out, said, err := a.deploy(append([]string{"release", "--bucket", bucket, "--dist", lab.dist, "--version", version, "--format", "json"}, more...)...)
	var docs []released
	if err == nil {
		if err := json.Unmarshal([]byte(out), &docs); err != nil || len(docs) != 1 {
			a.t.Fatalf("%v: %s", err, out)
		}
		doc = docs[0]
	}
	return doc, said, err
}

type released struct {
	DryRun    bool `json:"dry_run"`
	Published bool
	SignedBy  []string `json:"signed_by"`
	Keys      []string
	Manifest  channel.Manifest
}

func (a *account) mustRelease(key, bucket, version string, more ...string) (released, string) {
	a.t.Helper()
	doc, said, err := a.release(key, bucket, version, more...)
	if err != nil {
		a.t.Fatalf("release %s: %v\n%s", version, err, said)
	}
	return doc, said
}

// says is what a channel says, to somebody who trusts the keys and knows nothing yet.
func (a *account) says(bucket, keys string) (channel.Manifest, error) {
	a.t.Helper()
	trusted, err := channel.ParseKeys(keys)
	if err != nil {
		a.t.Fatal(err)
	}
	return channel.Verify(a.object(bucket, "channel/stable.json"), trusted, time.Now(), channel.Known{Channel: "stable", Version: "v1.0.0"})
}

func TestAReleaseIsBelievedByWhoTrustsItsKey(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	bucket := a.bucket("releases")
	key, public := a.newKey()

	if doc, _ := a.mustRelease(key, bucket, "v1", "--dry-run"); doc.Published || len(a.objects(bucket)) > 0 {
		t.Errorf("a dry run left %v", a.objects(bucket))
	}
	first, _ := a.mustRelease(key, bucket, "v1", "--notes", "the first")
	m, err := a.says(bucket, public)
	if err != nil || m.Version != "v1" || m.Notes != "the first" || !first.Published || m.Serial != first.Manifest.Serial {
		t.Fatalf("%v: %+v", err, m)
	}
	for _, one := range m.Artifacts {
		if err := one.Copy(new(strings.Builder), strings.NewReader(string(a.object(bucket, one.Name)))); err != nil {
			t.Error(err)
		}
	}
	if kinds := kindsOf(m); kinds["function"] != 2 || kinds["spotd"] != 2 || kinds["deb"] != 1 {
		t.Errorf("it has %v", kinds)
	}

	if again, _ := a.mustRelease(key, bucket, "v1", "--notes", "the first"); again.Published || again.Manifest.Serial != m.Serial {
		t.Errorf("released again, it moved to serial %d", again.Manifest.Serial)
	}
	if longer, _ := a.mustRelease(key, bucket, "v1", "--notes", "the first", "--valid", "8760h"); !longer.Published || longer.Manifest.Serial <= m.Serial {
		t.Errorf("for longer, it did not move: serial %d", longer.Manifest.Serial)
	}
	second, _ := a.mustRelease(key, bucket, "v2", "--minimum", "v1.0.0")
	if m, err = a.says(bucket, public); !second.Published || m.Version != "v2" || m.Minimum != "v1.0.0" {
		t.Errorf("%v: %+v", err, m)
	}
}

func kindsOf(m channel.Manifest) map[string]int {
	kinds := map[string]int{}
	for _, a := range m.Artifacts {
		kinds[a.Kind]++
	}
	return kinds
}

func TestWithoutAKeyAReleaseIsUnsignedAndSaysSo(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	bucket := a.bucket("releases")
	_, public := a.newKey()
	out, _ := a.must("release", "--bucket", bucket, "--dist", lab.dist, "--version", "v1")
	if !strings.Contains(out, "UNSIGNED") {
		t.Errorf("it said %s", out)
	}
	if _, err := a.says(bucket, public); err == nil || !strings.Contains(err.Error(), "unsigned") {
		t.Errorf("read: %v", err)
	}
}

// While keys change, releases are signed with both; who knows one of them takes them.
func TestKeysAreChangedWithoutLosingAnybody(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	bucket := a.bucket("releases")
	old, oldPublic := a.newKey()
	next, nextPublic := a.newKey()
	a.mustRelease(old, bucket, "v1")
	if _, said := a.mustRelease(next, bucket, "v2", "--dry-run"); !strings.Contains(said, "will refuse this") {
		t.Errorf("a change without warning: %s", said)
	}
	if doc, said := a.mustRelease(old+","+next, bucket, "v2"); len(doc.SignedBy) != 2 || strings.Contains(said, "will refuse this") {
		t.Errorf("signed by %v: %s", doc.SignedBy, said)
	}
	for _, keys := range []string{oldPublic, nextPublic, oldPublic + "," + nextPublic} {
		if m, err := a.says(bucket, keys); err != nil || m.Version != "v2" {
			t.Errorf("%v: %+v", err, m)
		}
	}
	a.mustRelease(next, bucket, "v2")
	if _, err := a.says(bucket, oldPublic); err == nil {
		t.Error("the old key still counts")
	}
}

func TestWhatCannotBeReleasedIsRefusedInOneLine(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	bucket := a.bucket("releases")
	key, _ := a.newKey()
	a.mustRelease(key, bucket, "v2.0.0")
	before := string(a.object(bucket, "channel/stable.json"))
	if _, err := a.s3().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("function/v2.0.1/coordinator-arm64.zip"), Body: strings.NewReader("another")}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, key, version string
		more               []string
		says               string
	}{
		{"a key that is none", os.DevNull, "v2.0.0", nil, "holds no key"},
		{"an older version", key, "v1.0.0", nil, "--rollback"},
		{"a version whose artefacts are others there", key, "v2.0.1", nil, "never changed"},
		{"a channel that is a path", key, "v2.0.0", []string{"--channel", "../x"}, "channel"},
		{"no time at all", key, "v2.0.0", []string{"--valid", "0s"}, "--valid"},
		{"what was not committed", key, "v2.0.0-dirty", nil, "commit first"},
	} {
		_, said, err := a.release(c.key, bucket, c.version, c.more...)
		if err == nil || !strings.Contains(said, c.says) {
			t.Errorf("%s: %v: %s", c.name, err, said)
		}
	}
	if after := string(a.object(bucket, "channel/stable.json")); after != before {
		t.Errorf("the channel moved: %s", after)
	}
	if doc, _ := a.mustRelease(key, bucket, "v1.0.0", "--rollback"); !doc.Published || !doc.Manifest.Rollback {
		t.Errorf("%+v", doc)
	}
}

// Two at once: one wins, and the other is told.
func TestARaceForTheChannelIsNotLostInSilence(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	bucket := a.bucket("releases")
	key, public := a.newKey()
	raced := false
	a.answer = func(r *http.Request, _ []byte) (int, string) {
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/channel/stable.json") && !raced {
			raced = true
			a.mustRelease(key, bucket, "v2")
		}
		return 0, ""
	}
	if _, said, err := a.release(key, bucket, "v1"); err == nil || !strings.Contains(said, "somebody else released meanwhile") {
		t.Errorf("%v: %s", err, said)
	}
	if m, err := a.says(bucket, public); err != nil || m.Version != "v2" {
		t.Errorf("%v: %+v", err, m)
	}
}

// Killed after any of its requests, the channel is what it was or what it shall be, whole, and a second run finishes.
func TestAReleaseThatWasKilledIsCarriedOn(t *testing.T) {
	t.Parallel()
	whole := newAccount(t)
	key, public := whole.newKey()
	whole.signingKey = key
	args := func(a *account) []string {
		return []string{"release", "--bucket", "releases-" + a.id, "--dist", lab.dist, "--version", "v2"}
	}
	whole.bucket("releases")
	whole.mustRelease(key, "releases-"+whole.id, "v1")
	asked := whole.count(args(whole)...)
	if len(asked) < 10 {
		t.Fatalf("it asks %v", asked)
	}
	if last := asked[len(asked)-1]; last != "PUT /releases-"+whole.id+"/channel/stable.json" {
		t.Errorf("the last that is written is %s", last)
	}
	for n := 1; n <= len(asked); n++ {
		t.Run(fmt.Sprintf("%02d %s", n, asked[n-1]), func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			bucket := a.bucket("releases")
			a.mustRelease(key, bucket, "v1")
			a.killedAt(n, args(a)...)
			m, err := a.says(bucket, public)
			if err != nil || m.Version != "v1" && n < len(asked) {
				t.Fatalf("%v: %+v", err, m)
			}
			there := a.objects(bucket)
			for _, one := range m.Artifacts {
				if !slices.Contains(there, one.Name) {
					t.Errorf("%s is named, and not there", one.Name)
				}
			}
			a.must(args(a)...)
			if m, err := a.says(bucket, public); err != nil || m.Version != "v2" {
				t.Errorf("%v: %+v", err, m)
			}
		})
	}
}
