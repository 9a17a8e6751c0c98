// Package store keeps documents in Firestore: it is the only user of the Firestore client.
//
// Every document belongs to a scope, and the scope is part of its key. Collections, their fields and the queries over
// them are declared once. What is not declared cannot be written or run, and the declarations say which indexes the
// database needs. Every call has a deadline and reports failures as the error kinds of package model.
//
// It must never know what a body holds, decide who may see it, or offer a way to read across scopes other than a
// declared group query. It uses the generated client of cloud.google.com/go/firestore rather than the higher-level one:
// mapping these few types by hand costs a fraction of the general mapping.
package store
