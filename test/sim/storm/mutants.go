package storm

// Mutants are the mistakes that the checker must catch.
var Mutants = []Mutant{}
