package act

import (
	"reflect"
	"slices"

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
// once the table of fields knows it. dropped names what has no counterpart.
func convert(in *types.ResponseLaunchTemplateData) (out *types.RequestLaunchTemplateData, dropped []string) {
	out = &types.RequestLaunchTemplateData{}
	copyByName(reflect.ValueOf(out).Elem(), reflect.ValueOf(in).Elem(), "", &dropped)
	return out, slices.DeleteFunc(dropped, func(name string) bool { return answersOnly[name] != "" })
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
