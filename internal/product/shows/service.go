package shows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// TrashTime is how long something stays in the trash before it is removed for good.
const TrashTime = 30 * 24 * time.Hour

// untilTrashed is how long everything is kept that can be moved to the trash.
var untilTrashed = "Until it is moved to the trash, and then " + model.Span(TrashTime) +
	". Then it is removed for good."

// Members returns which of the given accounts are now members of the caller's workspace, with their names there. Others
// are left out, whether or not they exist elsewhere.
type Members func(ctx context.Context, c access.Caller, accounts []string) (map[string]string, error)

// Options are what a Service needs.
type Options struct {
	Gate    *records.Gate
	Members Members
	Clock   model.Clock
	// EmptyAt asks that EmptyTrash run in a workspace at or soon after an instant; asking twice does no harm. It may be
	// nil.
	EmptyAt func(ctx context.Context, workspace model.Scope, at time.Time) error
	// Attached are the files of reports and productions. It may be nil.
	Attached Attached
}

// Attached are the files of reports and productions. Who may read or change them follows from what they belong to: see
// Holders.
type Attached interface {
	// Withheld reports whether something has files that the caller may not read.
	Withheld(ctx context.Context, tx *records.Tx, c access.Caller, of records.Held) (bool, error)
	// RemoveAll removes all files of something, in the transaction that removes that for good.
	RemoveAll(ctx context.Context, tx *records.Tx, c access.Caller, of records.Held) error
}

// nothingAttached is where there are no files.
type nothingAttached struct{}

func (nothingAttached) Withheld(context.Context, *records.Tx, access.Caller, records.Held) (bool, error) {
	return false, nil
}

func (nothingAttached) RemoveAll(context.Context, *records.Tx, access.Caller, records.Held) error {
	return nil
}

// Holders are what files can belong to, by the names of their kinds.
func Holders() map[string]records.Holder {
	return map[string]records.Holder{reports.Name(): reports, productions.Name(): productions}
}

// OfReport and OfProduction say what a file belongs to.
func OfReport(id string) records.Held     { return records.Held{Kind: reports.Name(), ID: id} }
func OfProduction(id string) records.Held { return records.Held{Kind: productions.Name(), ID: id} }

// Service is the use cases for shows. It is safe for concurrent use.
type Service struct {
	gate    *records.Gate
	members Members
	clock   model.Clock
	emptyAt func(context.Context, model.Scope, time.Time) error
	files   Attached
}

// New makes a service.
func New(o Options) *Service {
	if o.EmptyAt == nil {
		o.EmptyAt = func(context.Context, model.Scope, time.Time) error { return nil }
	}
	if o.Attached == nil {
		o.Attached = nothingAttached{}
	}
	return &Service{gate: o.Gate, members: o.Members, clock: o.Clock, emptyAt: o.EmptyAt, files: o.Attached}
}

// Kinds are the kinds of document of this package.
func Kinds() []records.Declared {
	return []records.Declared{productions, performances, reports, versions, counters}
}

// may refuses a caller whose role does not allow the action, before any of the input is looked at.
func (s *Service) may(ctx context.Context, c access.Caller, a access.Action, record string) error {
	return s.gate.May(ctx, records.By(c, a), record)
}

// strangers are the named accounts that are not members, with the field that names each.
func (s *Service) strangers(ctx context.Context, c access.Caller, named map[string]string) (map[string]string, error) {
	if len(named) == 0 {
		return nil, nil
	}
	asked := make([]string, 0, len(named))
	unknown := make(map[string]string, len(named))
	for id, field := range named {
		unknown[id] = field
		if model.ValidID(id) {
			asked = append(asked, id)
		}
	}
	found, err := s.members(ctx, c, asked)
	if err != nil {
		return nil, fmt.Errorf("look for members: %w", err)
	}
	for id := range found {
		delete(unknown, id)
	}
	return unknown, nil
}

func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Microsecond) }

// done is the caller and the current time.
func (s *Service) done(c access.Caller) *Done { return &Done{By: person(c), At: s.now()} }

func person(c access.Caller) Person { return Person{ID: c.Account, Name: c.Name} }

// newID is the id that the edge chose, or a new one.
func newID(chosen string) string {
	if chosen != "" {
		return chosen
	}
	return model.NewID()
}

// inTrash is the error for something in the trash, for those who do not look into the trash.
func inTrash() error { return &model.Error{Kind: model.ErrNotFound} }

func isNotFound(err error) bool { return errors.Is(err, model.ErrNotFound) }

// record names a document in the trail; what cannot be an id is not repeated there.
func record(kind interface{ Name() string }, id string) string {
	if !model.ValidID(id) {
		return ""
	}
	return kind.Name() + "/" + id
}
