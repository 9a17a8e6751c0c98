// Package order turns Firestore values into bytes that sort as the values do, which is what an index is made of.
//
// The encoding of a value is self-delimiting: no encoding is the beginning of another, so encodings can be joined into
// keys and separated again, and inverting every bit reverses the order. The package must never look at documents,
// queries or storage.
package order

// Tags begin the encoding of a value and put the types in Firestore's order.
const (
	tagNull      = 0x10
	tagFalse     = 0x18
	tagTrue      = 0x19
	tagNaN       = 0x20
	tagNumber    = 0x21
	tagTimestamp = 0x28
	tagString    = 0x30
	tagBytes     = 0x38
	tagReference = 0x40
	tagGeoPoint  = 0x48
	tagArray     = 0x50
	tagVector    = 0x58
	tagMap       = 0x60
	tagCut       = 0xfe // stands for the rest of a value that is too long to be indexed whole
)

// MaxIndexed is how many bytes of a value are in an index.
const MaxIndexed = 1500

// end closes arrays, maps and references; entry begins an entry of a map.
const (
	end   = 0x00
	entry = 0x01
)
