// Package canary makes two workspaces of the installation itself, with members of every role and content of several
// kinds, and controls that act in them as their members do: over the public address, with sessions and tokens.
//
// It must never act in any other workspace or account, and nothing else may have the exceptions that these accounts
// have: no mail is sent to them, and nobody can sign up with such an address. What it writes into reports is made up,
// and unique, so that it can be looked for wherever it must not be.
package canary
