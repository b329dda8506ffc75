package dynamo_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/ledger/dynamo"
)

// stormy is a record with so many open notices, each with a replacement that is launched, and one that is attached.
func stormy(notices int) ledger.Record {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	r := ledger.Record{Group: "web", Notices: map[string]ledger.Notice{}, Said: map[string]ledger.Said{}, Shielded: map[string]time.Time{}}
	for n := range notices {
		id := func(kind byte) string { return fmt.Sprintf("i-%c%016x", kind, n*2654435761) }
		when := at.Add(time.Duration(n) * 137 * time.Millisecond)
		r.Notices[id('a')] = ledger.Notice{At: when, Deadline: when.Add(2 * time.Minute), Action: "terminate", Source: "EC2 Spot Instance Interruption Warning from EventBridge"}
		r.Said[id('b')] = ledger.Said{Hello: when, Started: when, Ready: when}
		r.Shielded[id('c')] = when
		r.Intents = append(r.Intents, ledger.Intent{Purpose: ledger.Replace, Victim: id('a'), Zone: "us-east-1a", At: when, Instance: id('b'), Type: "m5a.large",
			Launch: ledger.Launch{Nonce: fmt.Sprintf("%032x", n*40503), Template: "lt-0123456789abcdef0", TemplateVersion: "7", Spot: true, SourceHash: fmt.Sprintf("%064x", 7)}})
		r.Books.Open(books.Replacement{Instance: id('c'), Type: "m5a.large", Zone: "us-east-1a", Nonce: fmt.Sprintf("%032x", n*48271), SourceHash: fmt.Sprintf("%064x", 7), Spot: true,
			Purpose: ledger.Replace, Victim: id('d'), At: when}, id('d'), 5000, when)
	}
	return r
}

// At some three hundred open notices the plain record no longer fits into an item, and nothing of the group could be written any more, paying back
// included.
func TestARecordOfAStormIsKept(t *testing.T) {
	t.Parallel()
	for _, notices := range []int{1, 100, 1000, 2000} {
		for name, s := range stores(t) {
			r := stormy(notices)
			was, err := r.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Put(t.Context(), r); err != nil {
				t.Errorf("%s: %d notices (%d bytes): %v", name, notices, len(was), err)
				continue
			}
			back, err := s.Get(t.Context(), "web")
			if err != nil {
				t.Fatal(err)
			}
			if is, _ := back.Encode(); !bytes.Equal(was, is) {
				t.Errorf("%s: %d notices: %d bytes came back as %d", name, notices, len(was), len(is))
			}
		}
	}
}

func TestASmallRecordCanBeReadInTheTable(t *testing.T) {
	t.Parallel()
	for notices, packed := range map[int]bool{1: false, 100: false, 1000: true} {
		api := &table{}
		if _, err := (dynamo.Store{API: api, Table: "ledgers"}).Put(t.Context(), stormy(notices)); err != nil {
			t.Fatal(err)
		}
		_, plain := api.puts[0].Item["body"]
		if _, is := api.puts[0].Item["packed"]; is != packed || plain == packed {
			t.Errorf("%d notices: plain %t, packed %t", notices, plain, is)
		}
	}
}

func TestADamagedPackedRecordSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, body := range map[string][]byte{"no gzip": []byte("damaged"), "cut short": {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 2}} {
		api := &table{item: map[string]types.AttributeValue{"asg": &types.AttributeValueMemberS{Value: "web"},
			"revision": &types.AttributeValueMemberN{Value: "3"}, "packed": &types.AttributeValueMemberB{Value: body}}}
		_, err := dynamo.Store{API: api, Table: "ledgers"}.Get(t.Context(), "web")
		if err == nil || !bytes.Contains([]byte(err.Error()), []byte(`the packed record of group "web"`)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
