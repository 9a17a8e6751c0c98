// Package deadletter looks after messages that could not be delivered and jobs that gave up: what they are, and sending
// them again.
//
// It must never show what a message or a job holds beyond ids and reasons that were written to be shown, and never take
// a message away before the topic it came from has it again.
package deadletter
