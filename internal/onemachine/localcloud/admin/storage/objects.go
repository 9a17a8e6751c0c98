package storage

import (
	"bytes"
	"crypto/md5" // #nosec G501 -- the API has this hash of each object
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	storage "google.golang.org/api/storage/v1"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const (
	mostOfObject = 32 << 20
	mostOfName   = 1024 // bytes
	everybody    = "allUsers"
)

// object is an object as it is stored.
type object struct {
	Meta *storage.Object `json:"meta"`
	Data []byte          `json:"data"`
}

// The roles that let somebody read objects.
var readers = []string{"roles/storage.objectViewer", "roles/storage.legacyObjectReader", "roles/storage.objectUser",
	"roles/storage.objectAdmin", "roles/storage.admin"}

func (s *Server) getObject(bucket, name string) (*object, error) {
	if _, err := s.get(bucket); err != nil {
		return nil, err
	}
	row, err := s.contents.Get(bucket + "/" + name)
	if errors.Is(err, table.ErrNotFound) {
		return nil, fail(http.StatusNotFound, "notFound", "No such object: %s/%s", bucket, name)
	}
	if err != nil {
		return nil, err
	}
	o := &object{}
	return o, json.Unmarshal(row.GetValue(), o)
}

// upload makes or replaces an object, in one request.
func (s *Server) upload(r *http.Request) (any, error) {
	given, data, err := uploaded(r)
	if err != nil {
		return nil, err
	}
	bucket := r.PathValue("bucket")
	if name := r.URL.Query().Get("name"); name != "" {
		given.Name = name
	}
	if given.Name == "" || len(given.Name) > mostOfName || !utf8.ValidString(given.Name) ||
		strings.ContainsAny(given.Name, "\r\n") || strings.HasPrefix(given.Name, ".well-known/acme-challenge/") {
		return nil, invalid("The object name %q is invalid.", given.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.getObject(bucket, given.Name)
	if err != nil {
		if code, _ := errorBody(err); code != http.StatusNotFound {
			return nil, err
		}
		if _, err := s.get(bucket); err != nil {
			return nil, err
		}
	}
	if err := checkGeneration(r, old); err != nil {
		return nil, err
	}
	sum, now := md5.Sum(data), s.now() // #nosec G401 -- as above
	crc := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	given.Kind, given.Bucket, given.Size, given.StorageClass = "storage#object", bucket, uint64(len(data)), "STANDARD"
	given.Md5Hash = base64.StdEncoding.EncodeToString(sum[:])
	given.Crc32c = base64.StdEncoding.EncodeToString([]byte{byte(crc >> 24), byte(crc >> 16), byte(crc >> 8),
		byte(crc)}) // #nosec G115 -- each byte by itself
	given.Generation, given.Metageneration, given.TimeCreated, given.Updated = s.clock.Now().UnixMicro(), 1, now, now
	if old != nil {
		given.Generation = max(given.Generation, old.Meta.Generation+1)
	}
	given.Id = fmt.Sprintf("%s/%s/%d", bucket, given.Name, given.Generation)
	raw, err := json.Marshal(object{given, data})
	if err != nil {
		return nil, err
	}
	return given, s.contents.Put(bucket+"/"+given.Name, wrapperspb.Bytes(raw))
}

// uploaded reads an upload that has the object's metadata and its data in two parts, or its data only.
func uploaded(r *http.Request) (*storage.Object, []byte, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body := io.LimitReader(r.Body, mostOfObject+maxBody)
	switch how := r.URL.Query().Get("uploadType"); {
	case how == "media" && err == nil:
		data, err := io.ReadAll(body)
		return &storage.Object{ContentType: kind}, data, err
	case how != "multipart" || err != nil || kind != "multipart/related":
		return nil, nil, invalid("The upload type %q is not supported here.", how)
	}
	parts := multipart.NewReader(body, params["boundary"])
	meta, err := parts.NextPart()
	if err != nil {
		return nil, nil, invalid("The first part of the upload is missing.")
	}
	given := &storage.Object{}
	d := json.NewDecoder(meta)
	d.DisallowUnknownFields()
	if err := d.Decode(given); err != nil {
		return nil, nil, invalid("The object cannot be read: %v", err)
	}
	content, err := parts.NextPart()
	if err != nil {
		return nil, nil, invalid("The second part of the upload is missing.")
	}
	data, err := io.ReadAll(content)
	if err != nil || len(data) > mostOfObject {
		return nil, nil, invalid("The data cannot be read, or has more than %d bytes.", mostOfObject)
	}
	if given.ContentType == "" {
		given.ContentType = content.Header.Get("Content-Type")
	}
	return given, data, nil
}

// checkGeneration compares the object that there is with the condition of a request; 0 says that there is none.
func checkGeneration(r *http.Request, have *object) error {
	text := r.URL.Query().Get("ifGenerationMatch")
	if text == "" {
		return nil
	}
	want, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return invalid("Invalid argument: ifGenerationMatch %q.", text)
	}
	is := int64(0)
	if have != nil {
		is = have.Meta.Generation
	}
	if is != want {
		return fail(http.StatusPreconditionFailed, "conditionNotMet",
			"At least one of the pre-conditions you specified did not hold.")
	}
	return nil
}

// readObject answers with an object's metadata, or with its data.
func (s *Server) readObject(w http.ResponseWriter, r *http.Request) {
	o, err := s.getObject(r.PathValue("bucket"), r.PathValue("object"))
	if err != nil || r.URL.Query().Get("alt") != "media" {
		answer(func(*http.Request) (any, error) {
			if err != nil {
				return nil, err
			}
			return o.Meta, nil
		})(w, r)
		return
	}
	o.send(w)
}

func (o *object) send(w http.ResponseWriter) {
	for name, value := range map[string]string{"Content-Type": o.Meta.ContentType,
		"Cache-Control":     o.Meta.CacheControl,
		"X-Goog-Generation": strconv.FormatInt(o.Meta.Generation, 10)} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	_, _ = w.Write(o.Data) // #nosec G705 -- objects are what was uploaded; a caller who has gone away is not missed
}

func (s *Server) removeObject(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, name := r.PathValue("bucket"), r.PathValue("object")
	o, err := s.getObject(bucket, name)
	if err != nil {
		return nil, err
	}
	if err := checkGeneration(r, o); err != nil {
		return nil, err
	}
	return nil, s.contents.Delete(bucket + "/" + name)
}

// objects lists objects in order of their names.
func (s *Server) objects(r *http.Request) (any, error) {
	bucket, query := r.PathValue("bucket"), r.URL.Query()
	if _, err := s.get(bucket); err != nil {
		return nil, err
	}
	size, err := strconv.ParseInt(orZero(query.Get("maxResults")), 10, 32)
	if err != nil || query.Get("delimiter") != "" {
		return nil, invalid("Invalid argument: maxResults or delimiter.")
	}
	all := map[string]*storage.Object{}
	var bad error
	err = s.contents.Each(bucket+"/"+query.Get("prefix"), func(key string, row *wrapperspb.BytesValue) bool {
		o := &object{}
		if bad = json.Unmarshal(row.GetValue(), o); bad == nil && o.Meta.Name >= query.Get("startOffset") {
			all[key] = o.Meta
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
	out := &storage.Objects{Kind: "storage#objects", NextPageToken: next}
	for _, name := range names {
		out.Items = append(out.Items, all[name])
	}
	return out, nil
}

// holdsObjects reports whether there is anything in a bucket.
func (s *Server) holdsObjects(bucket string) (bool, error) {
	found := false
	err := s.contents.Each(bucket+"/", func(string, *wrapperspb.BytesValue) bool {
		found = true
		return false
	})
	return found, err
}

// public answers whoever asks for an object by its public address. Only what is meant for everybody is there.
func (s *Server) public(w http.ResponseWriter, r *http.Request) {
	bucket := r.PathValue("bucket")
	o, err := s.getObject(bucket, r.PathValue("object"))
	open, bad := s.open(r, bucket)
	switch {
	case bad != nil || !open:
		http.Error(w, "Access denied.", http.StatusForbidden)
	case err != nil:
		http.Error(w, "The specified key does not exist.", http.StatusNotFound)
	default:
		o.send(w)
	}
}

// open reports whether everybody may read a bucket's objects.
func (s *Server) open(r *http.Request, bucket string) (bool, error) {
	answer, err := s.getPolicy(withBucket(r, bucket))
	if err != nil {
		return false, err
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return false, err
	}
	var p storage.Policy
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&p); err != nil {
		return false, err
	}
	return slices.ContainsFunc(p.Bindings, func(b *storage.PolicyBindings) bool {
		return b.Condition == nil && slices.Contains(readers, b.Role) && slices.Contains(b.Members, everybody)
	}), nil
}

func withBucket(r *http.Request, bucket string) *http.Request {
	r = r.Clone(r.Context())
	r.URL.RawQuery = ""
	r.SetPathValue("bucket", bucket)
	return r
}
