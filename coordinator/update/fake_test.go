package update

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/rs/zerolog"

	"autospotting/pkg/channel"
)

// fake is a function with its versions and its alias, the buckets and the alarms, with what the emulator leaves out: revisions,
// changes that take time, and versions that are published only of the code that was meant.
type fake struct {
	versions map[string]lambda.GetFunctionConfigurationOutput
	alias    lambda.GetAliasOutput
	objects  map[string][]byte
	revision int
	busy     int // looks until a change is done

	slow     int                        // looks that a change takes
	before   func(operation string)     // is called before each operation
	fails    map[string]error           // by operation, once
	settings *types.EnvironmentResponse // in the place of what is set
}

func (f *fake) enter(operation string) error {
	if f.before != nil {
		f.before(operation)
	}
	err := f.fails[operation]
	delete(f.fails, operation)
	return err
}

func (f *fake) next() *string {
	f.revision++
	return aws.String(strconv.Itoa(f.revision))
}

func stale(held, given *string) error {
	if given == nil || *given == *held {
		return nil
	}
	return &types.PreconditionFailedException{Message: aws.String("the revision is another")}
}

func (f *fake) GetAlias(context.Context, *lambda.GetAliasInput, ...func(*lambda.Options)) (*lambda.GetAliasOutput, error) {
	out := f.alias
	return &out, f.enter("GetAlias")
}

func (f *fake) UpdateAlias(_ context.Context, in *lambda.UpdateAliasInput, _ ...func(*lambda.Options)) (*lambda.UpdateAliasOutput, error) {
	if err := f.enter("UpdateAlias"); err != nil {
		return nil, err
	}
	if err := stale(f.alias.RevisionId, in.RevisionId); err != nil {
		return nil, err
	}
	if *in.FunctionVersion == latest && len(in.RoutingConfig.AdditionalVersionWeights) > 0 {
		return nil, fmt.Errorf("an alias to $LATEST has no shares")
	}
	if len(*in.Description) > 256 {
		return nil, fmt.Errorf("a description has 256 characters")
	}
	f.alias = lambda.GetAliasOutput{FunctionVersion: in.FunctionVersion, RoutingConfig: in.RoutingConfig, Description: in.Description, RevisionId: f.next()}
	return &lambda.UpdateAliasOutput{RevisionId: f.alias.RevisionId}, nil
}

func (f *fake) GetFunctionConfiguration(_ context.Context, in *lambda.GetFunctionConfigurationInput, _ ...func(*lambda.Options)) (*lambda.GetFunctionConfigurationOutput, error) {
	if err := f.enter("GetFunctionConfiguration"); err != nil {
		return nil, err
	}
	out, ok := f.versions[*in.Qualifier]
	if !ok {
		return nil, &types.ResourceNotFoundException{}
	}
	if *in.Qualifier == latest && f.busy > 0 {
		f.busy--
		out.LastUpdateStatus = types.LastUpdateStatusInProgress
	}
	if f.settings != nil {
		out.Environment = f.settings
	}
	return &out, nil
}

// change changes $LATEST, unless it is being changed.
func (f *fake) change(operation string, revision *string, do func(*lambda.GetFunctionConfigurationOutput)) error {
	if err := f.enter(operation); err != nil {
		return err
	}
	now := f.versions[latest]
	if f.busy > 0 {
		return &types.ResourceConflictException{Message: aws.String("an update is in progress")}
	}
	if err := stale(now.RevisionId, revision); err != nil {
		return err
	}
	do(&now)
	now.RevisionId, f.busy = f.next(), f.slow
	f.versions[latest] = now
	return nil
}

func (f *fake) UpdateFunctionConfiguration(_ context.Context, in *lambda.UpdateFunctionConfigurationInput, _ ...func(*lambda.Options)) (*lambda.UpdateFunctionConfigurationOutput, error) {
	return &lambda.UpdateFunctionConfigurationOutput{}, f.change("UpdateFunctionConfiguration", in.RevisionId, func(o *lambda.GetFunctionConfigurationOutput) {
		o.Description, o.Environment = in.Description, &types.EnvironmentResponse{Variables: in.Environment.Variables}
	})
}

func (f *fake) UpdateFunctionCode(_ context.Context, in *lambda.UpdateFunctionCodeInput, _ ...func(*lambda.Options)) (*lambda.UpdateFunctionCodeOutput, error) {
	return &lambda.UpdateFunctionCodeOutput{}, f.change("UpdateFunctionCode", in.RevisionId, func(o *lambda.GetFunctionConfigurationOutput) {
		o.CodeSha256 = aws.String(lambdaSum(f.objects[*in.S3Bucket+"/"+*in.S3Key]))
		if o.Architectures = in.Architectures; len(in.Architectures) == 0 {
			o.Architectures = []types.Architecture{types.ArchitectureX8664}
		}
	})
}

func (f *fake) PublishVersion(_ context.Context, in *lambda.PublishVersionInput, _ ...func(*lambda.Options)) (*lambda.PublishVersionOutput, error) {
	if err := f.enter("PublishVersion"); err != nil {
		return nil, err
	}
	now := f.versions[latest]
	if aws.ToString(in.CodeSha256) != aws.ToString(now.CodeSha256) {
		return nil, &types.InvalidParameterValueException{Message: aws.String("the code is another")}
	}
	if err := stale(now.RevisionId, in.RevisionId); err != nil {
		return nil, err
	}
	last := strconv.Itoa(len(f.versions) - 1)
	if v, ok := f.versions[last]; !ok || !(one{&v}).same(one{&now}) {
		last = strconv.Itoa(len(f.versions))
		f.versions[last] = now
	}
	return &lambda.PublishVersionOutput{Version: &last}, nil
}

func (f *fake) Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	return &lambda.InvokeOutput{Payload: []byte("{}")}, f.enter("Invoke")
}

func (f *fake) DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	return &cloudwatch.DescribeAlarmsOutput{MetricAlarms: []cwtypes.MetricAlarm{{AlarmName: aws.String("errors"), StateValue: cwtypes.StateValueOk}}}, f.enter("DescribeAlarms")
}

func (f *fake) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	body, ok := f.objects[*in.Bucket+"/"+*in.Key]
	if !ok {
		return nil, &s3types.NoSuchKey{}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(body))}, f.enter("GetObject")
}

func (f *fake) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	name := *in.Bucket + "/" + *in.Key
	if _, there := f.objects[name]; there {
		return nil, &smithy.GenericAPIError{Code: "PreconditionFailed"}
	}
	body, err := io.ReadAll(in.Body)
	f.objects[name] = body
	return &s3.PutObjectOutput{}, err
}

func lambdaSum(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))

const zip1, zip2 = "function/v1.0.0/coordinator-arm64.zip", "function/v2.0.0/coordinator-arm64.zip"

// newFake is v1.0.0 installed, v2.0.0 released, and an updater that follows.
func newFake(t *testing.T) (*fake, *Updater) {
	t.Helper()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	code := []byte("v2.0.0")
	sum := sha256.Sum256(code)
	m := channel.Manifest{Schema: 1, Channel: "stable", Version: "v2.0.0", Serial: 2, Created: now, Expires: now.Add(1000 * time.Hour),
		Artifacts: []channel.Artifact{{Name: zip2, Kind: channel.Function, OS: "linux", Arch: "arm64", Size: int64(len(code)), SHA256: hex.EncodeToString(sum[:])}}}
	raw, err := channel.Seal(m, key)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{versions: map[string]lambda.GetFunctionConfigurationOutput{}, fails: map[string]error{}, objects: map[string][]byte{
		"releases/channel/stable.json": raw, "releases/" + zip2: code, "own/" + zip1: []byte("v1.0.0")}}
	f.versions[latest] = lambda.GetFunctionConfigurationOutput{Description: aws.String("AutoSpotting v1.0.0"), CodeSha256: aws.String(lambdaSum([]byte("v1.0.0"))), RevisionId: f.next(), Architectures: []types.Architecture{types.ArchitectureArm64},
		Environment: &types.EnvironmentResponse{Variables: map[string]string{"A": "1", varURL: "https://own/spotd/v1.0.0"}}}
	f.alias = lambda.GetAliasOutput{FunctionVersion: aws.String(latest), RevisionId: f.next()}
	source, err := ParseSource("s3://releases/channel/stable.json")
	if err != nil {
		t.Fatal(err)
	}
	return f, &Updater{Lambda: f, Alarms: f, S3: f, Function: "autospotting", Alias: Alias, Arch: "arm64", Bucket: "own", Releases: "https://own/spotd", Source: source,
		Keys: []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}, Base: "v1.0.0", Watched: []string{"errors"}, Weight: 0.1, Pause: time.Nanosecond,
		Now: func() time.Time { return now }, Log: zerolog.New(io.Discard)}
}

// at is what is installed, and where messages go.
func (f *fake) at() string {
	now := f.versions[latest]
	if len(now.Architectures) != 1 || now.Architectures[0] != types.ArchitectureArm64 {
		return fmt.Sprint("on ", now.Architectures, ", where the code is not for")
	}
	return fmt.Sprint(Release(aws.ToString(now.Description)), " ", *f.alias.FunctionVersion)
}

// finish ticks until nothing is left to do.
func finish(t *testing.T, u *Updater, f *fake) {
	t.Helper()
	for range 20 {
		if err := u.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, phase := Remembered(aws.ToString(f.alias.Description)); phase == idle && f.alias.Description != nil {
			return
		}
	}
	t.Fatalf("it does not come to an end: %s", aws.ToString(f.alias.Description))
}
