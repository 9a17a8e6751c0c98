// Package cost is a model of what the service uses of Google Cloud: documents, keys, log entries and messages per
// action, and from these the cost and the share of each quota, for a number of workspaces with a stated use. It also
// says where an index would become a hot spot.
//
// It must never claim anything that its tests do not measure in the running product, and never give a price or a quota
// without its source. It is for the operator's program: the service itself must not depend on it.
package cost
