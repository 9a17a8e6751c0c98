package api

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/condition"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

// visit is what is known of one request: the caller, and what is asked for.
type visit struct {
	who       identity.Identity
	record    string // {id} of the path
	path      string // of the request, as it was asked for
	query     string
	match     condition.List
	noneMatch condition.List
	replayID  string // the id under which the Idempotency-Key is stored; "" without one

	action access.Action // of the route
	blind  bool          // the token may make the change, but not read the record
	shows  bool          // the answer to a change shows the record
}

// caller is the caller for the gate: in the workspace, or in their own account.
func (v *visit) caller() caller {
	c := v.who.Caller()
	c.Shows = v.shows
	return c
}

// whole is the caller for a list whose answer shows complete records.
func (v *visit) whole() caller {
	c := v.caller()
	c.Shows = true
	return c
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// wrap makes an operation's handler run only for requests that enter allows. The library calls it for every route.
func (a *API) wrap(op *huma.Operation, m *mux.Route) {
	r, ok := op.Metadata[routeKey].(*route)
	if !ok {
		return
	}
	inside := m.GetHandler()
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, h *http.Request) {
		line := logging.LineOf(h.Context())
		line.Route, line.Template = r.id, r.path
		whole := h
		ctx, cancel := context.WithTimeout(h.Context(), a.o.Timeout)
		defer cancel()
		h = h.WithContext(ctx)
		v, err := a.enter(r, h)
		if err != nil {
			tell(ctx, w, err)
			return
		}
		line.Workspace = v.who.WorkspaceID()
		if r.raw != nil {
			cancel()
			a.pass(w, whole, r, v)
			ctx, cancel = context.WithTimeout(whole.Context(), a.o.Timeout)
			defer cancel()
		} else {
			h = h.WithContext(context.WithValue(ctx, visitKey{}, v))
			h.Body = http.MaxBytesReader(w, h.Body, maxBody)
			inside.ServeHTTP(w, h)
		}
		a.leave(ctx, v)
	}))
}

// tell answers with a Problem outside the library's handlers.
func tell(ctx context.Context, w http.ResponseWriter, err error) {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		logging.From(ctx).ErrorContext(ctx, "api", "error", err)
	}
	p.write(w)
}

// enter identifies the caller and decides whether they may do this at all, before anything of the body is read. All
// documents for that, and the one that the route reads ahead, are fetched in one batched read.
func (a *API) enter(r *route, h *http.Request) (*visit, error) {
	vars := mux.Vars(h)
	v := &visit{record: vars["id"], path: h.URL.EscapedPath(), query: h.URL.RawQuery, action: r.action}
	ctx := h.Context()
	if err := a.identify(h, r, v, vars["ws"]); err != nil {
		return nil, err
	}
	if err := a.meter(ctx, v); err != nil {
		return nil, err
	}
	if err := a.may(ctx, r, v); err != nil {
		return nil, err
	}
	v.blind = r.shows != "" && !access.Can(v.caller(), r.shows)
	v.shows = r.shows != "" && !v.blind
	if err := acceptable(r, h); err != nil {
		return nil, err
	}
	if err := checkConditions(r, h.Header); err != nil {
		return nil, err
	}
	v.match, v.noneMatch = condition.Read(h.Header, "If-Match"), condition.Read(h.Header, "If-None-Match")
	if key := h.Header.Get("Idempotency-Key"); key != "" && r.method == http.MethodPost {
		if err := checkKey(key); err != nil {
			return nil, err
		}
		v.replayID = replayID(v.who.WorkspaceID(), r.id, v.record, key)
	}
	return v, nil
}

// bearer is the token of the Authorization header.
func bearer(h *http.Request) string {
	scheme, token, _ := strings.Cut(h.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// client is where the request comes from.
func client(ctx context.Context, h *http.Request) identity.Client {
	o, _ := logging.RequestFrom(ctx)
	return identity.Client{UserAgent: h.UserAgent(), Request: o.ID, Trace: o.Trace}
}

// may refuses what the role or the token does not allow for any record.
func (a *API) may(ctx context.Context, r *route, v *visit) error {
	if r.action == "" || access.Can(v.caller(), r.action) {
		return nil
	}
	record := ""
	if r.kind != "" && model.ValidID(v.record) {
		record = r.kind + "/" + v.record
	}
	return a.o.Identity.Refuse(ctx, v.caller(), r.action, record)
}

// acceptable refuses bodies that are not JSON.
func acceptable(r *route, h *http.Request) error {
	kind := h.Header.Get("Content-Type")
	if kind == "" || kind == "application/json" || r.raw != nil || r.method == http.MethodGet ||
		r.method == http.MethodDelete {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(kind); err == nil && kind == "application/json" {
		return nil
	}
	return newProblem(http.StatusUnsupportedMediaType)
}
