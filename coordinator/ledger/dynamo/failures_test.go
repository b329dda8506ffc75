package dynamo_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/ledger/dynamo"
)

// table answers what it is told to, and notes what it is asked.
type table struct {
	item  map[string]types.AttributeValue
	pages []*dynamodb.ScanOutput
	err   error
	puts  []*dynamodb.PutItemInput
	from  []map[string]types.AttributeValue // where each scan began

	batch  *dynamodb.BatchGetItemOutput
	gets   []*dynamodb.BatchGetItemInput
	writes []*dynamodb.BatchWriteItemInput
	left   [][]types.WriteRequest // what each batch of writes leaves for later
}

func (f *table) GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return &dynamodb.GetItemOutput{Item: f.item}, f.err
}

func (f *table) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	f.puts = append(f.puts, in)
	return &dynamodb.PutItemOutput{}, f.err
}

func (f *table) DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return &dynamodb.DeleteItemOutput{}, f.err
}

func (f *table) Scan(_ context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	f.from = append(f.from, in.ExclusiveStartKey)
	if f.err != nil {
		return &dynamodb.ScanOutput{}, f.err
	}
	page := f.pages[0]
	f.pages = f.pages[1:]
	return page, nil
}

func (f *table) BatchGetItem(_ context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	f.gets = append(f.gets, in)
	out := f.batch
	if out == nil {
		out = &dynamodb.BatchGetItemOutput{}
	}
	return out, f.err
}

func (f *table) BatchWriteItem(_ context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	f.writes = append(f.writes, in)
	out := &dynamodb.BatchWriteItemOutput{}
	if len(f.left) > 0 {
		out.UnprocessedItems, f.left = map[string][]types.WriteRequest{"ledgers": f.left[0]}, f.left[1:]
	}
	return out, f.err
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func named(s string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"asg": text(s)}
}

// An error of a read taken for an empty answer would let debts be forgotten; one of a write, let calls be made that nobody remembers.
func TestAFailureOfTheTableIsNoAnswer(t *testing.T) {
	t.Parallel()
	throttled := errors.New("throttled")
	conflict := &types.ConditionalCheckFailedException{Message: aws.String("no")}
	for _, c := range []struct {
		name string
		do   func(dynamo.Store) error
		says string
		// meets is what a failed condition becomes; nil where the call has none.
		meets error
	}{
		{"read", func(s dynamo.Store) error { _, err := s.Get(t.Context(), "web"); return err }, `read the record of group "web" from table ledgers`, nil},
		{"write", func(s dynamo.Store) error {
			r, err := s.Put(t.Context(), ledger.Record{Group: "web", Revision: 3})
			if r.Revision != 3 {
				t.Errorf("a write that failed left revision %d", r.Revision)
			}
			return err
		}, `write the record of group "web" at revision 3 to table ledgers`, ledger.ErrConflict},
		{"delete", func(s dynamo.Store) error { return s.Delete(t.Context(), ledger.Record{Group: "web", Revision: 3}) },
			`delete the record of group "web" at revision 3 from table ledgers`, ledger.ErrConflict},
		{"list", func(s dynamo.Store) error { _, err := s.Known(t.Context()); return err }, "list the records of table ledgers", nil},
	} {
		err := c.do(dynamo.Store{API: &table{err: throttled}, Table: "ledgers"})
		if !errors.Is(err, throttled) || errors.Is(err, ledger.ErrConflict) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := c.do(dynamo.Store{API: &table{err: conflict}, Table: "ledgers"}); c.meets != nil && !errors.Is(err, c.meets) {
			t.Errorf("%s, where the condition fails: %v", c.name, err)
		}
	}
}

func TestAWriteReturnsTheRevisionThatTheNextOneNeeds(t *testing.T) {
	t.Parallel()
	api := &table{}
	s := dynamo.Store{API: api, Table: "ledgers"}
	r, err := s.Put(t.Context(), ledger.Record{Group: "web"})
	if err != nil || r.Revision != 1 {
		t.Fatalf("revision %d, %v", r.Revision, err)
	}
	if r, err = s.Put(t.Context(), r); err != nil || r.Revision != 2 {
		t.Fatalf("revision %d, %v", r.Revision, err)
	}
	for i, want := range []string{"attribute_not_exists(asg)", "revision = :seen"} {
		if got := aws.ToString(api.puts[i].ConditionExpression); got != want {
			t.Errorf("write %d: only if %s, want %s", i+1, got, want)
		}
	}
	if seen, ok := api.puts[1].ExpressionAttributeValues[":seen"].(*types.AttributeValueMemberN); !ok || seen.Value != "1" {
		t.Errorf("the second write asks for %v", api.puts[1].ExpressionAttributeValues)
	}
}

func TestWhatCannotBeWrittenDownIsNotSent(t *testing.T) {
	t.Parallel()
	api := &table{}
	never := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) // which JSON has no form for
	_, err := dynamo.Store{API: api, Table: "ledgers"}.Put(t.Context(), ledger.Record{Group: "web", Short: never})
	if err == nil || !strings.Contains(err.Error(), `encode the record of group "web"`) || len(api.puts) > 0 {
		t.Errorf("%v, and %d writes", err, len(api.puts))
	}
}

func TestAllPagesOfTheListAreRead(t *testing.T) {
	t.Parallel()
	api := &table{pages: []*dynamodb.ScanOutput{
		{Items: []map[string]types.AttributeValue{named("c"), named("b")}, LastEvaluatedKey: named("b")},
		{LastEvaluatedKey: named("x")}, // a page may be empty
		{Items: []map[string]types.AttributeValue{named("a"), {"asg": &types.AttributeValueMemberBOOL{}}}},
	}}
	got, err := dynamo.Store{API: api, Table: "ledgers"}.Known(t.Context())
	if err != nil || !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("%v, %v", got, err)
	}
	var from []string
	for _, key := range api.from {
		s, _ := key["asg"].(*types.AttributeValueMemberS)
		if s == nil {
			s = &types.AttributeValueMemberS{}
		}
		from = append(from, s.Value)
	}
	if !slices.Equal(from, []string{"", "b", "x"}) {
		t.Errorf("the pages were read from %q", from)
	}
}

func TestARecordThatSomebodyDamagedIsNoEmptyOne(t *testing.T) {
	t.Parallel()
	one := &types.AttributeValueMemberN{Value: "1"}
	for _, c := range []struct {
		name, says string
		item       map[string]types.AttributeValue
	}{
		{"no revision", "has no revision: restore the table", map[string]types.AttributeValue{"asg": text("web"), "body": text("{}")}},
		{"a revision that is text", "has no revision", map[string]types.AttributeValue{"revision": text("1"), "body": text("{}")}},
		{"a revision that is no whole number", `has revision "1.5"`, map[string]types.AttributeValue{"revision": &types.AttributeValueMemberN{Value: "1.5"}, "body": text("{}")}},
		{"no body", "has no body: restore the table", map[string]types.AttributeValue{"revision": one}},
		{"a body that is no text", "has no body", map[string]types.AttributeValue{"revision": one, "body": one}},
		{"a body that is no JSON", "decode a ledger record (revision 1)", map[string]types.AttributeValue{"revision": one, "body": text("{")}},
	} {
		if _, err := (dynamo.Store{API: &table{item: c.item}, Table: "ledgers"}).Get(t.Context(), "web"); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
