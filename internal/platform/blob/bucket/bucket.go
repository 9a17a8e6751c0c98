// Package bucket keeps objects in a bucket of Cloud Storage.
//
// It must never be given a bucket that anything else writes to.
package bucket

import (
	"context"
	"errors"
	"io"

	"github.com/tinyoperahouse/toh/internal/platform/blob"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/objects"
)

// Store is a bucket.
type Store struct{ bucket *objects.Bucket }

// New makes a store of a bucket.
func New(b *objects.Bucket) *Store { return &Store{b} }

// kind is the media type of sealed bytes.
const kind = "application/octet-stream"

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, name string, body []byte) error {
	if err := blob.Check(name, len(body)); err != nil {
		return err
	}
	err := s.bucket.Add(ctx, objects.File{Name: name, Type: kind, Body: body})
	if errors.Is(err, objects.ErrChanged) {
		return blob.ErrExists
	}
	return err
}

// Open implements blob.Store.
func (s *Store) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := blob.Check(name, 0); err != nil {
		return nil, err
	}
	body, err := s.bucket.Open(ctx, name)
	if errors.Is(err, objects.ErrMissing) {
		return nil, blob.ErrMissing
	}
	return body, err
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, name string) error {
	if err := blob.Check(name, 0); err != nil {
		return err
	}
	return s.bucket.Delete(ctx, name)
}

// List implements blob.Store.
func (s *Store) List(ctx context.Context, prefix, after string, most int) ([]string, error) {
	if err := blob.CheckList(prefix, after, most); err != nil {
		return nil, err
	}
	return s.bucket.List(ctx, prefix, after, most)
}
