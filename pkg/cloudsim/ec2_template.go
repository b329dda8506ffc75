package cloudsim

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// template is a launch template; its versions never change once made.
type template struct {
	id, name string
	created  time.Time
	tags     map[string]string
	def      int64
	versions []*templateVersion
	last     int64 // numbers are never used twice
}

type templateVersion struct {
	number  int64
	created time.Time
	note    *string
	data    *ec2types.RequestLaunchTemplateData
}

func (c *Cloud) template(id, name *string) (*template, error) {
	for _, t := range c.templates {
		if (aws.ToString(id) != "" && t.id == *id) || (aws.ToString(id) == "" && t.name == aws.ToString(name)) {
			return t, nil
		}
	}
	if aws.ToString(id) != "" {
		return nil, apiError("InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist.", *id)
	}
	return nil, apiError("InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template name %s, does not exist.", aws.ToString(name))
}

// version resolves $Latest, $Default and numbers; empty is $Default.
func (t *template) version(v string) (*templateVersion, error) {
	want := t.def
	switch v {
	case "", "$Default":
	case "$Latest":
		want = t.versions[len(t.versions)-1].number
	default:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, apiError("InvalidLaunchTemplateId.VersionNotFound", "Could not find the specified version %s for the launch template with ID %s.", v, t.id)
		}
		want = n
	}
	for _, tv := range t.versions {
		if tv.number == want {
			return tv, nil
		}
	}
	return nil, apiError("InvalidLaunchTemplateId.VersionNotFound", "Could not find the specified version %s for the launch template with ID %s.", v, t.id)
}

// convert copies between two SDK types of the same field names (request and response forms of one thing).
func convert[T any](from any) T {
	var to T
	raw, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(raw, &to)
	}
	if err != nil {
		panic("cloudsim: converting launch template data: " + err.Error())
	}
	return to
}

func checkTemplateData(d *ec2types.RequestLaunchTemplateData) error {
	if d == nil {
		return apiError("MissingParameter", "The request must contain the parameter LaunchTemplateData")
	}
	_, err := decodeUserData(d.UserData)
	return err
}

// CreateLaunchTemplate makes a template with version 1.
func (e *EC2) CreateLaunchTemplate(ctx context.Context, in *ec2.CreateLaunchTemplateInput, _ ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateOutput, error) {
	return call(ctx, e.s, request{svcEC2, "CreateLaunchTemplate", true}, in, func(in *ec2.CreateLaunchTemplateInput) (*ec2.CreateLaunchTemplateOutput, error) {
		c := e.s.cloud
		if err := checkTemplateData(in.LaunchTemplateData); err != nil {
			return nil, err
		}
		name := aws.ToString(in.LaunchTemplateName)
		if name == "" {
			return nil, apiError("MissingParameter", "The request must contain the parameter LaunchTemplateName")
		}
		for _, t := range c.templates {
			if t.name == name {
				return nil, apiError("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
			}
		}
		t := &template{id: c.id("lt"), name: name, created: c.clock(), def: 1, last: 1,
			tags: specTags(in.TagSpecifications, ec2types.ResourceTypeLaunchTemplate),
			versions: []*templateVersion{{number: 1, created: c.clock(), note: in.VersionDescription,
				data: convert[*ec2types.RequestLaunchTemplateData](in.LaunchTemplateData)}}}
		c.templates = append(c.templates, t)
		c.emit(Event{Kind: TemplateMade, Text: "created " + name + " " + t.id})
		return &ec2.CreateLaunchTemplateOutput{LaunchTemplate: t.describe()}, nil
	})
}

// CreateLaunchTemplateVersion inherits from SourceVersion what the request leaves out; block-device snapshots are not
// inherited. It moves $Latest, never $Default (aws-facts 2.6).
func (e *EC2) CreateLaunchTemplateVersion(ctx context.Context, in *ec2.CreateLaunchTemplateVersionInput, _ ...func(*ec2.Options)) (*ec2.CreateLaunchTemplateVersionOutput, error) {
	return call(ctx, e.s, request{svcEC2, "CreateLaunchTemplateVersion", true}, in, func(in *ec2.CreateLaunchTemplateVersionInput) (*ec2.CreateLaunchTemplateVersionOutput, error) {
		c := e.s.cloud
		t, err := c.template(in.LaunchTemplateId, in.LaunchTemplateName)
		if err != nil {
			return nil, err
		}
		if err := checkTemplateData(in.LaunchTemplateData); err != nil {
			return nil, err
		}
		data := convert[*ec2types.RequestLaunchTemplateData](in.LaunchTemplateData)
		if v := aws.ToString(in.SourceVersion); v != "" {
			src, err := t.version(v)
			if err != nil {
				return nil, err
			}
			data = inherit(src.data, data)
		}
		t.last++
		tv := &templateVersion{number: t.last, created: c.clock(), note: in.VersionDescription, data: data}
		t.versions = append(t.versions, tv)
		c.emit(Event{Kind: TemplateMade, Text: "version " + strconv.FormatInt(tv.number, 10) + " of " + t.name})
		return &ec2.CreateLaunchTemplateVersionOutput{LaunchTemplateVersion: ptr(t.describeVersion(tv))}, nil
	})
}

func inherit(src, over *ec2types.RequestLaunchTemplateData) *ec2types.RequestLaunchTemplateData {
	out := convert[*ec2types.RequestLaunchTemplateData](src)
	for n := range out.BlockDeviceMappings {
		if ebs := out.BlockDeviceMappings[n].Ebs; ebs != nil {
			ebs.SnapshotId = nil
		}
	}
	to, from := reflect.ValueOf(out).Elem(), reflect.ValueOf(over).Elem()
	for n := range to.NumField() {
		if f := from.Field(n); to.Field(n).CanSet() && !f.IsZero() {
			to.Field(n).Set(f)
		}
	}
	return out
}

func (t *template) describe() *ec2types.LaunchTemplate {
	return &ec2types.LaunchTemplate{LaunchTemplateId: aws.String(t.id), LaunchTemplateName: aws.String(t.name),
		CreateTime: aws.Time(t.created), DefaultVersionNumber: aws.Int64(t.def),
		LatestVersionNumber: aws.Int64(t.versions[len(t.versions)-1].number), Tags: tagList(t.tags)}
}

func (t *template) describeVersion(v *templateVersion) ec2types.LaunchTemplateVersion {
	return ec2types.LaunchTemplateVersion{LaunchTemplateId: aws.String(t.id), LaunchTemplateName: aws.String(t.name),
		VersionNumber: aws.Int64(v.number), VersionDescription: v.note, CreateTime: aws.Time(v.created),
		DefaultVersion: aws.Bool(v.number == t.def), LaunchTemplateData: convert[*ec2types.ResponseLaunchTemplateData](v.data)}
}

// DescribeLaunchTemplates takes ids, names, or the filters launch-template-name, tag:K and tag-key.
func (e *EC2) DescribeLaunchTemplates(ctx context.Context, in *ec2.DescribeLaunchTemplatesInput, _ ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplatesOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribeLaunchTemplates", false}, in, func(in *ec2.DescribeLaunchTemplatesInput) (*ec2.DescribeLaunchTemplatesOutput, error) {
		c := e.s.cloud
		for _, id := range in.LaunchTemplateIds {
			if _, err := c.template(&id, nil); err != nil {
				return nil, err
			}
		}
		for _, name := range in.LaunchTemplateNames {
			if _, err := c.template(nil, &name); err != nil {
				return nil, err
			}
		}
		var hits []ec2types.LaunchTemplate
		for _, t := range c.templates {
			listed := len(in.LaunchTemplateIds)+len(in.LaunchTemplateNames) == 0 ||
				slices.Contains(in.LaunchTemplateIds, t.id) || slices.Contains(in.LaunchTemplateNames, t.name)
			if listed && t.matches(in.Filters) {
				hits = append(hits, *t.describe())
			}
		}
		page, next, err := paginate(hits, in.MaxResults, 200, in.NextToken)
		return &ec2.DescribeLaunchTemplatesOutput{LaunchTemplates: page, NextToken: next}, err
	})
}

func (t *template) matches(filters []ec2types.Filter) bool {
	for _, f := range filters {
		have := tagValues(tagList(t.tags), aws.ToString(f.Name))
		if aws.ToString(f.Name) == "launch-template-name" {
			have = []string{t.name}
		}
		if !slices.ContainsFunc(have, func(h string) bool { return matchAny(f.Values, h) }) {
			return false
		}
	}
	return true
}

// DescribeLaunchTemplateVersions lists versions, newest first as EC2 does; Versions may hold $Latest and $Default.
func (e *EC2) DescribeLaunchTemplateVersions(ctx context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DescribeLaunchTemplateVersions", false}, in, func(in *ec2.DescribeLaunchTemplateVersionsInput) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
		c := e.s.cloud
		t, err := c.template(in.LaunchTemplateId, in.LaunchTemplateName)
		if err != nil {
			return nil, err
		}
		var hits []ec2types.LaunchTemplateVersion
		for _, v := range in.Versions {
			tv, err := t.version(v)
			if err != nil {
				return nil, err
			}
			hits = append(hits, t.describeVersion(tv))
		}
		for n := len(t.versions) - 1; n >= 0 && len(in.Versions) == 0; n-- {
			hits = append(hits, t.describeVersion(t.versions[n]))
		}
		page, next, err := paginate(hits, in.MaxResults, 200, in.NextToken)
		return &ec2.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: page, NextToken: next}, err
	})
}

// DeleteLaunchTemplate removes a template with all its versions.
func (e *EC2) DeleteLaunchTemplate(ctx context.Context, in *ec2.DeleteLaunchTemplateInput, _ ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DeleteLaunchTemplate", true}, in, func(in *ec2.DeleteLaunchTemplateInput) (*ec2.DeleteLaunchTemplateOutput, error) {
		c := e.s.cloud
		t, err := c.template(in.LaunchTemplateId, in.LaunchTemplateName)
		if err != nil {
			return nil, err
		}
		c.templates = slices.DeleteFunc(c.templates, func(o *template) bool { return o == t })
		c.emit(Event{Kind: TemplateMade, Text: "deleted " + t.name})
		return &ec2.DeleteLaunchTemplateOutput{LaunchTemplate: t.describe()}, nil
	})
}

// DeleteLaunchTemplateVersions deletes what it can and lists the rest; the default version can't be deleted.
func (e *EC2) DeleteLaunchTemplateVersions(ctx context.Context, in *ec2.DeleteLaunchTemplateVersionsInput, _ ...func(*ec2.Options)) (*ec2.DeleteLaunchTemplateVersionsOutput, error) {
	return call(ctx, e.s, request{svcEC2, "DeleteLaunchTemplateVersions", true}, in, func(in *ec2.DeleteLaunchTemplateVersionsInput) (*ec2.DeleteLaunchTemplateVersionsOutput, error) {
		t, err := e.s.cloud.template(in.LaunchTemplateId, in.LaunchTemplateName)
		if err != nil {
			return nil, err
		}
		out := &ec2.DeleteLaunchTemplateVersionsOutput{}
		for _, v := range in.Versions {
			n, _ := strconv.ParseInt(v, 10, 64)
			tv, err := t.version(v)
			if err != nil || tv.number == t.def {
				code := ec2types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist
				if err == nil {
					code = ec2types.LaunchTemplateErrorCodeUnexpectedError
				}
				out.UnsuccessfullyDeletedLaunchTemplateVersions = append(out.UnsuccessfullyDeletedLaunchTemplateVersions,
					ec2types.DeleteLaunchTemplateVersionsResponseErrorItem{LaunchTemplateId: aws.String(t.id), VersionNumber: aws.Int64(n),
						ResponseError: &ec2types.ResponseError{Code: code, Message: aws.String("can't delete version " + v)}})
				continue
			}
			t.versions = slices.DeleteFunc(t.versions, func(o *templateVersion) bool { return o == tv })
			out.SuccessfullyDeletedLaunchTemplateVersions = append(out.SuccessfullyDeletedLaunchTemplateVersions,
				ec2types.DeleteLaunchTemplateVersionsResponseSuccessItem{LaunchTemplateId: aws.String(t.id),
					LaunchTemplateName: aws.String(t.name), VersionNumber: aws.Int64(tv.number)})
		}
		return out, nil
	})
}

func specTags(specs []ec2types.TagSpecification, kind ec2types.ResourceType) map[string]string {
	m := map[string]string{}
	for _, s := range specs {
		if s.ResourceType == kind {
			for _, t := range s.Tags {
				m[aws.ToString(t.Key)] = aws.ToString(t.Value)
			}
		}
	}
	return m
}
