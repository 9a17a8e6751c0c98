// Package storage is the local Cloud Storage: the part of the JSON API for buckets, their IAM policies and small
// objects, and the addresses at which everybody reads public objects, as an http.Handler. It keeps no versions of
// objects.
//
// It must never accept a field that the API does not have, and never let a bucket be public whose settings forbid it.
//
// Buckets are not in a crud.Kind: they are JSON, in which null is not the same as nothing, and have metagenerations.
package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/cmek"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Host is where clients look for the API.
const Host = "storage.googleapis.com"

// agent is the domain of the accounts by which Cloud Storage uses keys.
const agent = "gs-project-accounts"

// Server serves the JSON API.
type Server struct {
	clock    clock.Clock
	store    table.Store
	rows     table.Table[wrapperspb.BytesValue, *wrapperspb.BytesValue] // buckets in JSON, by name
	contents table.Table[wrapperspb.BytesValue, *wrapperspb.BytesValue] // objects in JSON, by bucket and name
	policies *policy.Policies
	useKey   cmek.Use
	mux      *http.ServeMux
	mu       sync.Mutex // changes are serialized
}

// New returns a server that keeps its buckets in store.
func New(store table.Store, clock clock.Clock, useKey cmek.Use) *Server {
	s := &Server{clock: clock, store: store, useKey: useKey, rows: table.New[wrapperspb.BytesValue](store,
		"storage/bucket/"), contents: table.New[wrapperspb.BytesValue](store, "storage/object/")}
	s.policies = policy.New(store, "storage", func(name string) error { _, err := s.get(name); return err })
	s.mux = http.NewServeMux()
	for route, handle := range map[string]func(*http.Request) (any, error){
		"GET /storage/v1/b":                                 s.list,
		"POST /storage/v1/b":                                s.insert,
		"GET /storage/v1/b/{bucket}":                        s.read,
		"PATCH /storage/v1/b/{bucket}":                      s.patch,
		"PUT /storage/v1/b/{bucket}":                        s.update,
		"DELETE /storage/v1/b/{bucket}":                     s.remove,
		"GET /storage/v1/b/{bucket}/iam":                    s.getPolicy,
		"PUT /storage/v1/b/{bucket}/iam":                    s.setPolicy,
		"GET /storage/v1/b/{bucket}/iam/testPermissions":    s.testPermissions,
		"GET /storage/v1/b/{bucket}/o":                      s.objects,
		"POST /upload/storage/v1/b/{bucket}/o":              s.upload,
		"DELETE /storage/v1/b/{bucket}/o/{object}":          s.removeObject,
		"GET /storage/v1/projects/{project}/serviceAccount": s.account,
	} {
		s.mux.HandleFunc(route, answer(handle))
	}
	s.mux.HandleFunc("GET /storage/v1/b/{bucket}/o/{object}", s.readObject)
	s.mux.HandleFunc("GET /{bucket}/{object...}", s.public)
	return s
}

// ServeHTTP answers a request of the JSON API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// answer writes a handler's result, or its error, as the API does.
func answer(handle func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		code := http.StatusOK
		body, err := handle(r)
		if err != nil {
			code, body = errorBody(err)
		} else if body == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if code == http.StatusNotModified {
			w.WriteHeader(code)
			return
		}
		raw, err := json.Marshal(body)
		if err != nil {
			code, raw = http.StatusInternalServerError, nil
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(code)
		_, _ = w.Write(raw) // a caller who has gone away is not missed
	}
}

// account returns the account with which Cloud Storage acts in a project.
func (s *Server) account(r *http.Request) (any, error) {
	id := r.PathValue("project")
	if !project.WellFormed(id) {
		return nil, invalid("Unknown project id: %s", id)
	}
	return map[string]string{"kind": "storage#serviceAccount", "email_address": project.Agent(id, agent)}, nil
}

func (s *Server) list(r *http.Request) (any, error) {
	query := r.URL.Query()
	id := query.Get("project")
	if !project.WellFormed(id) {
		return nil, invalid("Invalid argument: project %q.", id)
	}
	size, err := strconv.ParseInt(orZero(query.Get("maxResults")), 10, 32)
	if err != nil {
		return nil, invalid("Invalid argument: maxResults %q.", query.Get("maxResults"))
	}
	all := map[string]bucket{}
	var bad error
	err = s.rows.Each(query.Get("prefix"), func(name string, row *wrapperspb.BytesValue) bool {
		var b bucket
		if b, bad = decode(row.GetValue()); bad == nil && b["projectNumber"] == project.Number(id) {
			all[name] = b
		}
		return bad == nil
	})
	if err = errors.Join(err, bad); err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	names, next, err := table.Names(all, func(string) bool { return true }, int32(size), query.Get("pageToken"))
	if err != nil {
		return nil, err
	}
	items := make([]bucket, 0, len(names))
	for _, name := range names {
		items = append(items, all[name])
	}
	out := map[string]any{"kind": "storage#buckets", "items": items}
	if next != "" {
		out["nextPageToken"] = next
	}
	return out, nil
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}
