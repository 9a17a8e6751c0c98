package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"sort"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tinyoperahouse/toh/internal/edge/httperr"
	"github.com/tinyoperahouse/toh/internal/model"
)

const problemType = "application/problem+json"

// Problem is how every error is told (RFC 9457). What it says depends on the kind of error alone, never on the path or
// the time, so that two things that must look alike do.
type Problem struct {
	Type   string            `json:"type" doc:"Always about:blank: the status says it all."`
	Title  string            `json:"title" doc:"The status in words."`
	Status int               `json:"status" doc:"The HTTP status."`
	Detail string            `json:"detail,omitempty" doc:"What happened and what to do, for a person."`
	Fields map[string]string `json:"fields,omitempty" doc:"What is wrong with single fields, by name."`
	// Confirm is there when the request may be right but looks like a slip.
	Confirm string `json:"confirm,omitempty" doc:"If it is meant like this, send the same request with this as the query parameter confirm."`

	cause error
}

// details are what a problem says when the error has nothing better, or nothing that may be told.
var details = map[int]string{
	http.StatusBadRequest:            "This request cannot be understood as it is.",
	http.StatusUnauthorized:          "Send a valid API token: Authorization: Bearer toh_…",
	http.StatusForbidden:             "Your role or your token does not allow this.",
	http.StatusNotFound:              "There is nothing here, or nothing that you may see.",
	http.StatusMethodNotAllowed:      "This address does not answer that method. The Allow header says which.",
	http.StatusRequestTimeout:        "The request took too long to arrive.",
	http.StatusConflict:              "This does not go with what is there now. Read it again, then try again.",
	http.StatusPreconditionFailed:    "It was changed in between. Read it again, then try again.",
	http.StatusRequestEntityTooLarge: "This is too large.",
	http.StatusUnsupportedMediaType:  "Send JSON: Content-Type: application/json",
	http.StatusLocked:                "The keys of this workspace cannot be used at the moment.",
	http.StatusTooManyRequests:       "Too many requests. Wait for the seconds that Retry-After says.",
	http.StatusInternalServerError: "Something went wrong on our side. The X-Request-Id header names this request " +
		"in our log.",
	http.StatusServiceUnavailable: "Something we depend on did not answer in time. Nothing was changed. Please " +
		"try again in a moment.",
}

// secret are the statuses that say the same whatever happened.
var secret = map[int]bool{http.StatusNotFound: true, http.StatusUnauthorized: true,
	http.StatusInternalServerError: true}

func problemOf(err error) *Problem {
	var told *Problem
	if errors.As(err, &told) {
		return told
	}
	p := newProblem(httperr.Status(err))
	p.cause = err
	if secret[p.Status] {
		return p
	}
	if text := model.PublicText(err); text != "" {
		p.Detail = text
	}
	p.Fields, p.Confirm = model.FieldTexts(err), model.ConfirmOf(err)
	return p
}

func newProblem(status int) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: details[status]}
}

// Error is the private text, for the log.
func (p *Problem) Error() string {
	if p.cause != nil {
		return p.cause.Error()
	}
	return p.Detail
}

// Unwrap lets errors.Is find the kind.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457, whatever was negotiated.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders are what a client needs to do better.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="toh"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	}
	return h
}

// write sends the problem where no handler of the library runs.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	body, err := json.Marshal(p)
	if err != nil { // strings and a number: cannot be
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}

// useOurErrors makes the library report what it finds wrong in our words and with our statuses. It is a variable of the
// library, so it is set once for all APIs of the process, before the first is made.
var useOurErrors = sync.OnceFunc(func() { huma.NewError = complain })

// complain makes a problem of what the library found wrong with a request. It never repeats what was sent.
func complain(status int, _ string, errs ...error) huma.StatusError {
	if status == http.StatusUnprocessableEntity {
		status = http.StatusBadRequest
	}
	p := newProblem(status)
	if status >= http.StatusInternalServerError {
		p.cause = errors.Join(errs...)
		return p
	}
	texts := make([]string, 0, len(errs))
	for _, err := range errs {
		texts = append(texts, p.add(err))
	}
	if sort.Strings(texts); len(texts) > 0 {
		p.Detail = strings.Join(texts, " ")
	}
	return p
}

func (p *Problem) add(err error) string {
	var d *huma.ErrorDetail
	if !errors.As(err, &d) {
		return details[http.StatusBadRequest]
	}
	_, name, found := strings.Cut(d.Location, ".")
	if !found {
		return d.Message
	}
	if p.Fields == nil {
		p.Fields = map[string]string{}
	}
	p.Fields[name] = d.Message
	return name + ": " + d.Message + "."
}
