// Package erasure carries out the erasure of a workspace, once its management has asked for it and the pause is over,
// and gives a signed receipt.
//
// It must never begin before the minute that the management was told, never say that something is gone before it is,
// and never remove a document of a workspace whose keys still exist. What it keeps names nobody once the erasure is
// over.
package erasure
