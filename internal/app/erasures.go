package app

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/receipt"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/erasure"
)

func (a *App) erasures(o Options, post account.Post) error {
	at, err := url.Parse(o.Config.BaseURL)
	if err != nil {
		return err
	}
	a.Erasures = erasure.New(erasure.Options{
		Gate: a.Gate, Queue: a.Queue, Workspaces: a.Workspaces, Tickets: a.Accounts, Objects: a.Files,
		Post: post, Kinds: kinds(),
		Origin: o.Config.BaseURL, Signer: receipt.Signer{Keys: a.ground.signs, Origin: at.Host + check.Path},
		Head: a.lastHead, Remains: remains(o.Config.Local),
	})
	return nil
}

// lastHead is the last signed head of the public history, "" before the first.
func (a *App) lastHead(ctx context.Context) (string, error) {
	h, err := a.ground.history.Head(ctx)
	if errors.Is(err, model.ErrNotFound) {
		return "", nil
	}
	return h.Note, err
}

// remains says what is left of an erased workspace. On one machine nobody makes backups but its owner.
func remains(local bool) func(at time.Time) []receipt.Remains {
	return func(at time.Time) []receipt.Remains {
		list := []receipt.Remains{
			{What: "Entries of the audit trail: ids, times and actions. Names and titles in them are unreadable, " +
				"because they were encrypted with the destroyed keys.", Until: at.Add(audit.Lifetime)},
			{What: "Copies of these entries in the operator's log, in the same form.", Until: at.Add(audit.Lifetime)},
			{What: "Records of background work about the workspace, such as mails to its members that could not be " +
				"delivered.", Until: at.Add(task.Keep)},
		}
		if !local {
			list = append(list,
				receipt.Remains{What: "Backups of the destroyed keys. Until then, and only with such a backup, " +
					"copies of the documents could be read.", Until: at.Add(posture.KeysKept)},
				receipt.Remains{What: "Backups of the encrypted documents, which cannot be read without the keys.",
					Until: at.Add(posture.WeeklyKept)})
		}
		return append(list,
			receipt.Remains{What: "A mark that the keys of this id were destroyed, the short name of the workspace, " +
				"which leads nowhere now, and this receipt."})
	}
}
