// Package workspace holds the use cases about companies: a workspace, its members and their roles, and invitations.
//
// It must never leave a workspace without a management member, let anybody in who is not a member according to the
// store at that moment, or disclose to others whether a workspace exists.
package workspace
