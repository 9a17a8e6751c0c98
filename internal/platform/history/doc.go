// Package history is an append-only log of JSON entries that a stranger can check. The entries are the leaves of a
// Merkle tree, and Cloud KMS signs a head over them after each one. Package check is the stranger's half.
//
// The last signed head is also kept outside the content database, where a restore of the content does not reach it. If
// the content then holds less, or something else, than that head says, a new section begins, whose first entry names
// the head.
//
// It must never sign a head that contradicts one it has signed, sign over entries that are not what was recorded, or
// change or remove an entry. It knows nothing of what the entries mean, and holds nothing personal.
package history
