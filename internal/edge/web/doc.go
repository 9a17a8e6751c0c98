// Package web serves the pages of the product. It lists the subjects, each with its pages, and mounts them in one
// frame.
//
// A subject is a package below this one. It declares the use cases that it calls, imports the frame and no other
// subject, and is mounted by one line of this package. The package comment of frame explains how to add a page and a
// subject.
//
// Nothing here must ever reach a document except through a use case, decide who may do what, import a library of the
// cloud, or show a person the text of an error that was not written for people.
package web
