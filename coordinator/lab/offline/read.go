package offline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/lab/dataset"
)

// Files names what to read. Groups and Instances are needed.
type Files struct {
	Groups, Instances string
	Images, Types     string
	Prices            []string
}

// document reads one JSON document of the AWS CLI, whose top level must have the key.
func document(file, key, command string, into any) error {
	return dataset.Read(file, func(r io.Reader) error {
		body, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return decode(body, key, command, into)
	})
}

func decode(body []byte, key, command string, into any) error {
	remedy := "give the output of aws " + command
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if err := json.Unmarshal(body, into); err != nil {
		return &dataset.Error{Line: line(body, err), Reason: err.Error(), Remedy: remedy}
	}
	if !bytes.Contains(body, []byte(`"`+key+`"`)) { // a document of something else decodes to nothing
		return &dataset.Error{Reason: "it has no " + key, Remedy: remedy}
	}
	return nil
}

// line is where the decoder stopped, 0 where it does not say.
func line(body []byte, err error) int {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	offset := int64(-1)
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	if offset < 0 {
		return 0
	}
	return 1 + bytes.Count(body[:min(int(offset), len(body))], []byte("\n"))
}

func readGroups(file string) ([]astypes.AutoScalingGroup, error) {
	var doc autoscaling.DescribeAutoScalingGroupsOutput
	if err := document(file, "AutoScalingGroups", "autoscaling describe-auto-scaling-groups", &doc); err != nil {
		return nil, err
	}
	for n, g := range doc.AutoScalingGroups {
		if aws.ToString(g.AutoScalingGroupName) == "" {
			return nil, &dataset.Error{File: file, Reason: fmt.Sprintf("group %d has no AutoScalingGroupName", n+1), Remedy: "give the output of aws autoscaling describe-auto-scaling-groups"}
		}
	}
	return doc.AutoScalingGroups, nil
}

func readInstances(file string) ([]types.Instance, error) {
	var doc ec2.DescribeInstancesOutput
	if err := document(file, "Reservations", "ec2 describe-instances", &doc); err != nil {
		return nil, err
	}
	var out []types.Instance
	for _, r := range doc.Reservations {
		for _, i := range r.Instances {
			if aws.ToString(i.InstanceId) == "" {
				return nil, &dataset.Error{File: file, Reason: fmt.Sprintf("instance %d has no InstanceId", len(out)+1), Remedy: "give the output of aws ec2 describe-instances"}
			}
			out = append(out, i)
		}
	}
	return out, nil
}

func readImages(file string) (map[string]types.Image, error) {
	out := map[string]types.Image{}
	if file == "" {
		return out, nil
	}
	var doc ec2.DescribeImagesOutput
	if err := document(file, "Images", "ec2 describe-images", &doc); err != nil {
		return nil, err
	}
	for _, i := range doc.Images {
		out[aws.ToString(i.ImageId)] = i
	}
	return out, nil
}
