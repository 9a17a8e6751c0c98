// Package resource reads and checks the names of Firestore: of databases, collections, documents and fields, and writes
// paths as bytes that sort as Firestore sorts documents.
//
// Its errors carry the words and codes of production. It must never know what is stored.
package resource
