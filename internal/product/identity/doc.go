// Package identity determines who is asking. From every request, whichever way it came, it makes one Identity: the
// account, the session or token, the workspace and the member. Pages, API, pushes and jobs all use that value.
//
// A further way to ask, such as a guest's link, gets a Source and a constructor of its own.
//
// It must never read more than once per request, keep anything for a later request, or hold two callers in one
// Identity.
package identity
