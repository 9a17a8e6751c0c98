// Package push receives what Google pushes: messages that wake jobs, and the ticks of the scheduler. Each call is
// verified before anything of its body is read.
//
// It must never accept a token only because Google signed it: the token must be issued for this installation and for
// its service account. It must never tell a caller why a call was refused, or make Pub/Sub redeliver a message that can
// never succeed.
package push
