// Package access says who may do what: callers, roles, actions, audiences, and the one matrix that relates them.
//
// It is a leaf: it decides on values that it is given. It must never read a store, look at a request or keep any state.
package access
