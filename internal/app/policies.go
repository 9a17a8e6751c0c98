package app

import (
	"github.com/tinyoperahouse/toh/internal/config"
	web "github.com/tinyoperahouse/toh/internal/edge/web/policies"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/templates"
)

// policies is what the public pages say of this installation.
func policies(o Options) (web.Options, error) {
	cfg := o.Config
	files := o.Templates
	if files == nil {
		files = templates.Embedded()
	}
	documents, err := policy.Load(files, "en", policy.Party{Operator: cfg.Operator, Contact: cfg.Contact,
		Site: cfg.BaseURL})
	uses := policy.Uses{Google: !cfg.Local, Region: cfg.Region, Resend: cfg.Mail.Vendor == config.Resend}
	if cfg.Mail.Vendor == config.SMTPMail {
		uses.SMTP = cfg.Mail.SMTP.Host
	}
	return web.Options{Documents: documents, Uses: uses, Contact: cfg.Contact}, err
}
