package storage

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	storage "google.golang.org/api/storage/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const maxBody = 1 << 20

// bucket is a bucket's JSON. It stays JSON because Google's type cannot distinguish a zero value from a missing one.
type bucket map[string]any

func decode(raw []byte) (bucket, error) {
	var b bucket
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&b)
	return b, err
}

// typed is the bucket as Google's type, or an error when it has a field that the type does not have.
func (b bucket) typed() (*storage.Bucket, error) {
	raw, err := json.Marshal(b)
	if err != nil {
		return nil, invalid("The bucket cannot be read: %v", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	out := &storage.Bucket{}
	if err := d.Decode(out); err != nil {
		return nil, invalid("The bucket cannot be read: %v", err)
	}
	return out, nil
}

// given reads the bucket of a request, without what only the service sets.
func given(r *http.Request) (bucket, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(raw) > maxBody {
		return nil, invalid("The request cannot be read, or has more than %d bytes.", maxBody)
	}
	b, err := decode(raw)
	if err != nil || b == nil {
		return nil, invalid("The request is not a JSON object.")
	}
	if _, err := b.typed(); err != nil {
		return nil, err
	}
	for _, path := range outputOnly {
		b.drop(path...)
	}
	return b, nil
}

// outputOnly are the fields that callers may send back, but not set.
var outputOnly = [][]string{
	{"etag"}, {"generation"}, {"hardDeleteTime"}, {"id"}, {"kind"}, {"locationType"}, {"metageneration"}, {"owner"},
	{"projectNumber"},
	{"satisfiesPZI"}, {"satisfiesPZS"}, {"selfLink"}, {"softDeleteTime"}, {"timeCreated"}, {"updated"},
	{"iamConfiguration", "bucketPolicyOnly"}, {"iamConfiguration", "uniformBucketLevelAccess", "lockedTime"},
	{"softDeletePolicy", "effectiveTime"}, {"retentionPolicy", "effectiveTime"},
}

func (b bucket) drop(path ...string) {
	in := map[string]any(b)
	for _, key := range path[:len(path)-1] {
		next, ok := in[key].(map[string]any)
		if !ok {
			return
		}
		in = next
	}
	delete(in, path[len(path)-1])
}

// merge is RFC 7396: null removes, objects are merged, everything else is replaced.
func merge(into, from map[string]any) {
	for key, value := range from {
		switch value := value.(type) {
		case nil:
			delete(into, key)
		case map[string]any:
			inner, ok := into[key].(map[string]any)
			if !ok {
				inner = map[string]any{}
			}
			merge(inner, value)
			into[key] = inner
		default:
			into[key] = value
		}
	}
}

// text is the text at a path, or "".
func (b bucket) text(path ...string) string {
	var v any = map[string]any(b)
	for _, key := range path {
		in, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		v = in[key]
	}
	s, _ := v.(string)
	return s
}

func (s *Server) get(name string) (bucket, error) {
	row, err := s.rows.Get(name)
	if errors.Is(err, table.ErrNotFound) {
		return nil, status.Error(codes.NotFound, "The specified bucket does not exist.")
	}
	if err != nil {
		return nil, err
	}
	return decode(row.GetValue())
}

// put writes the next state of a bucket.
func (s *Server) put(b bucket) (any, error) {
	raw, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	if err := s.rows.Put(b.text("name"), wrapperspb.Bytes(raw)); err != nil {
		return nil, err
	}
	return b, nil
}

func etagOf(metageneration string) string {
	return base64.StdEncoding.EncodeToString([]byte("m" + metageneration))
}

// locationType is what kind of place a location is.
func locationType(location string) string {
	switch {
	case strings.Contains(location, "-"):
		return "region"
	case location == "US" || location == "EU" || location == "ASIA":
		return "multi-region"
	}
	return "dual-region"
}
