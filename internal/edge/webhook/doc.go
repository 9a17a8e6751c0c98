// Package webhook is the way in for what vendors tell by themselves: a public address for each, and a proof on every
// request. What is told is kept, once, before it is acknowledged; what follows from it is the work of jobs.
//
// It must never read a message before its proof holds, tell a stranger why it was refused, or acknowledge what is not
// kept.
//
// A vendor is a Source: how its messages are proved, and who keeps them. To add one, write the Source beside what it is
// about, and name it in app/webhooks.go.
package webhook
