package workspace

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Agreement is one version of the agreement on data processing that the management accepted for the company. Its id is
// made of the version's day and hash, so that a version is accepted once. It is never changed and never removed: it is
// what the company agreed to.
type Agreement struct {
	Version string    `json:"version"` // the day from which the version holds
	Sum     string    `json:"sum"`     // SHA-256 of its text
	By      string    `json:"by"`      // account
	ByName  string    `json:"by_name"` // as the person was called then
	At      time.Time `json:"at"`
}

// mostAgreements bounds the list of what was accepted. There is a version every few months at most.
const mostAgreements = 50

var sumForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

var agreements = records.Declare(records.Spec[Agreement]{
	Name: "agreements", In: model.WorkspaceScope,
	About: model.About{
		Heading: model.OfCompany, Name: "Accepted agreements",
		Purpose: "Which version of the data processing agreement the company accepted, when, and by whom.",
		Until:   untilWorkspace,
	},
	Under: records.Under{
		records.List:   {access.AgreementRead},
		records.Serve:  {access.AgreementAccept},
		records.Create: {access.AgreementAccept},
	},
	Label:   func(a *Agreement) string { return "version of " + a.Version },
	Check:   (*Agreement).check,
	Fields:  []records.Field{{Name: "at", Type: records.Time}},
	Queries: []records.Query{{Name: "newest", Order: []records.Order{{Field: "at", Desc: true}}}},
	Index:   func(a *Agreement) records.Fields { return records.Fields{"at": a.At} },
})

func (a *Agreement) check() error {
	if _, err := time.Parse(time.DateOnly, a.Version); err != nil || !sumForm.MatchString(a.Sum) || a.By == "" {
		return model.Invalid("This is no version of the agreement.")
	}
	return nil
}

func (a *Agreement) id() string { return a.Version + "-" + a.Sum[:16] }

// Agreements are the versions of the agreement on data processing that were accepted for the company, the latest first.
func (s *Service) Agreements(ctx context.Context, c access.Caller) ([]Agreement, error) {
	page, err := agreements.Find(ctx, s.gate, records.By(c, access.AgreementRead), records.Find{Query: "newest",
		Limit: mostAgreements})
	if err != nil {
		return nil, err
	}
	list := make([]Agreement, len(page.Records))
	for i, r := range page.Records {
		list[i] = r.Body
	}
	return list, nil
}

// AcceptAgreement records that the company agrees to a version, which is named by its day and the hash of its text. If
// it did so already, nothing changes.
func (s *Service) AcceptAgreement(ctx context.Context, c access.Caller, version, sum string) error {
	a := Agreement{Version: version, Sum: sum, By: c.Account, ByName: c.Name, At: s.now()}
	if err := s.gate.May(ctx, records.By(c, access.AgreementAccept), ""); err != nil {
		return err
	}
	if err := a.check(); err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, tx *records.Tx, _ *account.Mailbag) error {
		by := records.By(c, access.AgreementAccept)
		_, err := agreements.Get(ctx, tx, by.On(a.id()))
		if !errors.Is(err, model.ErrNotFound) {
			return err
		}
		if err := settle(ctx, tx, by.On(AgreementNotice(version, sum)), c.Account, a.At); err != nil {
			return err
		}
		_, err = agreements.Create(ctx, tx, by.On(a.id()), a)
		return err
	})
}

// AgreementNotice is the id of the notice that says of a version that it will hold. Who accepts that version has
// acknowledged the notice.
func AgreementNotice(version, sum string) string {
	return "agreement-" + (&Agreement{Version: version, Sum: sum}).id()
}
