// Package passwords is what the product does with passwords: the policy that they must meet, their hashes, and the fair
// queue in which hashing waits for a core.
//
// It must never keep or log a password, or let the time of a check tell whether there was a hash to compare with.
package passwords
