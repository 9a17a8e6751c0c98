// Package outside is a client from outside: it tries promises on the running service over its public address, as a
// stranger would, with no right and no secret.
//
// It must never sign in to an account of a person, leave anything behind in the service, or follow a redirect to
// another host. What it could not try is undecided, and never passed.
package outside
