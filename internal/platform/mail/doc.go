// Package mail writes, keeps and sends the product's mails: texts from templates, an outbox of durable jobs, and
// senders for Resend, SMTP and a one-machine installation.
//
// It must never put confidential text into a mail, a link that does not start with the configured base URL, or a line
// that somebody else could break in two. Recipient and text are sealed wherever they are stored, and never logged.
package mail
