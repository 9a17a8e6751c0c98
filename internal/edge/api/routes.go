package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

type caller = access.Caller

// route is one row of the table.
type route struct {
	id, method, path string
	summary, says    string
	action           access.Action // what the gate will be asked for; refused, with an entry, before the body is read
	shows            access.Action // of a change: the action of reading what its answer shows
	kind             string        // collection of {id}
	ahead            bool          // the record {id} is read in one batch with the token
	status           int
	raw              func(http.ResponseWriter, *http.Request, *visit) error // see addRaw
}

const (
	inWorkspace = root + "/workspaces/{ws}"
	oneReport   = inWorkspace + "/reports/{id}"
)

const keyed = "With an Idempotency-Key header, repeating the request within 24 hours has no second effect."

// routes registers all operations.
func (a *API) routes() {
	get, post := http.MethodGet, http.MethodPost
	add(a, route{id: "me", method: get, path: root + "/me", summary: "Who the token belongs to"}, a.me)
	add(a, route{id: "list-workspaces", method: get, path: root + "/workspaces", summary: "List your workspaces"},
		a.listWorkspaces)
	add(a, route{id: "list-report-types", method: get, path: root + "/report-types",
		summary: "List the types of report", says: "With their fields, and the form of the fields' values."},
		a.listReportTypes)

	productions := inWorkspace + "/productions"
	add(a, route{id: "list-productions", method: get, path: productions, summary: "List productions",
		says: "The latest first.", action: access.ProductionList}, a.listProductions)
	add(a, route{id: "create-production", method: post, path: productions, summary: "Add a production",
		says: keyed, action: access.ProductionCreate, shows: access.ProductionRead, status: http.StatusCreated},
		a.createProduction)
	performances := productions + "/{id}/performances"
	add(a, route{id: "list-performances", method: get, path: performances,
		summary: "List the performances of a production",
		says:    "Earliest first.", action: access.PerformanceList, kind: "productions", ahead: true},
		a.listPerformances)
	add(a, route{id: "create-performance", method: post, path: performances, summary: "Schedule a performance",
		says: keyed, action: access.PerformanceCreate, shows: access.PerformanceRead, kind: "productions",
		status: http.StatusCreated}, a.createPerformance)

	reports := inWorkspace + "/reports"
	add(a, route{id: "list-reports", method: get, path: reports, summary: "List or search reports",
		says: "Latest first. Only the reports that are meant for you.", action: access.ReportList}, a.listReports)
	add(a, route{id: "create-report", method: post, path: reports, summary: "Begin a draft",
		says: keyed, action: access.ReportCreate, shows: access.ReportRead, status: http.StatusCreated}, a.createReport)
	add(a, route{id: "read-report", method: get, path: oneReport, summary: "Read a report",
		action: access.ReportRead, kind: "reports", ahead: true}, a.readReport)
	add(a, route{id: "change-report", method: http.MethodPatch, path: oneReport, summary: "Change a draft",
		says: "By its author only. A filed report cannot be changed, only amended.", action: access.ReportUpdate,
		shows: access.ReportRead, kind: "reports", ahead: true}, a.changeReport)
	add(a, route{id: "trash-report", method: http.MethodDelete, path: oneReport, summary: "Put a report in the trash",
		says: "It stays there for 30 days. You must be allowed to read all of it.", action: access.ReportTrash,
		kind: "reports", ahead: true, status: http.StatusNoContent}, a.trashReport)
	a.steps()
	a.fileRoutes()
	add(a, route{id: "read-audit", method: get, path: inWorkspace + "/audit", summary: "Read the audit trail",
		says: "Newest first, for 14 days. Reading it leaves an entry too.", action: access.AuditRead}, a.listAudit)
	add(a, route{id: "check-audit", method: get, path: inWorkspace + "/audit/check", summary: "Check the audit trail",
		says: "Compares every entry with its checkpoint, and finds entries that were removed, changed or added " +
			"other than by the product. At most 60 times an hour.",
		action: access.AuditCheck}, a.checkAudit)
}

// steps registers the changes of a report's state.
func (a *API) steps() {
	add(a, step("file", "File a draft", "It gets its number, and can no longer be changed.", access.ReportFile),
		a.fileReport)
	add(a, step("accept", "Accept a filed report", "", access.ReportAccept), a.acceptReport)
	add(a, step("query", "Send a filed report back with a question", "", access.ReportQuery), a.queryReport)
	add(a, step("amend", "Amend a filed report", "With a reason: it is filed again as its next version.",
		access.ReportAmend), a.amendReport)
}

func step(name, summary, says string, action access.Action) route {
	return route{id: name + "-report", method: http.MethodPost, path: oneReport + "/" + name, summary: summary,
		says:   says + " " + keyed,
		action: action, shows: access.ReportRead, kind: "reports"}
}

const routeKey = "route"

// add registers an operation. Its handler runs only if the caller is known and their role and token allow the action.
func add[I, O any](a *API, r route, handle func(context.Context, *visit, *I) (*O, error)) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.method != http.MethodGet && r.status != http.StatusNoContent {
		if r.shows == "" {
			panic("api: the route " + r.id + " must name the action of reading what its answer shows")
		}
		r.says = strings.TrimSpace(r.says + " " + receiptSays)
	}
	op := r.operation()
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		v := visitOf(ctx)
		var out *O
		var same *unchanged
		visit := func(ctx context.Context) (err error) {
			if out, err = handle(ctx, v, in); errors.As(err, &same) {
				return nil // not a failure: the gate has recorded the read
			}
			return err
		}
		var err error
		if r.method == http.MethodGet {
			err = a.o.Identity.AsOne(ctx, "", visit)
		} else {
			err = visit(ctx)
		}
		if err != nil {
			return nil, failed(ctx, err)
		}
		if same != nil {
			return nil, same
		}
		return out, nil
	})
}

// operation describes the route to the library.
func (r *route) operation() huma.Operation {
	return huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Description: r.says,
		DefaultStatus: r.status,
		Metadata:      map[string]any{routeKey: r}, Security: []map[string][]string{{"token": {}}},
		Parameters:       r.params(),
		SkipValidateBody: true, // readJSON rejects unknown fields, and the use case invalid values
		MaxBodyBytes:     maxBody,
	}
}

// failed makes a Problem of an error, and logs the private text.
func failed(ctx context.Context, err error) error {
	var done huma.StatusError
	if errors.As(err, &done) {
		return err
	}
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		logging.From(ctx).ErrorContext(ctx, "api", "error", err)
	}
	return p
}

// params are the parameters that are in no input structure: those of the path, and the Idempotency-Key of a POST.
func (r *route) params() []*huma.Param {
	text := func() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }
	var list []*huma.Param
	if strings.Contains(r.path, "{ws}") {
		list = append(list, &huma.Param{Name: "ws", In: "path", Required: true, Schema: text(),
			Description: "The workspace's id or slug."})
	}
	if r.kind != "" {
		list = append(list, &huma.Param{Name: "id", In: "path", Required: true, Schema: text(),
			Description: "The record's id."})
	}
	if r.method == http.MethodPost {
		list = append(list, &huma.Param{Name: "Idempotency-Key", In: "header", Schema: text(),
			Description: "At most 255 characters; a new one for each new request."})
	}
	return list
}
