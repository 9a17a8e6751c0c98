// Package resource parses and checks Firestore's names of databases, collections, documents and fields, and writes
// paths as bytes that sort as Firestore sorts documents.
//
// Its errors have Google's texts and codes. It must never know what is stored.
package resource
