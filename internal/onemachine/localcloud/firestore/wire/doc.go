// Package wire encodes and decodes stored documents as protocol buffers. The result is what the library writes, in a
// fraction of its time, because this package knows the few messages that occur.
//
// It must read everything that the library writes and write nothing that the library does not read.
package wire
