// Package offline makes the worlds that decide works on from files: what the AWS CLI prints of groups, instances, images, types
// and prices, exactly as it prints it, and the formats of published market data. Nothing is called. What no file tells is
// assumed, and every assumption is named; it never refuses a group.
package offline
