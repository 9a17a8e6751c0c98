// Package layout holds tests of rules for the whole source: which package imports which, who reads the clock, how wide
// lines are, under which key logs have errors, where links lead. It must never hold anything else.
package layout
