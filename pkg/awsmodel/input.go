package awsmodel

import (
	"reflect"
	"strings"
)

// Check holds the input of one of the SDK's clients, a pointer to a struct, to the limits. What does not fit is a *Fault; another
// error says that the operation has no row.
func Check(service, operation string, input any) error {
	return check(service, operation, func(l *Limit, tell func(found)) { l.into(reflect.ValueOf(input), l.path, tell) })
}

// Reaches tells whether the SDK's input type has a field at the end of the path, so that the limit is not in vain.
func (l Limit) Reaches(input reflect.Type) bool {
	at := input
	for _, step := range steps(l.Path) {
		for at.Kind() == reflect.Pointer {
			at = at.Elem()
		}
		switch {
		case at.Kind() == reflect.Interface: // one of a union's members: only values tell which
			return true
		case step == "{key}":
			return at.Kind() == reflect.Map
		case step[0] == '[' || step[0] == '{':
			if at.Kind() != reflect.Slice && at.Kind() != reflect.Map {
				return false
			}
			at = at.Elem()
		default:
			if at.Kind() != reflect.Struct {
				return false
			}
			f, ok := at.FieldByName(fieldName(step))
			if !ok {
				return false
			}
			at = f.Type
		}
	}
	return true
}

// fieldName is how the SDK writes a member's name.
func fieldName(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// into follows the steps through the SDK's structs, as along does through a document.
func (l *Limit) into(v reflect.Value, steps []string, tell func(found)) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if len(steps) == 0 {
		tell(valueOf(v))
		return
	}
	switch step := steps[0]; step {
	case "[]":
		for i := range v.Len() {
			l.into(v.Index(i), steps[1:], tell)
		}
	case "{}", "{key}":
		for key, value := range v.Seq2() {
			if step == "{key}" {
				value = key
			}
			l.into(value, steps[1:], tell)
		}
	default:
		if v.Kind() != reflect.Struct {
			return
		}
		field, ok := member(v, step)
		switch {
		case ok && !unset(field):
			l.into(field, steps[1:], tell)
		case ok && len(steps) == 1 && field.Kind() != reflect.Int32 && field.Kind() != reflect.Bool: // whose zero may be meant
			tell(found{absent: true})
		}
	}
}

// member is a struct's field. A union of the SDK's is an interface: its one member is in a struct of the name AttributeValueMemberS.
func member(v reflect.Value, name string) (reflect.Value, bool) {
	if _, chosen, union := strings.Cut(v.Type().Name(), "Member"); union && v.NumField() > 0 && v.Type().Field(0).Name == "Value" {
		return v.Field(0), chosen == name
	}
	f := v.FieldByName(fieldName(name))
	return f, f.IsValid()
}

// unset tells whether the SDK would not send the field.
func unset(f reflect.Value) bool {
	switch f.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		return f.IsNil()
	}
	return f.IsZero()
}

func valueOf(v reflect.Value) found {
	switch v.Kind() {
	case reflect.String:
		return found{text: v.String()}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return found{number: float64(v.Int())}
	case reflect.Float32, reflect.Float64:
		return found{number: v.Float()}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return found{text: string(v.Bytes())}
		}
		return found{items: v.Len()}
	case reflect.Map:
		return found{items: v.Len()}
	}
	return found{}
}
