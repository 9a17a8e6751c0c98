// Package drill tests whether a backup can be restored: into a new database, beside the one in use. What was erased
// since is erased again there, and the documents are counted and opened in samples.
//
// It must never write to the database in use, except the entries that the drill took place; never show anything of a
// document's content; and never leave the new database behind, unless that was requested.
package drill
