// Package posture reads back what an installation on Google Cloud really is, and says of each promise that the cloud's
// configuration decides whether it is kept or broken, with what was read from which resource and what was expected.
//
// Its checks are written from the words of the promises, with expectations of their own: what the installation was made
// from is not asked, so a specification that is wrong is found like a hand that slipped.
//
// It must never write, never open the value of a secret, and never say that a promise is kept because something could
// not be read.
package posture
