// Package logging is what the process says about itself: structured logs that Cloud Logging understands, or readable
// lines on a terminal.
//
// It must never write a secret or personal data, whatever it is passed. A value with a dangerous key is dropped, what
// looks like an address or a token is masked, and a value of an unknown type is not written. Every entry is limited in
// size and stays on one line.
package logging
