// Package layout holds tests of what the whole source keeps to: who imports whom, who asks the clock, how wide lines
// are, where links lead. It must never hold anything else.
package layout
