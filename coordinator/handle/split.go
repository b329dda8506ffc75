package handle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Batch is what one invocation was given.
type Batch struct {
	Work     bool // from the work queue
	Messages []Message
	Queue    bool // from a queue, so that failures are answered per message
}

// Split recognises what a function is invoked with, or what people have in a file: a batch of either queue, SNS records, what
// "aws sqs receive-message" prints, one bare message, or several of these one after the other, as in the lines of an archive. A queue is
// the work queue if it is a FIFO queue. Errors wrap ErrUndecodable and name the place.
func Split(payload []byte) (Batch, error) {
	documents, err := documents(payload)
	if err != nil {
		return Batch{}, err
	}
	var all Batch
	for i, d := range documents {
		b, err := splitOne(d.body, d.name)
		if err != nil {
			return Batch{}, err
		}
		if i > 0 && b.Work != all.Work {
			return Batch{}, fmt.Errorf("%w: %s is of another queue than what stands before it: hand them over apart", ErrUndecodable, d.name)
		}
		all.Work, all.Queue, all.Messages = b.Work, all.Queue || b.Queue, append(all.Messages, b.Messages...)
	}
	return all, nil
}

// document is one JSON value of a payload.
type document struct {
	name string // for people: line 3; "direct" where it is the only one
	body []byte
}

func documents(payload []byte) ([]document, error) {
	var one json.RawMessage
	first := json.Unmarshal(payload, &one)
	if first == nil {
		return []document{{"direct", payload}}, nil
	}
	var out []document
	dec := json.NewDecoder(bytes.NewReader(payload))
	for {
		err := dec.Decode(&one)
		at := int(dec.InputOffset())
		switch {
		case err != nil && len(out) == 0:
			return nil, undecodable(payload, first)
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			at = len(payload) - len(bytes.TrimLeft(payload[at:], " \t\r\n"))
			line := 1 + bytes.Count(payload[:at], []byte("\n"))
			return nil, fmt.Errorf("%w: after %d documents, from byte %d on (line %d): %s", ErrUndecodable, len(out), at, line, short(err.Error()))
		}
		begin := at - len(one)
		out = append(out, document{fmt.Sprintf("line %d", 1+bytes.Count(payload[:begin], []byte("\n"))), bytes.Clone(one)})
	}
}

// record is one of a Lambda function's event, of SQS or of SNS.
type record struct {
	EventSource    string            `json:"eventSource"`
	EventSourceARN string            `json:"eventSourceARN"`
	MessageID      string            `json:"messageId"`
	Body           *string           `json:"body"`
	SNS            *events.SNSEntity `json:"Sns"`
}

func splitOne(body []byte, name string) (Batch, error) {
	var shape struct {
		Records  *[]record `json:"Records"`
		Messages *[]struct {
			MessageID string  `json:"MessageId"`
			Body      *string `json:"Body"`
		} `json:"Messages"`
	}
	if err := json.Unmarshal(body, &shape); err != nil {
		return Batch{}, undecodable(body, err)
	}
	switch {
	case shape.Records != nil:
		return records(*shape.Records)
	case shape.Messages != nil:
		var b Batch
		for i, m := range *shape.Messages {
			place := fmt.Sprintf("Messages[%d]", i)
			if m.Body == nil {
				return Batch{}, fmt.Errorf("%w: %s has no Body", ErrUndecodable, place)
			}
			b.Messages = append(b.Messages, Message{ID: orID(m.MessageID, place), Body: []byte(*m.Body)})
		}
		return b, some(b, "Messages")
	}
	return Batch{Messages: []Message{{ID: name, Body: body}}}, nil
}

func records(list []record) (b Batch, _ error) {
	for i, r := range list {
		place := fmt.Sprintf("Records[%d]", i)
		switch {
		case r.Body != nil:
			b.Queue, b.Work = true, strings.HasSuffix(r.EventSourceARN, ".fifo")
			b.Messages = append(b.Messages, Message{ID: orID(r.MessageID, place), Body: []byte(*r.Body)})
		case r.SNS != nil:
			body, _ := encode(envelope{Type: r.SNS.Type, TopicArn: r.SNS.TopicArn, Message: r.SNS.Message}) // text can always be written
			b.Messages = append(b.Messages, Message{ID: orID(r.SNS.MessageID, place), Body: body})
		default:
			return Batch{}, fmt.Errorf("%w: %s is neither of SQS (body) nor of SNS (Sns), but of %q", ErrUndecodable, place, short(r.EventSource))
		}
	}
	return b, some(b, "Records")
}

func some(b Batch, list string) error {
	if len(b.Messages) == 0 {
		return fmt.Errorf("%w: %s is empty: there is nothing in it to be handled", ErrUndecodable, list)
	}
	return nil
}
