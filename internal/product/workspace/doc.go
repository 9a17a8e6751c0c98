// Package workspace is about companies: a workspace, its members and their roles, invitations, and who is asking in it.
//
// It must never leave a workspace without a management member, let anybody in whom the store does not know at this
// moment, or show a stranger whether a workspace exists.
package workspace
