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

// Problem is the body of every error (RFC 9457). Its content depends only on the kind of error, never on the path or
// the time, so that answers that must be indistinguishable are identical.
type Problem struct {
	Type   string            `json:"type" doc:"Always about:blank."`
	Title  string            `json:"title" doc:"The status in words."`
	Status int               `json:"status" doc:"The HTTP status."`
	Detail string            `json:"detail,omitempty" doc:"What happened and what to do, for a person."`
	Fields map[string]string `json:"fields,omitempty" doc:"What is wrong with individual fields, by name."`
	// Confirm is set if the request is valid but looks like a mistake.
	Confirm string `json:"confirm,omitempty" doc:"If the request is meant as it is, send it again with this value as the query parameter confirm."`

	cause error
}

// details are the texts for errors that have no public text of their own.
var details = map[int]string{
	http.StatusBadRequest:                   "This request is not valid.",
	http.StatusUnauthorized:                 "Send a valid API token: Authorization: Bearer toh_…",
	http.StatusForbidden:                    "Your role or your token does not allow this.",
	http.StatusNotFound:                     "This does not exist, or you may not see it.",
	http.StatusMethodNotAllowed:             "This address does not support that method. See the Allow header.",
	http.StatusRequestTimeout:               "The request took too long to arrive.",
	http.StatusConflict:                     "This conflicts with the current state. Read it again, then try again.",
	http.StatusPreconditionFailed:           "It was changed in the meantime. Read it again, then try again.",
	http.StatusRequestEntityTooLarge:        "This is too large.",
	http.StatusUnsupportedMediaType:         "Send JSON: Content-Type: application/json",
	http.StatusRequestedRangeNotSatisfiable: "The file has no such range. See Content-Range.",
	http.StatusLocked:                       "The keys of this workspace cannot be used at the moment.",
	http.StatusTooManyRequests:              "Too many requests. Wait as many seconds as Retry-After says.",
	http.StatusInternalServerError: "Something went wrong on our side. The X-Request-Id header names this request " +
		"in our log.",
	http.StatusServiceUnavailable: "Something we depend on did not answer in time. Nothing was changed. Please " +
		"try again in a moment.",
}

// secret are the statuses whose text never depends on the error.
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

// GetHeaders are headers that tell the client how to authenticate and when to retry.
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

// write sends the problem outside the library's handlers.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	body, err := json.Marshal(p)
	if err != nil { // cannot happen: strings and a number
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}

// useOurErrors makes the library report errors as Problems, with our texts and statuses. It sets a variable of the
// library, so it runs once per process, before the first API is made.
var useOurErrors = sync.OnceFunc(func() { huma.NewError = complain })

// complain makes a Problem from the library's errors about a request. It never repeats what was sent.
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
