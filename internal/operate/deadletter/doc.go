// Package deadletter handles messages that could not be delivered and jobs that were given up: it lists them, and sends
// them again.
//
// It must never show more of a message or a job than ids and reasons that were written to be shown, and never remove a
// message before the topic it came from has it again.
package deadletter
