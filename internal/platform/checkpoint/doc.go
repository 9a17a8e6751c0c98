// Package checkpoint makes it detectable when entries of the trail are removed, changed or inserted. Once a minute
// everything that is new since the last time is bound together. Each scope with new entries gets a checkpoint: a Merkle
// root over them, counts, and the hash of the checkpoint before. The platform gets a round: a Merkle root over the
// checkpoints, and the hash of the round before, signed by Cloud KMS.
//
// It must never reveal more of an entry than ids, times, hashes and counts, make two rounds with the same number, or
// let an entry be in two checkpoints. It opens nothing: whether an entry's proof matches is asked of the trail.
package checkpoint
