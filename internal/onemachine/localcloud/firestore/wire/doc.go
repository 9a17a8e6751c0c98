// Package wire encodes and decodes stored documents: protocol buffers, as the library writes them, but in a fraction of
// its time, because it knows the few messages that there are.
//
// It must read everything that the library writes and write nothing that the library does not read.
package wire
