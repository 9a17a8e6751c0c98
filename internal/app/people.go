package app

import (
	"context"
	"crypto/ed25519"
	"strconv"

	"github.com/tinyoperahouse/toh/internal/platform/mail"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/secret"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// letters passes the letters of package account to package mail.
type letters struct {
	write  *mail.Letters
	post   *mail.Post
	ground *ground
}

// Queue renders a letter and adds it to the transaction. To accounts of controls nothing is sent.
func (l letters) Queue(ctx context.Context, v records.Via, x account.Letter) (string, error) {
	if account.IsCanary(x.To) {
		return "", nil
	}
	m, err := l.write.Write(mail.Kind(x.Kind), mail.Recipient{Address: x.To, Name: x.ToName}, mail.Facts{
		Path: x.Path, Expires: x.Life, At: x.At, By: x.By, Workspace: x.Workspace, Role: x.Role,
		What: x.What,
	})
	if err != nil {
		return "", err
	}
	if m.About, err = l.ground.sealAbout(ctx, x); err != nil {
		return "", err
	}
	return l.post.Queue(ctx, v, m)
}

// Wake sends it soon.
func (l letters) Wake(ctx context.Context, job string) {
	if job != "" {
		l.post.Wake(ctx, job)
	}
}

// sessionKeys reads the keys of session handles from their secret.
type sessionKeys struct{ set *secret.KeySet }

// Signer is the key that signs now.
func (k sessionKeys) Signer(ctx context.Context) (string, ed25519.PrivateKey, error) {
	keys, err := k.set.Keys(ctx)
	if err != nil {
		return "", nil, err
	}
	return keys.SignerID, keys.Signer, nil
}

// Verifier is the key with this id.
func (k sessionKeys) Verifier(ctx context.Context, kid string) (ed25519.PublicKey, bool, error) {
	keys, err := k.set.Keys(ctx)
	if err != nil {
		return nil, false, err
	}
	key, known := keys.Public(kid)
	return key, known, nil
}

// peppers reads the key of the password hash; a version's number is its id.
type peppers struct {
	source *secret.Source
	name   string
}

// Peppers are the enabled versions, newest first.
func (p peppers) Peppers(ctx context.Context) ([]passwords.Pepper, error) {
	value, err := p.source.Get(ctx, p.name)
	if err != nil {
		return nil, err
	}
	all := make([]passwords.Pepper, len(value.Versions))
	for i, v := range value.Versions {
		all[i] = passwords.Pepper{ID: strconv.Itoa(v.Number), Key: v.Data}
	}
	return all, nil
}
