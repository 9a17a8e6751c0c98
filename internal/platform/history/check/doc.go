// Package check checks a history: entries that were published, the signed heads over them, and the keys that signed. It
// is for anybody, with nothing but what is published and what they kept themselves.
//
// It also defines what of an entry is hashed and what of a head is signed, so that who writes and who checks cannot
// differ. It must never ask a network or a cloud, and never trust anything but the keys that it is given.
package check
