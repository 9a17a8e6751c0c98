// Package webhook receives vendors' messages: each vendor has a public address, and every request is verified. A
// message is stored, once, before it is acknowledged; jobs do what follows from it.
//
// It must never parse a message before it is verified, tell a caller why a request was refused, or acknowledge a
// message that is not stored.
//
// A vendor is a Source: how its messages are verified, and how they are stored. To add one, write the Source beside
// what it is about, and list it in app/webhooks.go.
package webhook
