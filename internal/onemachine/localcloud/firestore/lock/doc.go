// Package lock makes transactions wait for each other: first come, first served on every key, and when they wait in a
// cycle the youngest gives way at once.
//
// It must never time out by itself; a wait ends with its context. It must never know what a key means.
package lock
