// Package identity finds out who is asking. A request comes in, by whatever way, and one Identity comes out: the
// account, by what they ask, the workspace, and the member. Pages, API, pushes and jobs all go on from that value.
//
// Another way to ask, as a vendor's webhook or a guest's link, is another Source with a constructor of its own.
//
// It must never read more than once per request, keep anything of an answer for the next one, or let two callers into
// one Identity.
package identity
