// Package dataset reads what a market was: spot price histories, instance types, on-demand prices, the advisor's
// interruption buckets, and traces of outages, from files that may be gzipped or plain, whatever their names say. What no
// file tells comes from the built-in snapshot, and is named in Data.Assumptions.
//
// Every error names the file, the line where there is one, and what to do about it.
package dataset
