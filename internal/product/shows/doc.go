// Package shows is what a company does with its shows: productions, performances and the reports about them, from draft
// to filed, accepted, queried and amended, and the trash.
//
// It must never reach a document except through the gate, hand out a section to somebody who is not meant to read it,
// change what was filed without a reason and a version, or put a word that somebody wrote into the audit trail.
package shows
