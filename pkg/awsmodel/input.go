package awsmodel

import (
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
)

// Check holds the input of one of the SDK's clients, a pointer to a struct, to the limits. What does not fit is a *Fault; another
// error says that the operation has no row.
func Check(service, operation string, input any) error {
	v := reflect.ValueOf(input)
	return check(service, operation, func(l *Limit, tell func(found)) { l.into(v, 0, tell) })
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

// into follows the path from one of its steps on through the SDK's structs, as along does through a document.
func (l *Limit) into(v reflect.Value, step int, tell func(found)) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if step == len(l.path) {
		tell(valueOf(v))
		return
	}
	switch name := l.path[step]; name {
	case "[]":
		for i := range v.Len() {
			l.into(v.Index(i), step+1, tell)
		}
	case "{}", "{key}":
		for key, value := range v.Seq2() {
			if name == "{key}" {
				value = key
			}
			l.into(value, step+1, tell)
		}
	default:
		if v.Kind() != reflect.Struct {
			return
		}
		field, ok := l.fields[step].of(v, name)
		switch {
		case ok && !unset(field):
			l.into(field, step+1, tell)
		case ok && step+1 == len(l.path) && field.Kind() != reflect.Int32 && field.Kind() != reflect.Bool: // whose zero may be meant
			tell(found{absent: true})
		}
	}
}

// member finds a struct's field, nil if it has none of the name. A union of the SDK's is an interface: its one member is in a struct of the
// name AttributeValueMemberS.
func member(t reflect.Type, name string) []int {
	if _, chosen, union := strings.Cut(t.Name(), "Member"); union && t.NumField() > 0 && t.Field(0).Name == "Value" {
		if chosen != name {
			return nil
		}
		return []int{0}
	}
	f, _ := t.FieldByName(fieldName(name))
	return f.Index
}

// fields remembers where a step's member is in the types that came so far, of which there are as many as a union has members at most:
// to find it by its name costs more than all the rest of a check. Its zero value is ready, and it may be used by several goroutines.
type fields struct{ known atomic.Pointer[[]field] }

type field struct {
	in    reflect.Type
	index []int
}

func (f *fields) of(v reflect.Value, name string) (reflect.Value, bool) {
	index := f.in(v.Type(), name)
	if index == nil {
		return reflect.Value{}, false
	}
	return v.FieldByIndex(index), true
}

func (f *fields) in(t reflect.Type, name string) []int {
	var known []field
	if p := f.known.Load(); p != nil {
		known = *p
	}
	for _, k := range known {
		if k.in == t {
			return k.index
		}
	}
	more := append(slices.Clone(known), field{t, member(t, name)}) // what another goroutine adds meanwhile may be lost, and is found again
	f.known.Store(&more)
	return more[len(known)].index
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
