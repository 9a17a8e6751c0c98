// Package cost is a model of what the service uses of Google Cloud: per action documents, keys, log entries and
// messages, from these money and the share of each quota, for a number of workspaces that are used in a stated way; and
// where an index would become a hot spot.
//
// It must never be right about anything that its tests do not measure in the running product, and never present a price
// or a quota without saying where it comes from. It is for the operator's program: the service itself must not depend
// on it.
package cost
