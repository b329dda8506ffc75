package ledger

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// Same tells whether both have the same stored form. Only what differs is encoded for that: most of a record stays what it was from one
// look to the next, and nothing in a large one costs more than its JSON.
func (r Record) Same(o Record) bool {
	a, b := rest(r), rest(o)
	x, y := r.Books.Store(), o.Books.Store()
	return sameFields(&a, &b) && sameFields(&x, &y)
}

// sameFields compares two structs field by field: where values differ, their JSON may still be one, as that of a nil and of an empty map is where
// emptiness is left out, or that of one moment as two clocks have it.
func sameFields[T any](a, b *T) bool {
	x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for n := range x.NumField() {
		if reflect.DeepEqual(x.Field(n).Interface(), y.Field(n).Interface()) {
			continue
		}
		var one, other T
		reflect.ValueOf(&one).Elem().Field(n).Set(x.Field(n))
		reflect.ValueOf(&other).Elem().Field(n).Set(y.Field(n))
		p, errP := json.Marshal(one)
		q, errQ := json.Marshal(other)
		if errP != nil || errQ != nil || !bytes.Equal(p, q) {
			return false
		}
	}
	return true
}
