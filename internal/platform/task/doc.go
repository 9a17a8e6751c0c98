// Package task is durable background work. A job is a document with its state, attempts, progress and deadline, changed
// only in transactions; a message only wakes it. A lost message is found by the sweep, a duplicate does nothing.
//
// It must never run a job twice at the same time while the lease holds, give up without leaving a visible reason, or
// put anything but a job's id into a message. Handlers must be idempotent: a crash between the effect and its record
// runs them again.
package task
