package app

import (
	"fmt"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/mail"
)

// mail makes the sender that the configuration names, and, where mail is caught, the page that shows it.
func (a *App) mail(o Options) (mail.Sender, http.Handler, error) {
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
		box, err := mail.NewBox(catcher, o.Config.BaseURL)
		return catcher, box, err
	}
	return nil, nil, fmt.Errorf("mail: no vendor %q", o.Config.Mail.Vendor)
}
