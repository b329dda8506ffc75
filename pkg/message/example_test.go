package message_test

import (
	"errors"
	"fmt"
	"time"

	"autospotting/pkg/message"
)

// An instance says that it is about to be taken, and the coordinator reads it.
func Example() {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	report := message.New(message.Terminating, message.Source{Instance: "i-0123456789abcdef0", Group: "web"}, at, at.Add(2*time.Minute))
	report.Action = message.ActionTerminate
	body, err := report.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(body))

	heard, err := message.Decode(body)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(heard.From.Instance, "is", heard.Kind, "at", heard.Deadline.Format(time.TimeOnly))
	fmt.Println("the same report:", heard == report)
	// Output:
	// {"version":1,"id":"bc4d2eb869d3d2dc6dd2a0f2a2df3248","kind":"terminating","at":"2026-11-02T09:00:00Z","deadline":"2026-11-02T09:02:00Z","action":"terminate","from":{"instance":"i-0123456789abcdef0","group":"web"}}
	// i-0123456789abcdef0 is terminating at 09:02:00
	// the same report: true
}

// What a later version writes is a named error, and not a guess.
func ExampleDecode_version() {
	_, err := message.Decode([]byte(`{"version":2,"kind":"ready"}`))
	fmt.Println(errors.Is(err, message.ErrVersion))
	fmt.Println(err)
	// Output:
	// true
	// unknown message version: field version: got 2, can read 1
}
