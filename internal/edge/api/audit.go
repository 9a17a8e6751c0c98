package api

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

// Entry is one line of the audit trail.
type Entry struct {
	ID       string            `json:"id"`
	At       time.Time         `json:"at"`
	Actor    Actor             `json:"actor"`
	Action   string            `json:"action" doc:"Such as report.read."`
	Record   string            `json:"record" doc:"Such as reports/abc; empty if the action is not about a single record."`
	Outcome  string            `json:"outcome" enum:"done,denied,failed,begun"`
	Request  string            `json:"request" doc:"The id of the request, as in its X-Request-Id header."`
	Sentence string            `json:"sentence" doc:"The same in words."`
	Shown    []string          `json:"shown,omitempty" doc:"The records whose content was disclosed."`
	Labels   map[string]string `json:"labels,omitempty" doc:"Details in words, such as titles and reasons."`
}

// Actor is who acted.
type Actor struct {
	ID   string `json:"id" doc:"An account id, or system."`
	Name string `json:"name" doc:"The name at that time."`
	Role string `json:"role" doc:"The role in the workspace at that time."`
}

func entryOf(e *audit.Entry) Entry {
	return Entry{
		ID: e.ID, At: e.At, Actor: Actor{ID: e.Actor.ID, Name: e.Actor.Name, Role: string(e.Actor.Role)},
		Action: string(e.Action), Record: e.Record, Outcome: string(e.Outcome), Request: e.Request,
		Sentence: e.Sentence(),
		Shown:    e.Shown, Labels: e.Labels,
	}
}

type auditIn struct {
	Paging
	Since   time.Time `query:"since" doc:"Entries from this time on."`
	Until   time.Time `query:"until" doc:"Entries before this time."`
	Actor   string    `query:"actor" maxLength:"64"`
	Action  string    `query:"action" maxLength:"64"`
	Record  string    `query:"record" maxLength:"128" doc:"An id, or kind and id such as reports/abc: entries that are about that record or disclosed its content."`
	Outcome string    `query:"outcome" enum:"done,denied,failed,begun"`
}

func (a *API) listAudit(ctx context.Context, v *visit, in *auditIn) (*listOut[Entry], error) {
	page, err := a.o.Workspaces.History(ctx, v.caller(), audit.Filter{
		Since: in.Since, Until: in.Until, Actor: in.Actor, Action: access.Action(in.Action), Record: in.Record,
		Outcome: audit.Outcome(in.Outcome),
	}, in.limit(), in.Cursor)
	if err != nil {
		return nil, err
	}
	items := make([]Entry, len(page.Entries))
	for i, e := range page.Entries {
		items[i] = entryOf(e)
	}
	return &listOut[Entry]{Link: v.nextLink(page.Next), Body: List[Entry]{Items: items, NextCursor: page.Next}}, nil
}
