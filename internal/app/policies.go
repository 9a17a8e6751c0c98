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
	uses := policy.Uses{Google: !cfg.Local, Region: cfg.Region, Resend: cfg.Mail.Vendor == config.Resend}
	if cfg.Mail.Vendor == config.SMTPMail {
		uses.SMTP = cfg.Mail.SMTP.Host
	}
	return web.Options{
		Party: policy.Party{Operator: cfg.Operator, Contact: cfg.Contact, Site: cfg.BaseURL}, Uses: uses,
		Data: data,
	}, nil
}
