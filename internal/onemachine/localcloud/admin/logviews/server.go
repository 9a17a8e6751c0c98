// Package logviews keeps the policies of log views: who may read a part of a log bucket. Google offers them only in
// the API that uses HTTP.
//
// It must never decide who reads a view: as everywhere in the local cloud, a policy is stored to be read back.
package logviews

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"regexp"

	"cloud.google.com/go/iam/apiv1/iampb"
	logging "google.golang.org/api/logging/v2"
	"google.golang.org/genproto/googleapis/type/expr"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/jsonanswer"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Host is where clients look for the API's part that has no gRPC interface.
const Host = "logging.googleapis.com"

const maxBody = 1 << 20

var callPath = regexp.MustCompile(
	`^/v2/(projects/[^/]+/locations/[^/]+/buckets/[^/]+/views/[^/:]+):(getIamPolicy|setIamPolicy)$`)

// Server serves the two calls.
type Server struct{ policies *policy.Policies }

// New returns the policies that store keeps. Whether a view exists is not asked.
func New(store table.Store) *Server {
	return &Server{policy.New(store, "logviews", func(string) error { return nil })}
}

// ServeHTTP reads or replaces the policy of a view.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, err := s.call(r)
	if err != nil {
		e := status.Convert(err)
		code := map[codes.Code]int{codes.InvalidArgument: http.StatusBadRequest, codes.NotFound: http.StatusNotFound,
			codes.Aborted: http.StatusConflict}[e.Code()]
		if code == 0 {
			code = http.StatusInternalServerError
		}
		jsonanswer.Write(w, code, map[string]any{"error": map[string]any{"code": code, "message": e.Message()}})
		return
	}
	jsonanswer.Write(w, http.StatusOK, inJSON(p))
}

func (s *Server) call(r *http.Request) (*iampb.Policy, error) {
	parts := callPath.FindStringSubmatch(r.URL.Path)
	if parts == nil || r.Method != http.MethodPost {
		return nil, status.Error(codes.NotFound, "There is nothing at this address.")
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, "The request cannot be read.")
	}
	if parts[2] == "getIamPolicy" {
		var req logging.GetIamPolicyRequest
		if json.Unmarshal(raw, &req) != nil {
			return nil, status.Error(codes.InvalidArgument, "The request cannot be read.")
		}
		version := int64(0)
		if req.Options != nil {
			version = req.Options.RequestedPolicyVersion
		}
		if version < 0 || version > 3 {
			return nil, status.Error(codes.InvalidArgument, "The version of a policy is 1 or 3.")
		}
		return s.policies.GetIamPolicy(r.Context(), &iampb.GetIamPolicyRequest{Resource: parts[1],
			Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: int32(version)}}) // #nosec G115 -- at most 3
	}
	var req logging.SetIamPolicyRequest
	if json.Unmarshal(raw, &req) != nil || req.Policy == nil {
		return nil, status.Error(codes.InvalidArgument, "The policy cannot be read.")
	}
	next, err := fromJSON(req.Policy)
	if err != nil {
		return nil, err
	}
	return s.policies.SetIamPolicy(r.Context(), &iampb.SetIamPolicyRequest{Resource: parts[1], Policy: next})
}

func fromJSON(given *logging.Policy) (*iampb.Policy, error) {
	etag, err := base64.StdEncoding.DecodeString(given.Etag)
	if err != nil || given.Version < 0 || given.Version > 3 {
		return nil, status.Error(codes.InvalidArgument, "The policy's etag or version is invalid.")
	}
	out := &iampb.Policy{Etag: etag, Version: int32(given.Version)} // #nosec G115 -- at most 3
	for _, b := range given.Bindings {
		binding := &iampb.Binding{Role: b.Role, Members: b.Members}
		if c := b.Condition; c != nil {
			binding.Condition = &expr.Expr{Title: c.Title, Expression: c.Expression}
		}
		out.Bindings = append(out.Bindings, binding)
	}
	return out, nil
}

func inJSON(p *iampb.Policy) *logging.Policy {
	out := &logging.Policy{Version: int64(p.GetVersion()), Etag: base64.StdEncoding.EncodeToString(p.GetEtag())}
	for _, b := range p.GetBindings() {
		binding := &logging.Binding{Role: b.GetRole(), Members: b.GetMembers()}
		if c := b.GetCondition(); c != nil {
			binding.Condition = &logging.Expr{Title: c.GetTitle(), Expression: c.GetExpression()}
		}
		out.Bindings = append(out.Bindings, binding)
	}
	return out
}
