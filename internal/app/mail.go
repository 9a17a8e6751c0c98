package app

import (
	"context"
	"fmt"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/mail"
)

// mail makes the sender that the configuration names, and, where mail is caught, the page that shows it.
func (a *App) mail(ctx context.Context, o Options) (mail.Sender, http.Handler, error) {
	keys := mail.FromSecret(a.ground.secrets, o.Config.Secrets.Mail)
	switch cfg := o.Config.Mail; cfg.Vendor {
	case config.Resend:
		sender, err := mail.NewResend(mail.ResendOptions{From: cfg.From, Keys: keys, Transport: o.Outside})
		return sender, nil, err
	case config.SMTPMail:
		sender, err := mail.NewSMTP(mail.SMTPOptions{
			From: cfg.From, Host: cfg.SMTP.Host, Port: cfg.SMTP.Port, User: cfg.SMTP.User, Keys: keys, Clock: o.Clock,
		})
		return sender, nil, err
	case config.Catch:
		catcher := mail.NewCatcher(a.Gate)
		box, err := a.box(ctx, catcher, o.Config.BaseURL)
		return catcher, box, err
	}
	return nil, nil, fmt.Errorf("mail: no vendor %q", o.Config.Mail.Vendor)
}

// box makes the page of caught mail. Its address stays the same after a restart, and cannot be derived without the
// folder.
func (a *App) box(ctx context.Context, catcher *mail.Catcher, baseURL string) (*mail.Box, error) {
	ring, err := a.ground.keyrings.Ring(ctx, model.Platform())
	if err != nil {
		return nil, err
	}
	box, err := mail.NewBox(catcher, baseURL, ring.Hash("mail box", "address"))
	if err != nil {
		return nil, err
	}
	a.mailAt = baseURL + box.Path()
	return box, nil
}

// MailAt is the address at which a one-machine installation shows its mail, or "". It is a secret.
func (a *App) MailAt() string { return a.mailAt }
