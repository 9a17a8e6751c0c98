package app

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/edge/webhook"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/mail"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

// webhooks answers the messages that vendors send, for each vendor that the configuration names.
func (a *App) webhooks(o Options) (http.Handler, error) {
	var sources []webhook.Source
	if o.Config.Mail.Vendor == config.Resend {
		sources = append(sources, a.resend(o))
	}
	return webhook.NewHandler(sources...)
}

// webhookJobs registers the jobs that do what follows from vendors' messages.
func (a *App) webhookJobs() {
	a.Queue.Handle(returnedJob, a.returned)
}

// resend is the mail vendor, which reports mails that did not arrive.
func (a *App) resend(o Options) webhook.Source {
	proof := webhook.Standard{Prefix: "svix-", Clock: o.Clock,
		Secrets: mail.FromSecret(a.ground.secrets, o.Config.Secrets.MailWebhook)}
	return webhook.Source{Name: "resend", Prove: proof.Prove, Keep: func(ctx context.Context, m webhook.Message) error {
		r, ours, err := mail.ReadResend(m.Body)
		if err != nil || !ours {
			return err
		}
		return a.keepReturned(ctx, "resend/"+m.ID, r)
	}}
}

const returnedJob = "mail-returned"

// keepReturned leaves the consequences of a mail that did not arrive to a job: one for each message, however often it
// comes.
func (a *App) keepReturned(ctx context.Context, message string, r mail.Returned) error {
	logging.From(ctx).WarnContext(ctx, "mail returned", "outcome", r.Outcome, "kind", r.Kind)
	if r.About == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(message))
	id, err := a.Queue.Add(ctx, a.Gate, task.NewJob{ID: hex.EncodeToString(sum[:16]), Kind: returnedJob, Payload: r})
	if err == nil {
		a.Queue.Wake(ctx, id)
	}
	return err
}

// returned is the job: whoever sent an invitation sees that it did not arrive.
func (a *App) returned(ctx context.Context, job task.Job) error {
	var r mail.Returned
	if err := job.Decode(&r); err != nil {
		return err
	}
	about, err := a.ground.openAbout(ctx, r.About)
	switch {
	case errors.Is(err, model.ErrInvalid):
		return task.Permanent("it is about nothing of ours", err)
	case err != nil:
		return err
	}
	caller := identity.OfJob(model.Workspace(about.Workspace), "mail:returned", job.ID).Caller()
	err = a.Workspaces.InviteReturned(ctx, caller, about.Record, time.Unix(0, about.Sent))
	if errors.Is(err, seal.ErrDestroyed) || errors.Is(err, model.ErrNotFound) {
		return task.Permanent("the workspace is gone", err)
	}
	return err
}

// aboutMail is what the vendor returns about a mail that did not arrive.
type aboutMail struct {
	Workspace string `json:"w"`
	Record    string `json:"r"`
	Sent      int64  `json:"t"` // nanoseconds since 1970
}

func aboutBinding() seal.Binding {
	return seal.Binding{Scope: model.Platform(), Kind: "letters", ID: "about"}
}

// sealAbout makes what travels with a letter, "" for a letter that nobody waits for.
func (g *ground) sealAbout(ctx context.Context, l account.Letter) (string, error) {
	if l.Record == "" || l.Scope.Kind != model.WorkspaceScope {
		return "", nil
	}
	plain, err := json.Marshal(aboutMail{l.Scope.ID, l.Record, l.At.UnixNano()})
	if err != nil {
		return "", err
	}
	ring, err := g.keyrings.Ring(ctx, model.Platform())
	if err != nil {
		return "", err
	}
	sealed, err := ring.Seal(plain, aboutBinding())
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

func (g *ground) openAbout(ctx context.Context, text string) (about aboutMail, err error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return about, fmt.Errorf("%w: %w", model.ErrInvalid, err)
	}
	ring, err := g.keyrings.Ring(ctx, model.Platform())
	if err != nil {
		return about, err
	}
	plain, err := ring.Open(sealed, aboutBinding())
	if err == nil {
		err = json.Unmarshal(plain, &about)
	}
	return about, err
}
