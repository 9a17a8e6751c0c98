// Package push takes what Google pushes: messages that wake tasks, and the ticks of the scheduler. Each call is
// verified before a byte of its body is read.
//
// It must never trust a token because Google signed it: it has to be made for us, and for exactly our service account.
// It must never tell a caller why it was refused, or let a message that can never work come back for ever.
package push
