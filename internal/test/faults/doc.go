// Package faults holds tests of what the whole service promises when things go wrong: it is killed at any moment and
// ended under load, its cloud refuses, hangs and is slow, and its folder is read by a thief. They run the whole
// service, as people start it.
//
// It must never hold anything but tests and their helpers, and nothing may import it.
package faults
