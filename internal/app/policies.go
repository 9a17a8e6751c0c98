package app

import (
	"github.com/tinyoperahouse/toh/internal/config"
	web "github.com/tinyoperahouse/toh/internal/edge/web/policies"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// policies says who runs this installation, and whom it uses for that.
func policies(cfg config.Config) (web.Options, error) {
	data, err := stored(cfg)
	if err != nil {
		return web.Options{}, err
	}
	return web.Options{Party: party(cfg), Uses: uses(cfg), Data: data}, nil
}

func party(cfg config.Config) policy.Party {
	return policy.Party{Operator: cfg.Operator, Contact: cfg.Contact, Site: cfg.BaseURL}
}

func uses(cfg config.Config) policy.Uses {
	uses := policy.Uses{Google: !cfg.Local, Region: cfg.Region, Resend: cfg.Mail.Vendor == config.Resend}
	if cfg.Mail.Vendor == config.SMTPMail {
		uses.SMTP = cfg.Mail.SMTP.Host
	}
	return uses
}
