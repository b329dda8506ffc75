package dataset

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const outagesFormat = `write {"metadata":{"gap_seconds":300},"data":[4,4,0,…]}, or milliseconds,add|remove,node`

// readOutages reads every trace of a directory, in the order of their names; other files there are left alone.
func readOutages(dir string) ([]Trace, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, &Error{File: dir, Reason: reason(err), Remedy: "give the directory of the outage traces"}
	}
	files := []string{dir}
	if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(dir, "*")); err != nil {
			return nil, &Error{File: dir, Reason: err.Error(), Remedy: "give the directory of the outage traces"}
		}
		slices.Sort(files)
	}
	var traces []Trace
	for _, f := range files {
		if !isTrace(f) {
			continue
		}
		err := read(f, func(r io.Reader) error {
			t, err := readTrace(r)
			t.Name = strings.TrimSuffix(strings.TrimSuffix(filepath.Base(f), ".gz"), filepath.Ext(strings.TrimSuffix(f, ".gz")))
			traces = append(traces, t)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(traces) == 0 {
		return nil, &Error{File: dir, Reason: "no trace in it (*.json or *.csv, gzipped or not)", Remedy: outagesFormat}
	}
	return traces, nil
}

func isTrace(file string) bool {
	name := strings.TrimSuffix(filepath.Base(file), ".gz")
	return !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".csv"))
}

// readTrace tells the two forms apart by their first character.
func readTrace(r io.Reader) (Trace, error) {
	in := bufio.NewReader(r)
	for {
		c, err := in.ReadByte()
		switch {
		case err != nil:
			return Trace{}, &Error{Reason: "it is empty", Remedy: outagesFormat}
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			continue
		}
		if err := in.UnreadByte(); err != nil {
			return Trace{}, err
		}
		if c == '{' {
			return readLevels(in)
		}
		return readChurn(in)
	}
}

func readLevels(r io.Reader) (Trace, error) {
	var doc struct {
		Metadata struct {
			Gap float64 `json:"gap_seconds"`
		} `json:"metadata"`
		Data []float64 `json:"data"`
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return Trace{}, err
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return Trace{}, &Error{Line: lineOf(body, err), Reason: err.Error(), Remedy: outagesFormat}
	}
	gap := time.Duration(doc.Metadata.Gap * float64(time.Second))
	if gap < time.Second || gap > 24*time.Hour || len(doc.Data) < 2 {
		return Trace{}, &Error{Reason: fmt.Sprintf("gap_seconds %v and %d values", doc.Metadata.Gap, len(doc.Data)), Remedy: outagesFormat}
	}
	most := slices.Max(doc.Data)
	if slices.Min(doc.Data) < 0 || most <= 0 {
		return Trace{}, &Error{Reason: "its values are not counts of instances", Remedy: outagesFormat}
	}
	t := Trace{Span: gap * time.Duration(len(doc.Data))}
	for i, n := range doc.Data {
		t.add(gap*time.Duration(i), n/most)
	}
	return t, nil
}

func lineOf(body []byte, err error) int {
	var at int64
	switch e := err.(type) {
	case *json.SyntaxError:
		at = e.Offset
	case *json.UnmarshalTypeError:
		at = e.Offset
	}
	return 1 + bytes.Count(body[:min(int(at), len(body))], []byte("\n"))
}

// readChurn reads a cluster's node adds and removes as the share of its most nodes that were up.
func readChurn(r io.Reader) (Trace, error) {
	lines := bufio.NewScanner(r)
	up := map[string]bool{}
	type moment struct {
		at time.Duration
		n  int
	}
	var seen []moment
	most := 0
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		f := strings.Split(text, ",")
		if len(f) != 3 {
			return Trace{}, &Error{Line: n, Reason: fmt.Sprintf("%d fields", len(f)), Remedy: outagesFormat}
		}
		ms, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil || ms < 0 || ms > 1e13 || f[1] != "add" && f[1] != "remove" {
			return Trace{}, &Error{Line: n, Reason: fmt.Sprintf("%q", text), Remedy: outagesFormat}
		}
		if f[1] == "add" {
			up[f[2]] = true
		} else {
			delete(up, f[2])
		}
		most = max(most, len(up))
		seen = append(seen, moment{time.Duration(ms) * time.Millisecond, len(up)})
	}
	if err := lines.Err(); err != nil {
		return Trace{}, err
	}
	if len(seen) < 2 || most == 0 || !slices.IsSortedFunc(seen, func(a, b moment) int { return int(a.at - b.at) }) {
		return Trace{}, &Error{Reason: "no adds and removes in order of time", Remedy: outagesFormat}
	}
	var t Trace
	first := seen[0].at
	for _, m := range seen {
		t.add(m.at-first, float64(m.n)/float64(most))
	}
	t.Span = max(seen[len(seen)-1].at-first, time.Second)
	return t, nil
}

func (t *Trace) add(at time.Duration, level float64) {
	switch n := len(t.Steps); {
	case n > 0 && t.Steps[n-1].At == at:
		t.Steps[n-1].Level = level
	case n == 0 || t.Steps[n-1].Level != level:
		t.Steps = append(t.Steps, Step{at, level})
	}
}
