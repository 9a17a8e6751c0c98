package objects

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"google.golang.org/api/googleapi"
	storage "google.golang.org/api/storage/v1"
)

// Add writes an object of a name that none has yet. It is ErrChanged if there is one that holds something else.
func (b *Bucket) Add(ctx context.Context, f File) error {
	sum := hashOf(f.Body)
	call := b.client.Objects.Insert(b.name, &storage.Object{Name: f.Name, ContentType: f.Type, CacheControl: uncached,
		Md5Hash: sum}).IfGenerationMatch(0).Fields("generation").
		Media(bytes.NewReader(f.Body), googleapi.ContentType(f.Type), googleapi.ChunkSize(0))
	_, err := call.Context(ctx).Do()
	if is(err, http.StatusPreconditionFailed) { // perhaps by this very call, if its first answer was lost
		have, failure := b.client.Objects.Get(b.name, f.Name).Context(ctx).Fields("md5Hash").Do()
		if failure == nil && have.Md5Hash == sum {
			return nil
		}
		err = ErrChanged
	}
	if err != nil {
		return fmt.Errorf("add an object to the bucket: %w", err)
	}
	return nil
}

// Open gives what an object holds. It is ErrMissing if there is none.
func (b *Bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	resp, err := b.client.Objects.Get(b.name, name).Context(ctx).Download()
	if is(err, http.StatusNotFound) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, fmt.Errorf("read an object of the bucket: %w", err)
	}
	return resp.Body, nil
}

// Delete removes an object. It is not an error if there is none.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	err := b.client.Objects.Delete(b.name, name).Context(ctx).Do()
	if err != nil && !is(err, http.StatusNotFound) {
		return fmt.Errorf("remove an object of the bucket: %w", err)
	}
	return nil
}

// List are the names that begin with prefix and come after another name, in order, at most so many.
func (b *Bucket) List(ctx context.Context, prefix, after string, most int) ([]string, error) {
	call := b.client.Objects.List(b.name).Prefix(prefix).MaxResults(int64(most) + 1).Fields("items(name)")
	if after != "" {
		call = call.StartOffset(after)
	}
	page, err := call.Context(ctx).Do()
	if err != nil {
		return nil, fmt.Errorf("list the bucket: %w", err)
	}
	var names []string
	for _, o := range page.Items {
		if o.Name > after && len(names) < most {
			names = append(names, o.Name)
		}
	}
	return names, nil
}
