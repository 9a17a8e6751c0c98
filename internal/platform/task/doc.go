// Package task runs durable background work. A job is a document with its state, attempts, progress and deadline,
// changed only in transactions; a message only wakes it. A job whose message was lost is found by the sweep, and a
// duplicate message does nothing.
//
// It must never run a job twice at the same time while its lease holds, give up without leaving a visible reason, or
// put anything but a job's id into a message. Handlers must be idempotent: after a crash between the effect and its
// record, they run again.
package task
