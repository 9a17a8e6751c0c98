// Package logging is what the process says about itself: structured logs that Cloud Logging understands, or readable
// lines on a terminal.
//
// It must never write a secret or personal data, whatever it is passed: what is dangerous by its key is dropped, what
// looks like an address or a token is masked, and a value whose shape it does not know is not written. Every entry is
// bounded and stays on one line.
package logging
