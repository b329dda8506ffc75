package cloudsim

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"
	"github.com/smallstep/pkcs7"
)

// served is a rig with a spot instance, its HTTP side, and the real SDK clients of a process on that instance.
func served(t *testing.T) (r *rig, id, base string, meta *imds.Client, publish *sns.Client) {
	t.Helper()
	r = newRig(t, Config{}, six())
	id = r.spot()
	r.settle()
	ctx, cancel := context.WithCancel(bg)
	t.Cleanup(cancel)
	addr, err := r.ListenHTTP(ctx)
	must(t, err)
	base = "http://" + addr
	own, err := r.ListenInstance(ctx, id)
	must(t, err)
	meta = imds.New(imds.Options{Endpoint: "http://" + own})
	publish = sns.New(sns.Options{Region: "us-east-1", BaseEndpoint: aws.String("http://" + own), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", "c")})
	return r, id, base, meta, publish
}

func read(t *testing.T, meta *imds.Client, path string) (string, int) {
	t.Helper()
	out, err := meta.GetMetadata(bg, &imds.GetMetadataInput{Path: path})
	if err != nil {
		var re interface{ HTTPStatusCode() int }
		if errors.As(err, &re) {
			return "", re.HTTPStatusCode()
		}
		t.Fatal(err)
	}
	raw, err := io.ReadAll(out.Content)
	must(t, err)
	return string(raw), 200
}

// aws-facts 3, through the SDK's imds client.
func TestTheRealMetadataClientReadsAnInstance(t *testing.T) {
	t.Parallel()
	r, id, base, meta, _ := served(t)
	for path, want := range map[string]string{"instance-id": id, "instance-life-cycle": "spot", "placement/availability-zone": "us-east-1a", "placement/region": "us-east-1",
		"events/maintenance/scheduled": "[]", "iam/security-credentials/": "web"} {
		if got, _ := read(t, meta, path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	for _, absent := range []string{"spot/instance-action", "spot/termination-time", "events/recommendations/rebalance", "autoscaling/target-lifecycle-state"} {
		if got, code := read(t, meta, absent); code != 404 {
			t.Errorf("%s is %d %q, want 404", absent, code, got)
		}
	}
	must(t, r.Rebalance(id))
	must(t, r.Interrupt(id, "terminate"))
	var notice struct {
		Action string
		Time   time.Time
	}
	got, _ := read(t, meta, "spot/instance-action")
	must(t, json.Unmarshal([]byte(got), &notice))
	if notice.Action != "terminate" || !notice.Time.Equal(r.Now().Add(2*time.Minute)) {
		t.Errorf("the notice is %s", got)
	}
	if _, code := read(t, meta, "events/recommendations/rebalance"); code != 200 {
		t.Errorf("no rebalance recommendation: %d", code)
	}
	if resp, err := http.Get(base + "/imds/" + id + "/latest/meta-data/instance-id"); err != nil || resp.StatusCode != 401 {
		t.Errorf("without a token: %v, %v; want 401", resp, err)
	}
	r.pass(3 * time.Minute)
	if _, err := http.Get(base + "/imds/" + id + "/latest/meta-data/instance-id"); err == nil {
		t.Error("the metadata of a terminated instance still answers")
	}
}

func TestTheIdentityVerifiesAgainstTheCloudsCertificateOnly(t *testing.T) {
	t.Parallel()
	r, id, _, meta, _ := served(t)
	doc, err := meta.GetDynamicData(bg, &imds.GetDynamicDataInput{Path: "instance-identity/document"})
	must(t, err)
	document, err := io.ReadAll(doc.Content)
	must(t, err)
	sig, err := meta.GetDynamicData(bg, &imds.GetDynamicDataInput{Path: "instance-identity/rsa2048"})
	must(t, err)
	armoured, err := io.ReadAll(sig.Content)
	must(t, err)
	der, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(armoured), "\n", ""))
	must(t, err)
	p7, err := pkcs7.Parse(der)
	must(t, err)
	if len(p7.Certificates) != 0 || len(p7.Content) != 0 {
		t.Errorf("%d certificates and %d bytes of content inside the signature, want none", len(p7.Certificates), len(p7.Content))
	}
	block, _ := pem.Decode(r.Certificate())
	cert, err := x509.ParseCertificate(block.Bytes)
	must(t, err)
	p7.Certificates, p7.Content = []*x509.Certificate{cert}, document
	must(t, p7.Verify())
	p7.Content = []byte(strings.Replace(string(document), id, "i-0000", 1))
	if p7.Verify() == nil {
		t.Error("a changed document verifies")
	}
	idoc, err := meta.GetInstanceIdentityDocument(bg, nil)
	must(t, err)
	if idoc.InstanceID != id || idoc.AccountID != r.Account() || idoc.InstanceType == "" || !idoc.PendingTime.Equal(mustInstance(t, r, id).Launched) {
		t.Errorf("%+v", idoc)
	}
}

func TestTheRealSNSClientPublishes(t *testing.T) {
	t.Parallel()
	r, _, _, _, publish := served(t)
	topic, err := r.s.SNS().CreateTopic(bg, &sns.CreateTopicInput{Name: aws.String("reports")})
	must(t, err)
	url := newQueue(t, r.s, "in", nil)
	_, err = r.s.SNS().Subscribe(bg, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(r.arn("sqs", "in")), Attributes: map[string]string{"RawMessageDelivery": "true"}})
	must(t, err)
	r.TranslatePublish(func(instance string, body []byte) []byte { return append(body, '!') })
	out, err := publish.Publish(bg, &sns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String("ready & <able>")})
	must(t, err)
	r.pass(time.Second)
	if got := r.Messages(url); aws.ToString(out.MessageId) == "" || len(got) != 1 || got[0] != "ready & <able>!" {
		t.Errorf("id %v, queue %q", out.MessageId, got)
	}
	_, err = publish.Publish(bg, &sns.PublishInput{TopicArn: aws.String(*topic.TopicArn + "x"), Message: aws.String("y")})
	var api smithy.APIError
	if !errors.As(err, &api) || !strings.HasPrefix(api.ErrorCode(), "NotFound") {
		t.Errorf("an unknown topic gave %v", err)
	}
}
