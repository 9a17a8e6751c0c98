// Package posture reads back how an installation on Google Cloud is really configured. For each promise that this
// configuration decides it says whether the promise is kept or broken, with what was read from which resource and what
// was expected.
//
// Its checks are written from the wording of the promises, with expectations of their own. They do not use the
// specification from which the installation was made, so a wrong specification is found just like a wrong manual
// change.
//
// It must never write, never read the value of a secret, and never say that a promise is kept when something could not
// be read.
package posture
