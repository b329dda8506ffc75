package act

import (
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// answersOnly lists what EC2 tells of a template and takes from nobody, each with its reason.
var answersOnly = map[string]string{
	"MetadataOptions.State":                         "whether earlier options are applied yet",
	"NetworkInterfaces.Ipv6Addresses.IsPrimaryIpv6": "asked for by NetworkInterfaces.PrimaryIpv6, which is taken over",
	"Operator.HiddenByDefault":                      "how a managing service shows its instances",
	"Operator.Managed":                              "follows from the principal",
}

// convert turns a launch template's data as described into data to create one with. The two are different types
// with the same field names, so they are copied by name, to any depth: a field that AWS adds later is taken over
// without our doing. dropped names what has no counterpart; why is set where the template cannot be served.
func convert(in *types.ResponseLaunchTemplateData) (out *types.RequestLaunchTemplateData, dropped []string, why string) {
	if in.InstanceMarketOptions != nil {
		return nil, nil, "the launch template asks for spot itself (instance market options): there is nothing left to replace"
	}
	if in.InstanceRequirements != nil {
		return nil, nil, "the launch template chooses instance types by attributes, which only a mixed instances policy uses"
	}
	out = &types.RequestLaunchTemplateData{}
	copyByName(reflect.ValueOf(out).Elem(), reflect.ValueOf(in).Elem(), "", &dropped)
	dropped = slices.DeleteFunc(dropped, func(name string) bool { return answersOnly[name] != "" })
	forOverrides(out)
	if aws.ToBool(out.DisableApiTermination) { // spot cannot have it, and we could not end what is never attached (EC2 user guide, "Enable termination protection")
		out.DisableApiTermination, dropped = nil, append(dropped, "DisableApiTermination")
	}
	return out, dropped, ""
}

// forOverrides takes out what would contradict the zone and subnet of a fleet's override.
func forOverrides(d *types.RequestLaunchTemplateData) {
	if d.Placement != nil {
		d.Placement.AvailabilityZone, d.Placement.AvailabilityZoneId = nil, nil
	}
	for i := range d.NetworkInterfaces {
		d.NetworkInterfaces[i].SubnetId = nil
	}
	// Tags for spot requests in a template fail every on-demand launch from it (aws-facts 2.1).
	d.TagSpecifications = slices.DeleteFunc(d.TagSpecifications, func(t types.LaunchTemplateTagSpecificationRequest) bool {
		return t.ResourceType == types.ResourceTypeSpotInstancesRequest
	})
}

func copyByName(dst, src reflect.Value, path string, dropped *[]string) {
	for i := range src.NumField() {
		field := src.Type().Field(i)
		if !field.IsExported() || src.Field(i).IsZero() {
			continue
		}
		to := dst.FieldByName(field.Name)
		name := path + field.Name
		if !to.IsValid() || !copyValue(to, src.Field(i), name+".", dropped) {
			*dropped = append(*dropped, name)
		}
	}
}

// copyValue returns false where the two cannot hold the same.
func copyValue(to, from reflect.Value, path string, dropped *[]string) bool {
	switch kind := from.Kind(); {
	case from.Type().AssignableTo(to.Type()):
		to.Set(from)
	case kind != to.Kind():
		return false
	case kind == reflect.Struct:
		copyByName(to, from, path, dropped)
	case kind == reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		return copyValue(to.Elem(), from.Elem(), path, dropped)
	case kind == reflect.Slice:
		to.Set(reflect.MakeSlice(to.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			if !copyValue(to.Index(i), from.Index(i), path, dropped) {
				return false
			}
		}
	case from.Type().ConvertibleTo(to.Type()):
		to.Set(from.Convert(to.Type()))
	default:
		return false
	}
	return true
}
