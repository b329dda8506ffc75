package dynamo_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"autospotting/coordinator/ledger"
	"autospotting/coordinator/ledger/dynamo"
	"autospotting/pkg/cloudsim"
)

func simulated(t *testing.T) dynamo.Store {
	t.Helper()
	c := cloudsim.New(cloudsim.Config{})
	t.Cleanup(c.Close)
	db := c.NewSession("test").DynamoDB()
	if _, err := db.CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: ptr("ledgers"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: ptr("asg"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: ptr("asg"), AttributeType: types.ScalarAttributeTypeS}}}); err != nil {
		t.Fatal(err)
	}
	return dynamo.Store{API: db, Table: "ledgers"}
}

func ptr[T any](v T) *T { return &v }

func TestAnInstanceIsFoundByItsNoteUntilItIsForgotten(t *testing.T) {
	t.Parallel()
	s := simulated(t)
	var many []string
	for i := range 260 {
		many = append(many, fmt.Sprintf("i-%017x", i))
	}
	if err := s.Keep(t.Context(), "web", []byte("first"), many, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(t.Context(), "web", []byte("second"), nil, many[:2]); err != nil {
		t.Fatal(err)
	}
	of, err := s.Groups(t.Context(), append(many[:230:230], "i-00000000f0000000f"))
	if err != nil || len(of) != 228 || of[many[2]] != "web" || of[many[0]] != "" {
		t.Errorf("%d are found, %v", len(of), err)
	}
	if sketch, err := s.Sketch(t.Context(), "web"); err != nil || string(sketch) != "second" {
		t.Errorf("the sketch is %q, %v", sketch, err)
	}
	if sketch, err := s.Sketch(t.Context(), "api"); err != nil || sketch != nil {
		t.Errorf("of another group it is %q, %v", sketch, err)
	}
	if names, err := s.Known(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("records of %v, %v: none was written", names, err)
	}
}

func TestAllThatIsKeptOfAGroupIsRecalledAtOnce(t *testing.T) {
	t.Parallel()
	s := simulated(t)
	if rec, copied, sketch, err := s.Recall(t.Context(), "web"); err != nil || rec.Group != "web" || rec.Revision != 0 || copied != nil || sketch != nil {
		t.Errorf("of nothing: %+v, %q, %q, %v", rec, copied, sketch, err)
	}
	rec, err := s.Put(t.Context(), ledger.Record{Group: "web", Failures: 2})
	if err = errors.Join(err, s.Save(t.Context(), "web", []byte("copy")), s.Keep(t.Context(), "web", []byte("sketch"), nil, nil)); err != nil {
		t.Fatal(err)
	}
	got, copied, sketch, err := s.Recall(t.Context(), "web")
	if err != nil || got.Failures != 2 || got.Revision != rec.Revision || string(copied) != "copy" || string(sketch) != "sketch" {
		t.Errorf("%+v, %q, %q, %v", got, copied, sketch, err)
	}
	if err := s.Delete(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	if rec, copied, sketch, err := s.Recall(t.Context(), "web"); err != nil || rec.Revision != 0 || copied != nil || sketch != nil {
		t.Errorf("once it is deleted: %+v, %q, %q, %v", rec, copied, sketch, err)
	}
}

func TestHalfAnAnswerIsNone(t *testing.T) {
	t.Parallel()
	api := &table{batch: &dynamodb.BatchGetItemOutput{UnprocessedKeys: map[string]types.KeysAndAttributes{"ledgers": {}}}}
	if _, _, _, err := (dynamo.Store{API: api, Table: "ledgers"}).Recall(t.Context(), "web"); err == nil || !strings.Contains(err.Error(), "for later") {
		t.Errorf("%v", err)
	}
	api = &table{err: errors.New("throttled")}
	s := dynamo.Store{API: api, Table: "ledgers"}
	if _, err := s.Groups(t.Context(), []string{"i-1"}); err == nil {
		t.Error("an error is taken for nobody's instance")
	}
	if err := s.Keep(t.Context(), "web", nil, []string{"i-1"}, nil); err == nil || len(api.puts) > 0 {
		t.Errorf("%v: the sketch stands before its instances are noted", err)
	}
}

func TestWhatIsLeftForLaterIsWrittenAgain(t *testing.T) {
	t.Parallel()
	one := []types.WriteRequest{{DeleteRequest: &types.DeleteRequest{}}}
	api := &table{left: [][]types.WriteRequest{one}}
	if err := (dynamo.Store{API: api, Table: "ledgers"}).Keep(t.Context(), "web", []byte("x"), []string{"i-1", "i-2"}, nil); err != nil || len(api.writes) != 2 || len(api.writes[1].RequestItems["ledgers"]) != 1 {
		t.Errorf("%d writes, %v", len(api.writes), err)
	}
	api = &table{left: slices.Repeat([][]types.WriteRequest{one}, 9)}
	if err := (dynamo.Store{API: api, Table: "ledgers"}).Keep(t.Context(), "web", []byte("x"), []string{"i-1", "i-2"}, nil); err == nil || len(api.puts) > 0 {
		t.Errorf("%v after %d writes", err, len(api.writes))
	}
}
