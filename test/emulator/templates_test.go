package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// TestTheTemplatesThatWeMakeAreAccepted creates what coordinator/act made of five real-world templates, its golden files,
// through the SDK, and reads back that nothing got lost on the wire.
func TestTheTemplatesThatWeMakeAreAccepted(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	paths, _ := filepath.Glob("../../coordinator/act/testdata/templates/*.golden")
	if len(paths) < 5 {
		t.Fatalf("%d golden files", len(paths))
	}
	for _, path := range paths {
		name := filepath.Base(path)
		want := readGolden(t, path)
		want.UserData = aws.String(encoded(userData))
		made := do(t, "create "+name, func(ctx context.Context) (*ec2.CreateLaunchTemplateOutput, error) {
			return a.ec2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: &name, LaunchTemplateData: want})
		})
		out := do(t, "read "+name, func(ctx context.Context) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
			return a.ec2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: made.LaunchTemplate.LaunchTemplateId})
		})
		got := reflect.ValueOf(out.LaunchTemplateVersions[0].LaunchTemplateData).Elem()
		for i, asked := 0, reflect.ValueOf(want).Elem(); i < asked.NumField(); i++ {
			field := asked.Type().Field(i)
			if !field.IsExported() || asked.Field(i).IsZero() {
				continue
			}
			if has := got.FieldByName(field.Name); !has.IsValid() || has.IsZero() {
				t.Errorf("%s: %s is not there any more", name, field.Name)
			}
		}
	}
}

func readGolden(t *testing.T, path string) *ec2types.RequestLaunchTemplateData {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var data ec2types.RequestLaunchTemplateData
	if err := json.Unmarshal(raw[bytes.IndexByte(raw, '{'):], &data); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return &data
}
