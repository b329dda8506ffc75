package bootstrap

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// cloud is all of AWS that the tests need: SQS, whose work queue refuses what is for the group "bad", and nothing else,
// so that every other call is denied.
type cloud struct {
	*httptest.Server
	deleted chan string // receipt handles

	mu    sync.Mutex
	calls []string
	sent  []sending
	work  []string // bodies that the work queue still has
}

// sending is one message that was accepted.
type sending struct{ QueueURL, Group, Body string }

func newCloud(t testing.TB) *cloud {
	c := &cloud{deleted: make(chan string, 10)}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		QueueUrl, MessageBody, MessageGroupId, ReceiptHandle string
	}
	_ = json.NewDecoder(r.Body).Decode(&in) // the query protocol of others is no JSON
	call := r.Header.Get("X-Amz-Target")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, call)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	switch {
	case call == "AmazonSQS.SendMessage" && !strings.Contains(in.MessageBody, `"bad"`): // neither a request nor another look can be sent for that group
		c.sent = append(c.sent, sending{in.QueueUrl, in.MessageGroupId, in.MessageBody})
		sum := md5.Sum([]byte(in.MessageBody))
		fmt.Fprintf(w, `{"MessageId":"m-%d","MD5OfMessageBody":%q}`, len(c.sent), hex.EncodeToString(sum[:]))
	case call == "AmazonSQS.ReceiveMessage" && strings.HasSuffix(in.QueueUrl, ".fifo") && len(c.work) > 0:
		sum := md5.Sum([]byte(c.work[0]))
		fmt.Fprintf(w, `{"Messages":[{"MessageId":"w-1","ReceiptHandle":"h-1","Body":%q,"MD5OfBody":%q}]}`, c.work[0], hex.EncodeToString(sum[:]))
		c.work = c.work[1:]
	case call == "AmazonSQS.ReceiveMessage":
		c.mu.Unlock() // a long poll
		<-r.Context().Done()
		c.mu.Lock()
	case call == "AmazonSQS.DeleteMessage":
		fmt.Fprint(w, "{}")
		c.deleted <- in.ReceiptHandle
	default:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"the stub allows nothing else"}`)
	}
}

// seen is what was called and sent so far.
func (c *cloud) seen() ([]string, []sending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.calls...), append([]sending(nil), c.sent...)
}
