// Package market answers one question: which instance types may stand in for
// a given on-demand instance in a given zone, in which order, and why.
//
// Compatible throws out whatever could not run the original's work;
// Candidates adds what depends on the zone (offered, priced, not avoided) and
// spreads the group over pools. Both are pure: a Catalog and a Need in, an
// ordered answer out, no I/O, no clock, no SDK types, no logging.
//
// Where a fact is missing the package never guesses a price; a missing
// hardware fact is replaced by a stated assumption that comes back in
// Refusals.Assumptions or in Catalog.Assumptions.
package market
