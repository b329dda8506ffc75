package deploy_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/rs/zerolog"

	"autospotting/coordinator/update"
	"autospotting/deploy/artifact"
	"autospotting/pkg/channel"
)

// installation is what the stack makes, as far as the updater has to do with it. It is made by hand, since moto 5.2.5 makes
// neither aliases nor alarms of a stack, and answers neither Invoke (without Docker) nor CloudWatch's present protocol: those two
// the account's proxy answers. Beyond that moto takes no notice of RevisionId and of PublishVersion's CodeSha256, routes nothing,
// and is never busy with a change: coordinator/update's own tests show what comes of those.
type installation struct {
	*account
	own, releases string // buckets
	key           string // file of the signing key
	public        string
	now           time.Time
	watch         time.Duration
}

const functionName = "autospotting"

func install(t *testing.T, version string) *installation {
	t.Helper()
	i := &installation{account: newAccount(t)}
	i.own = i.bucket("own")
	i.released()
	i.function(version)
	return i
}

// released is a bucket for releases with a key, and the alarms that are watched.
func (i *installation) released() {
	i.now, i.watch = time.Now(), 15*time.Minute
	i.releases = i.bucket("releases")
	i.key, i.public = i.newKey()
	i.invoke = func(string) string { return "" }
	i.alarm("errors", cwtypes.StateValueOk)
	i.alarm("deficit", cwtypes.StateValueInsufficientData)
}

func (i *installation) lambda() *lambda.Client { return lambda.NewFromConfig(i.config()) }

func must(t *testing.T, _ any, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// function is what spotctl up would have installed.
func (i *installation) function(version string) {
	i.t.Helper()
	ctx := i.t.Context()
	zip := "function/" + version + "/coordinator-arm64.zip"
	content, err := os.ReadFile(filepath.Join(lab.dist, zip))
	must(i.t, content, err)
	_, err = i.s3().PutObject(ctx, &s3.PutObjectInput{Bucket: &i.own, Key: &zip, Body: strings.NewReader(string(content))})
	must(i.t, zip, err)
	role, err := iam.NewFromConfig(i.config()).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("function"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[]}`)})
	must(i.t, role, err)
	_, err = i.lambda().CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: aws.String(functionName), Description: aws.String("AutoSpotting " + version), Role: role.Role.Arn,
		Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Architectures: []types.Architecture{types.ArchitectureArm64}, Code: &types.FunctionCode{S3Bucket: &i.own, S3Key: &zip},
		Environment: &types.Environment{Variables: map[string]string{"AUTOSPOTTING_RELEASE_URL": i.downloads() + "/" + version, "AUTOSPOTTING_SPOTD_SHA256": "amd64=old", "AUTOSPOTTING_GRACE": "120s"}}})
	must(i.t, zip, err)
	_, err = i.lambda().CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: aws.String(functionName), Name: aws.String("live"), FunctionVersion: aws.String("$LATEST")})
	must(i.t, zip, err)
}

// downloads is where instances find VERSION/spotd-….
func (i *installation) downloads() string {
	return "https://" + i.own + ".s3." + region + ".amazonaws.com/spotd"
}

func sumOf(t *testing.T, key string) string {
	t.Helper()
	sum, err := artifact.Sum(filepath.Join(lab.dist, key))
	must(t, sum, err)
	return sum
}

// codeOf tells which release a function's code is.
func codeOf(t *testing.T, sha string) string {
	t.Helper()
	for _, version := range versions {
		raw, err := hex.DecodeString(sumOf(t, "function/"+version+"/coordinator-arm64.zip"))
		must(t, raw, err)
		if base64.StdEncoding.EncodeToString(raw) == sha {
			return version
		}
	}
	return "none"
}

func (i *installation) alarm(name string, state cwtypes.StateValue) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.alarms == nil {
		i.alarms = map[string]string{}
	}
	i.alarms[name] = string(state)
}

// stands answers what the emulator cannot: it runs functions in Docker only, and knows CloudWatch by the protocol of old.
func (a *account) stands(r *http.Request, body []byte) func(http.ResponseWriter) {
	switch {
	case a.invoke != nil && strings.HasSuffix(r.URL.Path, "/invocations"):
		return func(w http.ResponseWriter) { a.run(w, r.URL.Query().Get("Qualifier")) }
	case a.alarms != nil && strings.HasSuffix(r.URL.Path, "/operation/DescribeAlarms"):
		return func(w http.ResponseWriter) { a.describeAlarms(w, body) }
	}
	return nil
}

func (a *account) run(w http.ResponseWriter, version string) {
	if failure := a.invoke(version); failure != "" {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		fmt.Fprintf(w, `{"errorMessage":%q}`, failure)
		return
	}
	fmt.Fprint(w, `{"batchItemFailures":null}`)
}

func (a *account) describeAlarms(w http.ResponseWriter, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	asked, err := cbor.Decode(body)
	if err != nil {
		panic(err)
	}
	found := cbor.List{}
	for _, name := range asked.(cbor.Map)["AlarmNames"].(cbor.List) {
		if state, ok := a.alarms[string(name.(cbor.String))]; ok {
			found = append(found, cbor.Map{"AlarmName": name, "StateValue": cbor.String(state), "StateReason": cbor.String("the test says so")})
		}
	}
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	_, _ = w.Write(cbor.Encode(cbor.Map{"MetricAlarms": found}))
}

// updater is the updater as its function makes it at each tick.
func (i *installation) updater(log *strings.Builder) *update.Updater {
	from, err := update.ParseSource("s3://" + i.releases + "/channel/stable.json")
	must(i.t, from, err)
	keys, err := channel.ParseKeys(i.public)
	must(i.t, keys, err)
	return &update.Updater{Lambda: i.lambda(), Alarms: cloudwatch.NewFromConfig(i.config()), S3: i.s3(), HTTP: http.DefaultClient,
		Function: functionName, Alias: "live", Arch: "arm64", Bucket: i.own, Releases: i.downloads(), Source: from, Keys: keys, Base: "v1.0.0",
		Watched: []string{"errors", "deficit"}, Watch: i.watch, Weight: 0.1, Pause: time.Millisecond, Now: func() time.Time { return i.now }, Log: zerolog.New(log)}
}

// tick is one run of the updater, and what it wrote.
func (i *installation) tick(ctx context.Context, change ...func(*update.Updater)) (said string, err error) {
	var log strings.Builder
	u := i.updater(&log)
	for _, c := range change {
		c(u)
	}
	err = u.Tick(ctx)
	return log.String(), err
}

func (i *installation) mustTick() string {
	i.t.Helper()
	said, err := i.tick(i.t.Context())
	if err != nil {
		i.t.Fatalf("%v\n%s", err, said)
	}
	return said
}

// later is a tick after the time that is watched.
func (i *installation) later() string {
	i.t.Helper()
	i.now = i.now.Add(i.watch)
	return i.mustTick()
}

// at is one version of the function: the release that it says it is, that of its code, and that of the spotd it gives out.
type at struct{ says, code, spotd string }

func whole(version string) at { return at{version, version, version} }

func (i *installation) at(version string) at {
	i.t.Helper()
	out, err := i.lambda().GetFunctionConfiguration(i.t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(functionName), Qualifier: &version})
	must(i.t, out, err)
	url := out.Environment.Variables["AUTOSPOTTING_RELEASE_URL"]
	if grace := out.Environment.Variables["AUTOSPOTTING_GRACE"]; grace != "120s" {
		i.t.Errorf("%s: the owner's settings are lost: %v", version, out.Environment.Variables)
	}
	if sums := out.Environment.Variables["AUTOSPOTTING_SPOTD_SHA256"]; !strings.HasSuffix(url, "/v1.0.0") && !strings.HasPrefix(sums, "amd64="+sumOf(i.t, "spotd/"+url[strings.LastIndex(url, "/")+1:]+"/spotd-linux-amd64")) {
		i.t.Errorf("%s: %s with the sums %s", version, url, sums)
	}
	return at{strings.TrimPrefix(aws.ToString(out.Description), "AutoSpotting "), codeOf(i.t, aws.ToString(out.CodeSha256)), url[strings.LastIndex(url, "/")+1:]}
}

// routes is where messages go: to which versions of the function with which share, and what is remembered.
func (i *installation) routes() (to map[string]float64, remembered string) {
	i.t.Helper()
	out, err := i.lambda().GetAlias(i.t.Context(), &lambda.GetAliasInput{FunctionName: aws.String(functionName), Name: aws.String("live")})
	must(i.t, out, err)
	to, rest := map[string]float64{}, 1.0
	if out.RoutingConfig != nil {
		for v, w := range out.RoutingConfig.AdditionalVersionWeights {
			to[v], rest = w, rest-w
		}
	}
	to[aws.ToString(out.FunctionVersion)] = rest
	return to, aws.ToString(out.Description)
}

// serves checks where messages go, by release.
func (i *installation) serves(want map[string]float64) {
	i.t.Helper()
	to, remembered := i.routes()
	got := map[string]float64{}
	for version, share := range to {
		one := i.at(version)
		if one.says != one.code || one.says != one.spotd {
			i.t.Errorf("version %s is half of this and half of that: %+v", version, one)
		}
		got[one.says] = share
	}
	if !maps.Equal(got, want) {
		i.t.Errorf("messages go to %v, want %v; remembered is %s", got, want, remembered)
	}
}

// settled checks that an update is over: messages go to what is installed, whole.
func (i *installation) settled(version string) {
	i.t.Helper()
	to, remembered := i.routes()
	if _, ok := to["$LATEST"]; !ok || len(to) != 1 || strings.Contains(remembered, "phase") {
		i.t.Errorf("messages go to %v; remembered is %s", to, remembered)
	}
	if got := i.at("$LATEST"); got != whole(version) {
		i.t.Errorf("installed is %+v, want %s", got, version)
	}
}
