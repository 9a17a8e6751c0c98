// Package access says who may do what: callers, roles, actions, audiences, and the one matrix that joins them.
//
// It is a leaf: it decides on values that it is given. It must never read a store, look at a request or remember
// anything.
package access
