// Package printed prints an account as the AWS CLI would, and tells in what two worlds of one group differ. The tests that hold a plan from
// files against a live one share it.
package printed

import (
	"encoding/json"
	"reflect"
	"time"
)

// JSON is what the AWS CLI prints of an operation's output: the fields that the service gave, under their names. The operation's own list is
// there if it is empty.
func JSON(output any) ([]byte, error) {
	v := reflect.Indirect(reflect.ValueOf(output))
	out := fields(v)
	empty(v, out)
	return json.MarshalIndent(out, "", "    ")
}

// empty adds the lists that have no members.
func empty(v reflect.Value, out map[string]any) {
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.Type.Kind() == reflect.Slice && v.Field(i).IsNil() {
			out[f.Name] = []any{}
		}
	}
}

var moment = reflect.TypeFor[time.Time]()

// value is nil for what is left out: fields that the service did not give. Times are as Python's isoformat has them, to the microsecond.
func value(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return value(v.Elem())
	case reflect.Struct:
		if v.Type() == moment {
			return stamp(v.Interface().(time.Time))
		}
		out := fields(v)
		if v.Type().Name() == "AutoScalingGroup" { // Auto Scaling gives all lists of a group
			empty(v, out)
		}
		return out
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			list = append(list, value(v.Index(i)))
		}
		return list
	case reflect.Map:
		out := map[string]any{}
		for _, k := range v.MapKeys() {
			out[k.String()] = value(v.MapIndex(k))
		}
		return out
	case reflect.String:
		if v.Type().PkgPath() != "" && v.Len() == 0 { // an enumeration without a value
			return nil
		}
	}
	return v.Interface()
}

func fields(v reflect.Value) map[string]any {
	out := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" {
			continue
		}
		if one := value(v.Field(i)); one != nil {
			out[f.Name] = one
		}
	}
	return out
}

func stamp(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return t.UTC().Format("2006-01-02T15:04:05+00:00")
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000+00:00")
}
