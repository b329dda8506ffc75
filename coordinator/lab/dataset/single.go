package dataset

import (
	"io"

	"autospotting/coordinator/market"
)

// Read opens a file, unpacks it if its first bytes say gzip, and hands it to parse. Its errors name the file, the line where
// parse gives one by an *Error, and what to do.
func Read(file string, parse func(io.Reader) error) error { return read(file, parse) }

// History reads a price history: type, zone, time, USD per hour.
func History(r io.Reader) (map[market.Pool]Series, error) {
	out := map[market.Pool]Series{}
	if err := readPrices(out, r); err != nil {
		return nil, err
	}
	for p, s := range out {
		out[p] = settle(s)
	}
	return out, nil
}
