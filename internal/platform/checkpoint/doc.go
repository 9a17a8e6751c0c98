// Package checkpoint makes removed, changed and inserted entries of the trail show. Once a minute everything that came
// since the last time is bound together: in each scope that has new entries a checkpoint (a Merkle root over them,
// counts, and the hash of the one before), and for the platform a round (a Merkle root over the checkpoints, and the
// hash of the round before), which Cloud KMS signs.
//
// It must never say more of an entry than ids, times, hashes and counts, make two rounds with one number, or let an
// entry be in two checkpoints. It opens nothing: whether an entry's own seal holds is asked of the trail.
package checkpoint
