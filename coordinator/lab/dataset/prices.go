package dataset

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"autospotting/coordinator/market"
)

const pricesFormat = "write type,zone,time,USD per hour, for example m5.large,us-east-1a,2021-03-02T14:45:01Z,0.0335"

// columns of a price history, by the names that AWS gives them; a file without a header has them in this order.
var columns = [4][]string{
	{"instance_type", "instancetype", "type"}, {"availability_zone", "availabilityzone", "zone"},
	{"timestamp", "time"}, {"spot_price", "spotprice", "price", "usd"},
}

// readPrices adds a file's history to what is known already; rows may come in any order.
func readPrices(into map[market.Pool]Series, r io.Reader) error {
	rows := csv.NewReader(bufio.NewReader(r))
	rows.FieldsPerRecord, rows.ReuseRecord, rows.TrimLeadingSpace = -1, true, true
	at := [4]int{0, 1, 2, 3}
	names := map[string]string{}
	known := func(s string) string { // the same few names a hundred thousand times
		if have, ok := names[s]; ok {
			return have
		}
		s = strings.Clone(s)
		names[s] = s
		return s
	}
	found := 0
	for first := true; ; first = false {
		rec, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return csvError(err)
		}
		line, _ := rows.FieldPos(0)
		if first && isHeader(rec) {
			if at, err = header(rec, line); err != nil {
				return err
			}
			continue
		}
		pool, point, err := priceRow(rec, at, line)
		if err != nil {
			return err
		}
		pool.Type, pool.Zone = known(pool.Type), known(pool.Zone)
		into[pool] = append(into[pool], point)
		found++
	}
	if found == 0 {
		return &Error{Reason: "it holds no price", Remedy: pricesFormat}
	}
	return nil
}

func csvError(err error) error {
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		return &Error{Line: bad.Line, Reason: bad.Err.Error(), Remedy: "mend or remove the line"}
	}
	return &Error{Reason: err.Error(), Remedy: "fetch it again: it may be cut off"}
}

func isHeader(rec []string) bool {
	return slices.ContainsFunc(rec, func(f string) bool {
		return slices.Contains(columns[0], strings.ToLower(strings.TrimPrefix(f, "\ufeff")))
	})
}

func header(rec []string, line int) (at [4]int, err error) {
	for c, names := range columns {
		at[c] = slices.IndexFunc(rec, func(f string) bool {
			return slices.Contains(names, strings.ToLower(strings.TrimSpace(strings.TrimPrefix(f, "\ufeff"))))
		})
		if at[c] < 0 {
			return at, &Error{Line: line, Reason: "no column " + names[0], Remedy: "name the columns instance_type,availability_zone,timestamp,spot_price"}
		}
	}
	return at, nil
}

func priceRow(rec []string, at [4]int, line int) (market.Pool, Point, error) {
	fail := func(format string, args ...any) (market.Pool, Point, error) {
		return market.Pool{}, Point{}, &Error{Line: line, Reason: fmt.Sprintf(format, args...), Remedy: pricesFormat}
	}
	if len(rec) <= max(at[0], at[1], at[2], at[3]) {
		return fail("%d fields", len(rec))
	}
	p := market.Pool{Type: strings.TrimSpace(rec[at[0]]), Zone: strings.TrimSpace(rec[at[1]])}
	if !strings.Contains(p.Type, ".") || regionOf(p.Zone) == "" {
		return fail("%q in %q is no instance type in a zone", p.Type, p.Zone)
	}
	when, err := moment(strings.TrimSpace(rec[at[2]]))
	if err != nil {
		return fail("%q is no time", rec[at[2]])
	}
	usd, err := strconv.ParseFloat(strings.TrimSpace(rec[at[3]]), 64)
	if err != nil || math.IsNaN(usd) || usd <= 0 || usd > 10_000 {
		return fail("%q is no price", rec[at[3]])
	}
	return p, Point{At: when, USD: usd}, nil
}

// moment reads what AWS's tools write for a time.
func moment(s string) (time.Time, error) {
	var err error
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", time.DateOnly} {
		var t time.Time
		if t, err = time.ParseInLocation(layout, s, time.UTC); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, err
}

// regionOf cuts the zone's letter: us-east-1a is of us-east-1. Empty is no zone.
func regionOf(zone string) string {
	if len(zone) < 3 || zone[len(zone)-1] < 'a' || zone[len(zone)-1] > 'z' || !strings.Contains(zone, "-") {
		return ""
	}
	region := zone[:len(zone)-1]
	if last := region[len(region)-1]; last < '0' || last > '9' {
		return ""
	}
	return region
}

// settle sorts a history and drops what repeats the price before.
func settle(s Series) Series {
	slices.SortStableFunc(s, func(a, b Point) int { return a.At.Compare(b.At) })
	out := s[:0]
	for _, p := range s {
		switch n := len(out); {
		case n > 0 && out[n-1].At.Equal(p.At):
			out[n-1].USD = p.USD
		case n == 0 || out[n-1].USD != p.USD:
			out = append(out, p)
		}
	}
	return slices.Clip(out)
}
