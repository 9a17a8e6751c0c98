// Package objects opens the client of Google Cloud by which the service writes the objects of one bucket of Cloud
// Storage.
//
// What package gcp says of endpoints, credentials and emulators holds here, too. It must never change what it has not
// seen: an object is replaced only if it is still the one that was looked at.
package objects

import (
	"bytes"
	"context"
	"crypto/md5" // #nosec G501 -- Cloud Storage has this hash of each object; it protects nothing here
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	storage "google.golang.org/api/storage/v1"

	"github.com/tinyoperahouse/toh/internal/platform/gcp"
)

// Options say which bucket, and where the client goes.
type Options struct {
	Project string
	Bucket  string
	// Transport is a given way to Cloud Storage, such as that of the local cloud. Nil means Google's real endpoint.
	Transport http.RoundTripper
	// UserAgent names the program to Google. It may be empty.
	UserAgent string
}

// Bucket is a bucket. It is safe for concurrent use.
type Bucket struct {
	name   string
	client *storage.Service
}

var (
	// ErrMissing says that there is no such object.
	ErrMissing = errors.New("there is no such object")
	// ErrChanged says that somebody else has written the object since it was looked at.
	ErrChanged = errors.New("the object was changed by somebody else")
)

var bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$`)

// Open opens the client of a bucket. Nothing is sent before the first call.
func Open(ctx context.Context, o Options) (*Bucket, error) {
	if !bucketForm.MatchString(o.Bucket) {
		return nil, fmt.Errorf("gcp: %q is not the name of a bucket", o.Bucket)
	}
	if o.Transport == nil { // refuses emulators of the environment
		if _, err := gcp.Unwatched(o.Project, nil, ""); err != nil {
			return nil, err
		}
	}
	var opts []option.ClientOption
	if o.UserAgent != "" {
		opts = append(opts, option.WithUserAgent(o.UserAgent))
	}
	if o.Transport != nil {
		opts = append(opts, option.WithHTTPClient(&http.Client{Transport: o.Transport}))
	} else {
		opts = append(opts, option.WithScopes(storage.DevstorageReadWriteScope))
	}
	client, err := storage.NewService(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("gcp: open Cloud Storage: %w", err)
	}
	return &Bucket{name: o.Bucket, client: client}, nil
}

// File is what an object is to hold.
type File struct {
	Name, Type string
	Body       []byte
}

// uncached is how objects are served. What Cloud Storage and others would keep for an hour by themselves would not fit
// to what is read anew beside it.
const uncached = "no-cache, max-age=0"

// Put writes an object, unless it holds the same already. It reports whether it wrote.
func (b *Bucket) Put(ctx context.Context, f File) (bool, error) {
	have, err := b.client.Objects.Get(b.name, f.Name).Context(ctx).Fields("generation", "md5Hash").Do()
	generation := int64(0)
	switch {
	case is(err, http.StatusNotFound):
	case err != nil:
		return false, fmt.Errorf("look at %s in the bucket: %w", f.Name, err)
	case have.Md5Hash == hashOf(f.Body):
		return false, nil
	default:
		generation = have.Generation
	}
	call := b.client.Objects.Insert(b.name, &storage.Object{Name: f.Name, ContentType: f.Type, CacheControl: uncached,
		Md5Hash: hashOf(f.Body)}).IfGenerationMatch(generation).Fields("generation").
		Media(bytes.NewReader(f.Body), googleapi.ContentType(f.Type), googleapi.ChunkSize(0))
	if _, err := call.Context(ctx).Do(); is(err, http.StatusPreconditionFailed) {
		return false, fmt.Errorf("write %s to the bucket: %w", f.Name, ErrChanged)
	} else if err != nil {
		return false, fmt.Errorf("write %s to the bucket: %w", f.Name, err)
	}
	return true, nil
}

// Get is what an object holds. It is ErrMissing if there is none, and an error if it has more than most bytes.
func (b *Bucket) Get(ctx context.Context, name string, most int64) (body []byte, err error) {
	resp, err := b.client.Objects.Get(b.name, name).Context(ctx).Download()
	if is(err, http.StatusNotFound) {
		return nil, fmt.Errorf("%s: %w", name, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s from the bucket: %w", name, err)
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	body, err = io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err == nil && int64(len(body)) > most {
		err = fmt.Errorf("read %s from the bucket: it has more than %d bytes", name, most)
	}
	return body, err
}

// Last is the name of the last object, in the order of names, that begins with prefix and does not come before from.
// It is "" if there is none.
func (b *Bucket) Last(ctx context.Context, prefix, from string) (last string, err error) {
	err = b.client.Objects.List(b.name).Prefix(prefix).StartOffset(from).Fields("nextPageToken", "items(name)").
		Pages(ctx, func(page *storage.Objects) error {
			for _, o := range page.Items {
				last = max(last, o.Name)
			}
			return nil
		})
	if err != nil {
		return "", fmt.Errorf("list the bucket: %w", err)
	}
	return last, nil
}

// hashOf is the hash of data as Cloud Storage writes it.
func hashOf(data []byte) string {
	sum := md5.Sum(data) // #nosec G401 -- as above
	return base64.StdEncoding.EncodeToString(sum[:])
}

func is(err error, code int) bool {
	e := (*googleapi.Error)(nil)
	return errors.As(err, &e) && e.Code == code
}
