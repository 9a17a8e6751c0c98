package erasure

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// State is how far an erasure has come.
type State string

// The states of an erasure, in their order. A stopped one ends after Waiting.
const (
	Waiting  State = "waiting"  // until it is due, the management can stop it
	Stopped  State = "stopped"  // it was, or whoever asked left the management
	Closed   State = "closed"   // nobody can enter the workspace any more
	Shredded State = "shredded" // its keys are destroyed
	Cleared  State = "cleared"  // its documents are removed
	Done     State = "done"     // the receipt is signed
)

// request is a request to erase a workspace, and what became of it. Its id is also that of the receipt: whoever knows
// it may read how far the erasure is.
type request struct {
	Workspace string    `json:"workspace"`
	State     State     `json:"state"`
	Asked     time.Time `json:"asked"`
	Due       time.Time `json:"due"`
	Began     time.Time `json:"began,omitzero"`
	Shredded  time.Time `json:"shredded,omitzero"`
	Finished  time.Time `json:"finished,omitzero"`

	Found   map[string]int64 `json:"found,omitempty"`   // documents by kind
	Removed int64            `json:"removed,omitempty"` // documents so far
	Sample  sample           `json:"sample,omitzero"`
	Receipt []byte           `json:"receipt,omitempty"` // signed

	// Leaving is dropped when the receipt is on its way.
	Leaving *workspace.Leaving `json:"leaving,omitempty"`
}

// sample is the beginning of one document as it was stored.
type sample struct {
	Kind   string `json:"kind"`
	Stored []byte `json:"stored"`
}

var requests = records.Declare(records.Spec[request]{
	Name: "endings", In: model.PlatformScope, Quiet: true,
	About: model.About{
		Heading: model.OfCompany, Name: "Erasures of workspaces",
		Purpose: "That a workspace is to be erased, how far that has come, and the receipt. While it goes on, the " +
			"addresses of the management, who get the receipt; after that it names nobody.",
		Until: "For good, so that a receipt can always be found and checked. One that was stopped, until " +
			model.Span(keepStopped) + " after it was due.",
	},
	Under: records.Under{
		records.Read:   {access.ErasureRead},
		records.Serve:  {access.ErasureKeep},
		records.Create: {access.ErasureKeep},
		records.Change: {access.ErasureKeep},
	},
	Fields: []records.Field{{Name: "ends", Type: records.Time}},
	TTL:    "ends",
	Index: func(r *request) records.Fields {
		if r.State != Stopped {
			return nil
		}
		return records.Fields{"ends": r.Due.Add(keepStopped)}
	},
})

const keepStopped = 30 * 24 * time.Hour

// Kinds are all kinds of this package.
func Kinds() []records.Declared { return []records.Declared{requests} }

func system(job string) access.Caller { return access.SystemCaller(model.Platform(), "erasure", job) }

// Asked keeps a request, and adds the job that carries it out, in the transaction that records it in the workspace.
func (s *Service) Asked(ctx context.Context, v records.Via, of model.Scope, e workspace.Ending) error {
	_, err := requests.Create(ctx, v, records.By(system(""), access.ErasureKeep).On(e.ID),
		request{Workspace: of.ID, State: Waiting, Asked: e.Asked, Due: e.Due})
	if err != nil {
		return err
	}
	return s.later(ctx, v, e.ID, Waiting, 0, e.Due)
}

// Stopped keeps that a request was stopped, in the transaction that drops it from the workspace.
func (s *Service) Stopped(ctx context.Context, v records.Via, e workspace.Ending) error {
	_, err := requests.Update(ctx, v, records.By(system(""), access.ErasureKeep).On(e.ID), func(r *request) error {
		if r.State == Waiting {
			r.State = Stopped
		}
		return nil
	})
	return err
}
