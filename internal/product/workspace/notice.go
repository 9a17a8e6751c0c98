package workspace

import (
	"context"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Notice is news that the management was told. Its id is that of the news.
type Notice struct {
	Title string    `json:"title"`
	Text  string    `json:"text,omitempty"`
	Path  string    `json:"path,omitempty"`
	Told  time.Time `json:"told"`
	To    []string  `json:"to,omitempty"` // accounts
	// Acknowledged is when somebody said that it was read, and By is who.
	Acknowledged time.Time `json:"acknowledged,omitzero"`
	By           string    `json:"by,omitempty"` // account
}

// Open reports whether it waits for somebody to acknowledge it.
func (n *Notice) Open() bool { return n.Acknowledged.IsZero() && len(n.To) > 0 }

// mostNotices bounds the list of open notices: there are a few in a year.
const mostNotices = 20

// notices leave entries with what was done to them, as a whole: who was told, and who acknowledged it.
var notices = records.Declare(records.Spec[Notice]{
	Name: "notices", In: model.WorkspaceScope, Quiet: true,
	About: model.About{
		Heading: model.OfCompany, Name: "Notices",
		Purpose: "What we told the management by mail, when and whom, and who acknowledged it.",
		Until:   untilWorkspace,
	},
	Under: records.Under{
		records.List:   {access.NoticeList},
		records.Serve:  {access.ManagementTell, access.NoticeAcknowledge, access.AgreementAccept},
		records.Create: {access.ManagementTell},
		records.Change: {access.NoticeAcknowledge, access.AgreementAccept},
	},
	Fields: []records.Field{{Name: "open", Type: records.Bool}, {Name: "told", Type: records.Time}},
	Queries: []records.Query{{Name: "newest", Equal: []string{"open"}, All: true,
		Order: []records.Order{{Field: "told", Desc: true}}}},
	Index: func(n *Notice) records.Fields { return records.Fields{"open": n.Open(), "told": n.Told} },
})

// OpenNotice is a notice that nobody has acknowledged.
type OpenNotice struct {
	ID string
	Notice
}

// Notices are those that nobody has acknowledged, the latest first.
func (s *Service) Notices(ctx context.Context, c access.Caller) ([]OpenNotice, error) {
	page, err := notices.Find(ctx, s.gate, records.By(c, access.NoticeList), records.Find{Query: "newest",
		Equal: records.Fields{"open": true}, Limit: mostNotices})
	if err != nil {
		return nil, err
	}
	list := make([]OpenNotice, len(page.Records))
	for i, r := range page.Records {
		list[i] = OpenNotice{r.ID, r.Body}
	}
	return list, nil
}

// Acknowledge records that the management has read a notice. If somebody did so before, nothing changes.
func (s *Service) Acknowledge(ctx context.Context, c access.Caller, id string) error {
	by := records.By(c, access.NoticeAcknowledge)
	if err := s.gate.May(ctx, by, ""); err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, tx *records.Tx, _ *account.Mailbag) error {
		r, err := notices.Get(ctx, tx, by.On(id))
		if err != nil || !r.Body.Open() {
			return err
		}
		if err := settle(ctx, tx, by.On(id), c.Account, s.now()); err != nil {
			return err
		}
		return s.gate.Note(ctx, tx, by.Note("title", r.Body.Title), "", audit.Done)
	})
}

// settle marks a notice as acknowledged, if there is one.
func settle(ctx context.Context, tx *records.Tx, notice records.Target, by string, at time.Time) error {
	_, err := notices.Update(ctx, tx, notice, func(n *Notice) error {
		if n.Open() {
			n.Acknowledged, n.By = at, by
		}
		return nil
	})
	if errors.Is(err, model.ErrNotFound) {
		return nil
	}
	return err
}
