package act

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/decide"
	"autospotting/userdata"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// spotd as it is put on board in these tests.
func spotd() userdata.Settings {
	return userdata.Settings{Topic: "arn:aws:sns:us-east-1:123456789012:reports", Group: "web", Grace: 5 * time.Minute, ReleaseURL: "https://example.com/v1",
		SHA256: map[string]string{"amd64": strings.Repeat("0a", 32), "arm64": strings.Repeat("1b", 32)}}
}

// readTemplate reads a template's data as the AWS command line prints it.
func readTemplate(t *testing.T, path string) *types.ResponseLaunchTemplateData {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var data types.ResponseLaunchTemplateData
	if err := dec.Decode(&data); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return &data
}

func TestRealWorldTemplatesBecomeOursAsReviewed(t *testing.T) {
	t.Parallel()
	paths, _ := filepath.Glob("testdata/templates/*.json")
	if len(paths) < 5 {
		t.Fatalf("%d templates", len(paths))
	}
	for _, path := range paths {
		data, dropped := convert(readTemplate(t, path))
		why := unservable(data, "")
		dropped = append(dropped, dropFrom(data)...)
		group := map[string]string{"Name": "web of the group", "kubernetes.io/role": "node"}
		tidyTags(data, group)
		a := &Actor{Config: Config{Spotd: spotd()}}
		if _, err := a.inject(described{world: decide.Group{Name: "web"}}, data, spotd()); err != nil {
			t.Fatal(err)
		}
		odd := oddInMetadata(data, group)
		text := fmt.Sprintf("refused: %s\ndropped: %v\nnot shown in metadata: %v\nuser data: %s\n%s", why, dropped, odd, aboard(t, data), tidyJSON(t, data))
		golden := strings.TrimSuffix(path, ".json") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, _ := os.ReadFile(golden); string(want) != text {
			t.Errorf("%s differs; if meant, run with -update and review. It is now:\n%s", golden, text)
		}
	}
}

// aboard describes the user data, and takes it out of the template for the reader's sake.
func aboard(t *testing.T, data *types.RequestLaunchTemplateData) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(data.UserData))
	if err != nil {
		t.Fatal(err)
	}
	data.UserData = nil
	info := userdata.Show(raw)
	return fmt.Sprintf("%s, %d parts, spotd aboard: %v", info.Format, len(info.Parts), info.Injected)
}

// tidyJSON prints what is set.
func tidyJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(set(doc), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out) + "\n"
}

// set leaves out what is null or an empty enumeration.
func set(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x = set(x); x == nil || (x == "" && k != "NoDevice") {
				delete(v, k)
			} else {
				v[k] = x
			}
		}
	case []any:
		for i := range v {
			v[i] = set(v[i])
		}
	}
	return v
}

func TestTagsOfTheTemplateAreTheOwners(t *testing.T) {
	t.Parallel()
	tag := func(key string) types.Tag { return types.Tag{Key: aws.String(key), Value: aws.String("v")} }
	d := &types.RequestLaunchTemplateData{TagSpecifications: []types.LaunchTemplateTagSpecificationRequest{
		{ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{tag("mine"), tag("aws:x"), tag("autospotting-group"), tag("propagated")}},
		{ResourceType: types.ResourceTypeVolume, Tags: []types.Tag{tag("propagated"), tag("aws:y")}},
		{ResourceType: types.ResourceTypeNetworkInterface, Tags: []types.Tag{tag("aws:z")}},
	}}
	tidyTags(d, map[string]string{"propagated": "by the group"})
	var got []string
	for _, s := range d.TagSpecifications {
		for _, x := range s.Tags {
			got = append(got, string(s.ResourceType)+" "+aws.ToString(x.Key))
		}
	}
	if strings.Join(got, ", ") != "instance mine, volume propagated" {
		t.Errorf("tags %v", got)
	}
}

func TestKeysThatMetadataCannotShowAreNamed(t *testing.T) {
	t.Parallel()
	d := &types.RequestLaunchTemplateData{MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{InstanceMetadataTags: "enabled"}}
	keys := map[string]string{"a b": "", "a/b": "", "..": "", "_index": "", "é": "", "fine+-=.,_:@9": "", "autospotting-group": ""}
	if got := strings.Join(oddInMetadata(d, keys), " | "); got != ".. | _index | a b | a/b | é" {
		t.Errorf("named %q", got)
	}
	d.MetadataOptions.InstanceMetadataTags = "disabled"
	if got := oddInMetadata(d, keys); got != nil {
		t.Errorf("named %v although no tags are asked for there", got)
	}
}
