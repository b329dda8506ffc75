package awsmodel

import (
	"strings"
	"sync"
	"testing"
)

// As the SDK calls a union's members.
type (
	ValueMemberS struct{ Value string }
	ValueMemberN struct{ Value string }
)

// Where a member stands is remembered by type: another type, or another member of a union, is looked at as what it is.
func TestWhereAMemberStandsIsRememberedForItsTypeAlone(t *testing.T) {
	t.Parallel()
	type plain struct {
		TableName *string
		Item      map[string]any
	}
	type turned struct {
		Item      map[string]any
		More      int
		TableName *string
	}
	type without struct{ TableName *string }
	table, long, number := "table", &ValueMemberS{strings.Repeat("9", 41)}, &ValueMemberN{strings.Repeat("9", 41)}
	item := func(v any) map[string]any { return map[string]any{"body": v} }
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for _, c := range []struct {
				name  string
				input any
				code  string
			}{
				{"a text", &plain{&table, item(long)}, ""},
				{"a number that is too long", &plain{&table, item(number)}, "ValidationException"},
				{"a text again", &plain{&table, item(long)}, ""},
				{"no table in a type that has one elsewhere", &turned{Item: item(long)}, "ValidationException"},
				{"a number in such a type", &turned{Item: item(number), TableName: &table}, "ValidationException"},
				{"all well in such a type", &turned{Item: item(long), TableName: &table}, ""},
				{"a type that has no such member", &without{&table}, ""},
				{"the first type again, without a table", &plain{Item: item(long)}, "ValidationException"},
				{"and with too long a number", &plain{&table, item(number)}, "ValidationException"},
			} {
				t.Run(c.name, func(t *testing.T) { judge(t, Check("dynamodb", "PutItem", c.input), c.code) })
			}
		})
	}
	all.Wait()
}
