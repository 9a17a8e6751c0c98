package canary

import (
	"context"
	"fmt"
	"slices"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// document is one that the controls have made, with words that only it and its like hold.
type document struct {
	ref   records.Ref
	words []string
}

// documents are what is examined of a company: a production, its reports, and the accounts of its members.
func (c *company) documents() []document {
	scope := model.Workspace(c.Workspace)
	list := []document{{records.Ref{Scope: scope, Collection: "productions", ID: c.Production}, []string{c.Open}}}
	for _, id := range c.Reports {
		list = append(list, document{records.Ref{Scope: scope, Collection: "reports", ID: id},
			[]string{c.Open, c.Sealed}})
	}
	for _, m := range c.Members {
		list = append(list, document{account.RefOf(m.Account), []string{m.Email}})
	}
	return list
}

// storedForm: no word of a document can be read in its stored form, and its bytes open nowhere else.
func (s *Service) storedForm(ctx context.Context, one, two *company) promise.Finding {
	all := slices.Concat(one.documents(), two.documents())
	for _, d := range all {
		e, err := s.examine(ctx, d, all)
		switch {
		case err != nil:
			return undecided("A stored document could not be examined.", err)
		case e.Plain:
			return promise.Fail("a word can be read in a stored document of %s", d.ref.Collection)
		case e.Moved:
			return promise.Fail("a stored document of %s opens in another's place", d.ref.Collection)
		}
	}
	return promise.Pass("Of %d stored documents no word could be read, and none opened in another's place.", len(all))
}

func (s *Service) examine(ctx context.Context, d document, all []document) (records.Examined, error) {
	i := slices.IndexFunc(s.o.Kinds, func(k records.Declared) bool { return k.Name() == d.ref.Collection })
	if i < 0 {
		return records.Examined{}, fmt.Errorf("canary: no kind %s: %w", d.ref.Collection, model.ErrInvalid)
	}
	var places []records.Ref
	for _, other := range all {
		if other.ref != d.ref && other.ref.Collection == d.ref.Collection {
			places = append(places, other.ref)
		}
	}
	return s.o.Kinds[i].Examine(ctx, s.o.Gate, d.ref, d.words, places...)
}
