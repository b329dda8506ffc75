// Package fit holds launch templates of real shapes, and what some instance types are, so that what the product offers a template can be held
// against what EC2 launches of it.
//
// The templates were written anew, in small, after what public repositories and reports show. types.json was written by hand after AWS's
// documents in the form of `aws ec2 describe-instance-types`; it shares nothing with pkg/snapshot.
package fit

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/pkg/cloudsim"
)

//go:embed templates/*.json types.json
var files embed.FS

// Template is one launch template with what EC2 looks up for it.
type Template struct {
	Name              string                              `json:"-"`   // of its file
	Why               string                              `json:"why"` // what it is here for
	Original          string                              `json:"original"`
	IPv6Only          bool                                `json:"ipv6_only,omitempty"`          // its subnet has no IPv4 addresses
	PlacementStrategy ec2types.PlacementStrategy          `json:"placement_strategy,omitempty"` // of its placement group
	Image             cloudsim.Image                      `json:"image"`
	Data              *ec2types.RequestLaunchTemplateData `json:"data"` // as `aws ec2 create-launch-template --launch-template-data` takes it
}

// Launch is the template on a type, on demand or as spot.
func (t Template) Launch(typ ec2types.InstanceTypeInfo, spot bool) cloudsim.Launch {
	return cloudsim.Launch{Data: t.Data, Image: t.Image, Type: typ, Spot: spot, IPv6Only: t.IPv6Only, Strategy: t.PlacementStrategy}
}

// Templates reads every template, by name. A field that the SDK does not know is an error that names the file.
func Templates() ([]Template, error) {
	names, err := fs.Glob(files, "templates/*.json")
	if err != nil {
		return nil, err
	}
	out := make([]Template, 0, len(names))
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		t, err := parse(raw)
		if err != nil {
			return nil, fmt.Errorf("test/fit/%s: %w: write it as create-launch-template takes it, with the header of fit.Template", name, err)
		}
		t.Name = strings.TrimSuffix(path.Base(name), ".json")
		out = append(out, t)
	}
	return out, nil
}

func parse(raw []byte) (Template, error) {
	var t Template
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&t); err != nil {
		return t, err
	}
	switch {
	case t.Why == "" || t.Original == "":
		return t, fmt.Errorf("the header lacks why or original")
	case t.Data == nil:
		return t, fmt.Errorf("the template has no data")
	}
	return t, nil
}

// Types reads the instance types, by name.
func Types() (map[string]ec2types.InstanceTypeInfo, error) {
	raw, err := files.ReadFile("types.json")
	if err != nil {
		return nil, err
	}
	var doc struct{ InstanceTypes []ec2types.InstanceTypeInfo }
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("test/fit/types.json: %w: write it as describe-instance-types prints it", err)
	}
	out := map[string]ec2types.InstanceTypeInfo{}
	for _, t := range doc.InstanceTypes {
		out[string(t.InstanceType)] = t
	}
	return out, nil
}
