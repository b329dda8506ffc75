// Package simulate is the laboratory: one Auto Scaling group, one market of real or sampled prices and outages, and several
// ways to run the group on it, side by side and under the same rules.
//
// The strategy "coordinator" is the product's own code (package handle with decide, market and the ledger), over an observe and apply of a
// light cloud that obeys the rules of pkg/cloudsim as far as prices, capacity and time go. The others are models of what AWS and the
// predecessor document. A run depends on its configuration and seed alone.
package simulate
