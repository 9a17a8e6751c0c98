// Package local is the cloud of a one-machine installation, opened in the same process. At the first start it creates
// the databases, indexes, keys, topics and secrets that an operator provisions on Google Cloud. Package local/serve
// runs the service on it.
//
// It must never be linked into the container's program, and never behave differently from the cloud where a use case
// could notice.
package local
