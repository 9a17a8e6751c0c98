// Package provision makes an installation on Google Cloud from one specification: what must exist, in which order, and
// which of its settings are ours. The same list is planned, applied and printed as Terraform.
//
// It must never delete anything, never weaken what an operator made stricter, never touch a setting that is not ours,
// and never lock or destroy what cannot be unlocked. What cannot be changed in place is refused, with what to do,
// before anything is changed.
package provision
