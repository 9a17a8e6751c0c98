// Package factor holds what an account has beside its password: an authenticator app, passkeys and recovery codes, and
// what a sign-in waits for while one of them is asked for.
//
// All of an account's factors are one document, so that one transaction decides whether a code was used before, and
// whether a factor is the last. It must never take a code twice, hand out a secret after it was shown, or tell which of
// the factors did not match.
package factor
