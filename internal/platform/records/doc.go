// Package records is the gate: the only way to a stored document, whoever asks. It decides, seals, and stores together
// with the audit entry, in that order and in one place.
//
// It must never hand out a document that the caller was not allowed to read, never let a byte of one leave before its
// audit entry is durable, and never commit a change without its entry in the same transaction. Use cases hold a Kind
// and a Gate; they cannot reach a document in any other way.
package records
