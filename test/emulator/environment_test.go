package emulator

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"autospotting/pkg/beanstalk"
)

// environment makes an Elastic Beanstalk environment. The emulator's are Ready at once and for ever, of web servers, and have no id.
func (a *account) environment(name string) {
	a.t.Helper()
	a.askBeanstalk("CreateApplication", url.Values{"ApplicationName": {"app-" + name}})
	a.askBeanstalk("CreateEnvironment", url.Values{"ApplicationName": {"app-" + name}, "EnvironmentName": {name}, "SolutionStackName": {"64bit Amazon Linux 2 v5.8.0 running Node.js 18"}})
}

// askBeanstalk asks Elastic Beanstalk for what the product never does.
func (a *account) askBeanstalk(action string, form url.Values) {
	a.t.Helper()
	form.Set("Action", action)
	form.Set("Version", "2010-12-01")
	body := form.Encode()
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.side.URL+"/", strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(a.t.Context(), aws.Credentials{AccessKeyID: "AK", SecretAccessKey: "secret"}, req, hex.EncodeToString(sum[:]), "elasticbeanstalk", region, time.Now()); err != nil {
		a.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	if said, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		a.t.Fatalf("%s: %s: %s", action, res.Status, said)
	}
}

// The product's own client is understood by an independent server, and understands it.
func TestEnvironmentsAreReadByOurOwnClient(t *testing.T) {
	t.Parallel()
	a := emptyAccount(t)
	c := beanstalk.NewFromConfig(aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("AK", "secret", ""), BaseEndpoint: &a.side.URL})
	ask := func() []beanstalk.EnvironmentDescription {
		t.Helper()
		out, err := c.DescribeEnvironments(t.Context(), &beanstalk.DescribeEnvironmentsInput{EnvironmentNames: []string{"shop"}})
		if err != nil {
			t.Fatal(err)
		}
		return out.Environments
	}
	if before := ask(); len(before) > 0 {
		t.Errorf("before there is any: %+v", before)
	}
	a.environment("shop")
	want := beanstalk.EnvironmentDescription{EnvironmentName: "shop", Status: "Ready", Tier: beanstalk.EnvironmentTier{Name: "WebServer", Type: "Standard"}}
	if after := ask(); len(after) != 1 || after[0] != want {
		t.Errorf("%+v", after)
	}
}
