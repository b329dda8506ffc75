package dynamo_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/ledger/dynamo"
	"autospotting/pkg/cloudsim"
)

// store is what both stores can do.
type store interface {
	Get(context.Context, string) (ledger.Record, error)
	Put(context.Context, ledger.Record) (ledger.Record, error)
	Delete(context.Context, ledger.Record) error
	Known(context.Context) ([]string, error)
}

func stores(t *testing.T) map[string]store {
	t.Helper()
	c := cloudsim.New(cloudsim.Config{Seed: 1})
	t.Cleanup(c.Close)
	db := c.NewSession("test").DynamoDB()
	_, err := db.CreateTable(context.Background(), &dynamodb.CreateTableInput{TableName: aws.String(dynamo.DefaultTable), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("asg"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("asg"), AttributeType: types.ScalarAttributeTypeS}}})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]store{"DynamoDB": dynamo.Store{API: db, Table: dynamo.DefaultTable}, "memory": &ledger.Memory{}}
}

func TestARecordComesBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		ctx := context.Background()
		r, err := s.Get(ctx, "web")
		if err != nil || r.Revision != 0 || r.Group != "web" || r.Open() {
			t.Fatalf("%s: a group never seen has %+v, %v", name, r, err)
		}
		at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		r.Books.Edit(func(k *books.Stored) {
			k.Lease = &books.StoredLease{Owner: 3, Leased: 4, Tried: []int{4}, At: at}
			k.Pairs = []books.StoredDebt{{Victim: "i-1", Phase: books.Attached}}
		})
		r.Said = map[string]ledger.Said{"i-2": {Hello: at}}
		if _, err := s.Put(ctx, r); err != nil {
			t.Fatal(err)
		}
		back, err := s.Get(ctx, "web")
		if err != nil || back.Revision != 1 {
			t.Fatalf("%s: revision %d, %v", name, back.Revision, err)
		}
		was, _ := r.Encode()
		is, _ := back.Encode()
		if string(was) != string(is) {
			t.Errorf("%s: wrote %s, read %s", name, was, is)
		}
	}
}

func TestOnlyTheFirstOfTwoWritersWins(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		ctx := context.Background()
		for range 2 { // on a new record, and on one that exists
			a, _ := s.Get(ctx, "web")
			b, _ := s.Get(ctx, "web")
			if _, err := s.Put(ctx, a); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if _, err := s.Put(ctx, b); !errors.Is(err, ledger.ErrConflict) {
				t.Errorf("%s: the second writer got %v", name, err)
			}
		}
	}
}

func TestARecordIsKnownUntilWhoReadItLastDeletesIt(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		ctx := context.Background()
		for _, r := range []ledger.Record{{Group: "b", Books: books.Edited(func(k *books.Stored) { k.Lease = &books.StoredLease{} })}, {Group: "done"}, {Group: "a", Intents: []ledger.Intent{{}}}} {
			if _, err := s.Put(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		old, _ := s.Get(ctx, "b")
		if _, err := s.Put(ctx, old); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(ctx, old); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("%s: deleted what was written since it was read: %v", name, err)
		}
		last, _ := s.Get(ctx, "done")
		if err := s.Delete(ctx, last); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, err := s.Known(ctx)
		if err != nil || !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestACloneSharesNothing(t *testing.T) {
	t.Parallel()
	r := ledger.Record{Said: map[string]ledger.Said{"x": {}}, Books: books.Edited(func(k *books.Stored) {
		k.Lease = &books.StoredLease{Owner: 3}
		k.Pairs = []books.StoredDebt{{Victim: "a", Phase: books.Attached, Intent: books.StoredLaunch{Instance: "i-s"}}}
	})}
	c := r.Clone()
	c.Books.Retarget("i-s", "b")
	c.Books.Borrow(3, 5, time.Now())
	delete(c.Said, "x")
	if len(r.Books.Lease().Tried) != 0 || r.Books.Debts()[0].Victim != "a" || len(r.Said) != 1 {
		t.Error("changing the clone changed the record")
	}
}
