// Package seal keeps the keys of workspaces and accounts, and seals and opens what is stored under them.
//
// Each scope has one keyring: a keyset that seals bodies and fields, one that makes blind index tokens, and one for
// files. The keyring is wrapped by Cloud KMS with the scope as associated data and stored in the keys database;
// unwrapped keyrings stay in memory for minutes. The wrapping key is the installation's, or one that the scope brought.
// What is sealed is bound to its scope, kind, id and field, so it cannot be opened anywhere else. The same database
// holds the ledger of erasures.
//
// It must never write an unwrapped key anywhere, put plaintext or key material into an error, or make new keys for a
// scope whose keys were destroyed.
package seal
