package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

type reportRecord = records.Record[shows.Report]

type listReportsIn struct {
	Paging
	Q          string `query:"q" maxLength:"200" doc:"Words that must all occur in the parts that you may read."`
	Production string `query:"production" maxLength:"64" doc:"The id of a production."`
	State      string `query:"state" enum:"draft,filed,accepted,queried"`
}

func (a *API) listReports(ctx context.Context, v *visit, in *listReportsIn) (*listOut[ReportSummary], error) {
	page, err := a.o.Stage.Reports(ctx, v.caller(), shows.ReportList{
		Limit: in.limit(), Cursor: in.Cursor, Search: in.Q, Production: in.Production, State: shows.State(in.State),
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
	out, err := a.changed(ctx, v, &in.Body, func(c caller) (reportRecord, error) {
		return a.o.Stage.CreateReport(ctx, c, in.Body.input())
	})
	if err != nil {
		return nil, err
	}
	out.Location = strings.TrimRight(v.path, "/") + "/" + out.Body.id()
	return out, nil
}

// changed runs a POST that creates or changes a report, once per Idempotency-Key.
func (a *API) changed(ctx context.Context, v *visit, body any, do func(caller) (reportRecord, error)) (
	*madeOut[Report], error) {
	r, replayed, err := once(ctx, a, v, "reports", a.o.Stage.ReportStat, body, do,
		func(id string) (reportRecord, error) { return a.o.Stage.Report(ctx, v.caller(), id) })
	if err != nil {
		return nil, err
	}
	return made(v, r, replayed, reportOf), nil
}

type readReportIn struct {
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag of a version that you have, or several. If one of them is current, the answer is 304."`
	Match
}

func (a *API) readReport(ctx context.Context, v *visit, _ *readReportIn) (*oneOut[Report], error) {
	r, err := a.o.Stage.ReportUnless(ctx, v.caller(), v.record, func(version int64) bool {
		status, _ := v.reading(version)
		return status != 0
	})
	if err != nil {
		return nil, err
	}
	switch status, tag := v.reading(r.Version); status {
	case http.StatusNotModified:
		return nil, &unchanged{tag}
	case http.StatusPreconditionFailed:
		return nil, errStale
	}
	return &oneOut[Report]{ETag: etag(r.Version), Body: reportOf(r)}, nil
}

type changeReportIn struct {
	Match
	Body struct {
		Production *string `json:"production,omitempty" doc:"The id of another production."`
		ReportChange
	}
}

func (a *API) changeReport(ctx context.Context, v *visit, in *changeReportIn) (*changedOut[Report], error) {
	change := in.Body.input()
	change.Production = in.Body.Production
	r, err := matching(ctx, a, v, func(version int64) (reportRecord, error) {
		return a.o.Stage.UpdateReport(ctx, v.caller(), v.record, version, change)
	})
	if err != nil {
		return nil, err
	}
	return &changedOut[Report]{ETag: etag(r.Version), Body: contentOf(v, r, reportOf)}, nil
}

type trashReportIn struct{ Match }

func (a *API) trashReport(ctx context.Context, v *visit, _ *trashReportIn) (*struct{}, error) {
	_, err := matching(ctx, a, v, func(version int64) (reportRecord, error) {
		return a.o.Stage.TrashReport(ctx, v.caller(), v.record, version)
	})
	return nil, err
}

type decideIn struct{ Match }

type fileReportIn struct {
	Match
	Confirmation
}

func (a *API) fileReport(ctx context.Context, v *visit, in *fileReportIn) (*madeOut[Report], error) {
	return a.decided(ctx, v, nil, func(ctx context.Context, c caller, id string, version int64) (reportRecord, error) {
		return a.o.Stage.FileConfirmed(ctx, c, id, version, in.Confirm)
	})
}

func (a *API) acceptReport(ctx context.Context, v *visit, in *decideIn) (*madeOut[Report], error) {
	return a.decided(ctx, v, nil, a.o.Stage.AcceptReport)
}

type queryReportIn struct {
	Match
	Body struct {
		Text string `json:"text" doc:"The question to the author. Required."`
	}
}

func (a *API) queryReport(ctx context.Context, v *visit, in *queryReportIn) (*madeOut[Report], error) {
	return a.decided(ctx, v, &in.Body, func(ctx context.Context, c caller, id string, version int64) (reportRecord,
		error) {
		return a.o.Stage.QueryReport(ctx, c, id, version, in.Body.Text)
	})
}

type amendReportIn struct {
	Match
	Confirmation
	Body struct {
		Reason string `json:"reason" doc:"The reason, for people who have read the report before. Required."`
		ReportChange
	}
}

func (a *API) amendReport(ctx context.Context, v *visit, in *amendReportIn) (*madeOut[Report], error) {
	return a.decided(ctx, v, &in.Body, func(ctx context.Context, c caller, id string, version int64) (reportRecord,
		error) {
		return a.o.Stage.AmendReport(ctx, c, id, version, in.Body.Reason, in.input())
	})
}

func (in *amendReportIn) input() shows.ReportInput {
	input := in.Body.input()
	input.Confirm = in.Confirm
	return input
}

// decided makes a change of a report's state, under the conditions of the request.
func (a *API) decided(ctx context.Context, v *visit, body any, step func(context.Context, caller, string,
	int64) (reportRecord, error)) (*madeOut[Report], error) {
	return a.changed(ctx, v, body, func(c caller) (reportRecord, error) {
		return matching(ctx, a, v, func(version int64) (reportRecord, error) {
			return step(ctx, c, v.record, version)
		})
	})
}
