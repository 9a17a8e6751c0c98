// Package drill tries whether a backup can be restored: into a fresh database, beside the one in use, with what was
// erased since then erased again, counted, and opened in samples.
//
// It must never write to the database in use, except the entries that it happened; never show anything of what a
// document says; and never leave the fresh database behind, unless that was asked for.
package drill
