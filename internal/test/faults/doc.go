// Package faults holds tests of what the whole service promises when things go wrong: killed at any moment, ended under
// load, its cloud refusing, hanging and slow, and its folder read by a thief. They run the service whole, as people
// start it.
//
// It must never hold anything but tests and their helpers, and nothing may import it.
package faults
