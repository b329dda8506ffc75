package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Errors of Encode, Decode and Validate, wrapped with the place; compare with
// errors.Is.
var (
	// ErrVersion: the report is of a version that this package does not read.
	ErrVersion = errors.New("unknown message version")
	// ErrKind: the report is well formed, but of a kind that is not known.
	ErrKind = errors.New("unknown message kind")
	// ErrMalformed: not a report: no JSON, a wrong type, a missing or
	// contradicting field.
	ErrMalformed = errors.New("malformed message")
	// ErrSize: larger than MaxSize.
	ErrSize = errors.New("message too large")
)

// Encode returns the report as JSON, after Validate. Detail is cut to its bound.
// The text is what is measured: <, > and & stay one byte each, as other senders
// write them.
func (r Report) Encode() ([]byte, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	r.Detail = fit(r.Detail)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	b := bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	if len(b) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrSize, len(b), MaxSize)
	}
	return b, nil
}

// Decode reads exactly one report and validates it. Unknown fields are ignored,
// an overlong Detail is cut; anything after the object is malformed. The version is judged before the rest,
// because another version may give the other fields other types. The error is
// one of ErrVersion, ErrKind, ErrMalformed and ErrSize, with the byte offset or the
// field.
func Decode(data []byte) (Report, error) {
	if len(data) > MaxSize {
		return Report{}, fmt.Errorf("%w: %d bytes, at most %d", ErrSize, len(data), MaxSize)
	}
	var head struct {
		Version *int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Report{}, place(err, data)
	}
	if head.Version == nil {
		return Report{}, malformed("version", "missing")
	}
	if *head.Version != Version {
		return Report{}, fmt.Errorf("%w: field version: got %d, can read %d", ErrVersion, *head.Version, Version)
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return Report{}, place(err, data)
	}
	r.At, r.Deadline, r.Detail = utc(r.At), utc(r.Deadline), fit(r.Detail)
	if err := r.Validate(); err != nil {
		return Report{}, err
	}
	return r, nil
}

// place names where the JSON went wrong.
func place(err error, data []byte) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%w: byte %d: %v", ErrMalformed, syntax.Offset, err)
	}
	var typed *json.UnmarshalTypeError
	if errors.As(err, &typed) {
		return fmt.Errorf("%w: byte %d: field %s: cannot be a %s", ErrMalformed, typed.Offset, typed.Field, cut(typed.Value))
	}
	return malformed(badTime(data), err.Error())
}

// badTime finds which of the two times does not parse: encoding/json does not
// say where an UnmarshalJSON failed.
func badTime(data []byte) string {
	var raw struct {
		At json.RawMessage `json:"at"`
	}
	var r Report
	if json.Unmarshal(data, &raw) == nil && len(raw.At) > 0 && json.Unmarshal(raw.At, &r.At) != nil {
		return "at"
	}
	return "deadline"
}

func malformed(field, what string) error {
	return fmt.Errorf("%w: field %s: %s", ErrMalformed, field, cut(what))
}
