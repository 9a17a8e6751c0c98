// Package mirror copies what the public security page rests on into a bucket that outlives the service: the page, its
// data, and the history of results with its heads and keys, as files.
//
// A reader must never find a head whose entries are not there, and what is in the copy is never replaced by less. It
// must never copy anything that is not public already.
package mirror
