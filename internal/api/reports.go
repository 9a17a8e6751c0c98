package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/tinyoperahouse/toh/internal/records"
	"github.com/tinyoperahouse/toh/internal/stage"
)

type reportRecord = records.Record[stage.Report]

type listReportsIn struct {
	Paging
	Q          string `query:"q" maxLength:"200" doc:"Words that must all occur in what you may read."`
	Production string `query:"production" maxLength:"64" doc:"The id of a production."`
	State      string `query:"state" enum:"draft,filed,accepted,queried"`
}

func (a *API) listReports(ctx context.Context, v *visit, in *listReportsIn) (*listOut[ReportSummary], error) {
	page, err := a.o.Stage.Reports(ctx, v.caller, stage.ReportList{
		Limit: in.limit(), Cursor: in.Cursor, Search: in.Q, Production: in.Production, State: stage.State(in.State),
	})
	if err != nil {
		return nil, err
	}
	return listed(v, page.Records, page.Next, summaryOf), nil
}

type newReportIn struct {
	Body NewReport
}

func (a *API) createReport(ctx context.Context, v *visit, in *newReportIn) (*madeOut[Report], error) {
	out, err := a.changed(ctx, v, &in.Body, func(ctx context.Context) (reportRecord, error) {
		return a.o.Stage.CreateReport(ctx, v.caller, in.Body.input())
	})
	if err != nil {
		return nil, err
	}
	out.Location = strings.TrimRight(v.path, "/") + "/" + out.Body.id()
	return out, nil
}

// changed runs a POST that makes or changes a report, once per Idempotency-Key.
func (a *API) changed(ctx context.Context, v *visit, body any, do func(context.Context) (reportRecord, error)) (*madeOut[Report], error) {
	r, replayed, err := once(ctx, a, v, stage.Reports, body, do, func(ctx context.Context, id string) (reportRecord, error) {
		return a.o.Stage.Report(ctx, v.caller, id)
	})
	if err != nil {
		return nil, err
	}
	return made(v, r, replayed, reportOf), nil
}

type readReportIn struct {
	IfNoneMatch string `header:"If-None-Match" doc:"An ETag that you have: the answer is 304 if it still holds."`
}

func (a *API) readReport(ctx context.Context, v *visit, in *readReportIn) (*oneOut[Report], error) {
	r, err := a.o.Stage.Report(ctx, v.caller, v.record)
	if err != nil {
		return nil, err
	}
	if tag := etag(r.Version); in.IfNoneMatch == tag {
		return nil, &unchanged{tag}
	}
	return &oneOut[Report]{ETag: etag(r.Version), Body: reportOf(r)}, nil
}

// unchanged is the answer to a reader who has the version that is there. It is audited as any other reading.
type unchanged struct{ tag string }

// Error is for the library: answers other than the usual one are errors to it.
func (*unchanged) Error() string { return "not modified" }

// GetStatus is 304.
func (*unchanged) GetStatus() int { return http.StatusNotModified }

// GetHeaders repeats the tag.
func (u *unchanged) GetHeaders() http.Header { return http.Header{"Etag": {u.tag}} }

// Match is the condition under which a record may be changed.
type Match struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the version that you mean to change. If another one is there the answer is 412."`
}

type changeReportIn struct {
	Match
	Body struct {
		Production *string `json:"production,omitempty" doc:"The id of another production."`
		ReportChange
	}
}

func (a *API) changeReport(ctx context.Context, v *visit, in *changeReportIn) (*changedOut[Report], error) {
	version, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	change := in.Body.input()
	change.Production = in.Body.Production
	r, err := a.o.Stage.UpdateReport(ctx, v.caller, v.record, version, change)
	if err != nil {
		return nil, err
	}
	return &changedOut[Report]{ETag: etag(r.Version), Body: contentOf(v, r, reportOf)}, nil
}

type trashReportIn struct{ Match }

func (a *API) trashReport(ctx context.Context, v *visit, in *trashReportIn) (*struct{}, error) {
	version, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	_, err = a.o.Stage.TrashReport(ctx, v.caller, v.record, version)
	return nil, err
}

type decideIn struct{ Match }

type fileReportIn struct {
	Match
	Confirmation
}

func (a *API) fileReport(ctx context.Context, v *visit, in *fileReportIn) (*madeOut[Report], error) {
	return a.decided(ctx, v, in.Match, nil, func(ctx context.Context, c caller, id string, version int64) (reportRecord, error) {
		return a.o.Stage.FileConfirmed(ctx, c, id, version, in.Confirm)
	})
}

func (a *API) acceptReport(ctx context.Context, v *visit, in *decideIn) (*madeOut[Report], error) {
	return a.decided(ctx, v, in.Match, nil, a.o.Stage.AcceptReport)
}

type queryReportIn struct {
	Match
	Body struct {
		Text string `json:"text" doc:"What you ask the author. Required."`
	}
}

func (a *API) queryReport(ctx context.Context, v *visit, in *queryReportIn) (*madeOut[Report], error) {
	return a.decided(ctx, v, in.Match, &in.Body, func(ctx context.Context, c caller, id string, version int64) (reportRecord, error) {
		return a.o.Stage.QueryReport(ctx, c, id, version, in.Body.Text)
	})
}

type amendReportIn struct {
	Match
	Confirmation
	Body struct {
		Reason string `json:"reason" doc:"Why, for whoever read it before. Required."`
		ReportChange
	}
}

func (a *API) amendReport(ctx context.Context, v *visit, in *amendReportIn) (*madeOut[Report], error) {
	return a.decided(ctx, v, in.Match, &in.Body, func(ctx context.Context, c caller, id string, version int64) (reportRecord, error) {
		return a.o.Stage.AmendReport(ctx, c, id, version, in.Body.Reason, in.input())
	})
}

func (in *amendReportIn) input() stage.ReportInput {
	input := in.Body.input()
	input.Confirm = in.Confirm
	return input
}

// decided runs a step of a report's life under the condition of the request.
func (a *API) decided(ctx context.Context, v *visit, m Match, body any, step func(context.Context, caller, string, int64) (reportRecord, error)) (*madeOut[Report], error) {
	version, err := ifMatch(m.IfMatch)
	if err != nil {
		return nil, err
	}
	return a.changed(ctx, v, body, func(ctx context.Context) (reportRecord, error) { return step(ctx, v.caller, v.record, version) })
}
