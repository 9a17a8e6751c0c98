// Package web is the browser's side of the product: a list of subjects, each with its pages, mounted in one frame; and
// the answer to who is asking.
//
// A subject is a package below this one. It declares the use cases that it calls, knows the frame and no other subject,
// and is mounted by one line of this package. How a page and a subject are added is told in the package comment of
// frame.
//
// Nothing here must ever reach a document but through a use case, decide who may do what, import a cloud's library, or
// put a text of an error in front of a person that was not written for people.
package web
