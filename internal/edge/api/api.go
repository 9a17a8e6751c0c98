package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/gorilla/mux"

	"github.com/tinyoperahouse/toh/internal/edge/slashes"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// Prefix is what all paths of the API begin with.
const Prefix = "/api/"

const (
	root           = "/api/v1"
	maxBody        = 1 << 20
	defaultTimeout = 1800 * time.Millisecond
)

// New makes the API. Its paths are below Prefix. Request ids, logging and security headers are left to the handler
// around it.
func New(o Options) (*API, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	useOurErrors()
	a := &API{o: o, router: mux.NewRouter().SkipClean(true), limits: newLimiter(o.PerSecond, o.Burst, o.Clock)}
	a.router.NotFoundHandler = slashes.Else(a.router, http.HandlerFunc(notFound))
	a.router.MethodNotAllowedHandler = http.HandlerFunc(a.wrongMethod)
	a.huma = huma.NewAPI(settings(), humamux.NewAdapter(a.router, humamux.WithRouteCustomizer(a.wrap)))
	a.routes()
	if o.Docs {
		return a, a.document()
	}
	return a, nil
}

// API serves everything below Prefix. It is safe for concurrent use.
type API struct {
	o      Options
	router *mux.Router
	huma   huma.API
	limits *limiter
}

func settings() huma.Config {
	config := huma.DefaultConfig("Tiny Opera House", "1")
	// served by document, if at all
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	// no "$schema" in answers
	config.CreateHooks = nil
	// the second for problem+json
	config.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	config.RejectUnknownQueryParameters = true
	config.Info.Description = "Productions, performances and reports of a workspace, and its audit trail. " +
		"Send an API token that you made in the product: Authorization: Bearer toh_…"
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	return config
}

// contentPolicy prevents that anything of an answer runs, or is shown within another page.
const contentPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// headers are on every answer.
func headers(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if o, ok := logging.RequestFrom(r.Context()); ok {
		h.Set("X-Request-Id", o.ID)
	}
}

// ServeHTTP answers one request. HEAD is answered as GET; net/http drops the body.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	headers(w, r)
	if r.Method == http.MethodHead {
		r = r.WithContext(context.WithValue(r.Context(), headKey{}, true))
		r.Method = http.MethodGet
	}
	a.router.ServeHTTP(w, r)
}

type headKey struct{}

// asksHead reports a request whose method was HEAD.
func asksHead(ctx context.Context) bool { return ctx.Value(headKey{}) != nil }

func notFound(w http.ResponseWriter, r *http.Request) {
	logging.LineOf(r.Context()).Route = "nothing"
	newProblem(http.StatusNotFound).write(w)
}

func (a *API) wrongMethod(w http.ResponseWriter, r *http.Request) {
	logging.LineOf(r.Context()).Route = "wrong-method"
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete} {
		try := r.Clone(r.Context())
		try.Method = method
		var match mux.RouteMatch
		if a.router.Match(try, &match) && match.MatchErr == nil {
			w.Header().Add("Allow", method)
		}
	}
	newProblem(http.StatusMethodNotAllowed).write(w)
}

// OpenAPI is the document of the API, made from its operations.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }
