// Package blob stores the objects that files consist of: opaque bytes, by name. Folder keeps them in a folder; the
// packages below keep them in buckets.
//
// An object is never overwritten. It must never be given anything that is not sealed, or a name that says more than
// whose it is: names consist of scopes and random ids.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Store is where objects are. It is safe for concurrent use.
type Store interface {
	// Put stores an object, durably, before it returns. Storing the same once more changes nothing; if there is another
	// object of this name, the error is ErrExists.
	Put(ctx context.Context, name string, body []byte) error
	// Open gives what an object holds, from its beginning. It is ErrMissing if there is none.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Delete removes an object for good. It is not an error if there is none.
	Delete(ctx context.Context, name string) error
	// List are the names that begin with a prefix and come after another name, in order, at most so many. The prefix
	// is whole segments with a slash at the end, or "".
	List(ctx context.Context, prefix, after string, most int) ([]string, error)
}

var (
	// ErrMissing says that there is no such object.
	ErrMissing = errors.New("there is no such object")
	// ErrExists says that there is another object of this name.
	ErrExists = errors.New("there is another object of this name")
)

// MaxObject limits an object, in bytes.
const MaxObject = 8 << 20

const maxName = 200

// Names have no character but small letters, digits, hyphens and slashes, so that they are the same on every disk.
var (
	nameForm   = regexp.MustCompile(`^[a-z0-9-]+(/[a-z0-9-]+)+$`)
	prefixForm = regexp.MustCompile(`^([a-z0-9-]+/)*$`)
)

// Check refuses what no object may be called, and what is too large for one.
func Check(name string, size int) error {
	if len(name) > maxName || !nameForm.MatchString(name) {
		return fmt.Errorf("blob: %q is not the name of an object", name)
	}
	if size > MaxObject {
		return fmt.Errorf("blob: an object of %d bytes; at most %d are possible", size, MaxObject)
	}
	return nil
}

// CheckList refuses what no list can begin with.
func CheckList(prefix, after string, most int) error {
	switch {
	case !prefixForm.MatchString(prefix):
		return fmt.Errorf("blob: %q is not the beginning of names", prefix)
	case after != "" && !strings.HasPrefix(after, prefix):
		return fmt.Errorf("blob: %q does not begin with %q", after, prefix)
	case most < 1 || most > MaxList:
		return fmt.Errorf("blob: a list of %d names", most)
	}
	return nil
}

// MaxList limits a list.
const MaxList = 1000

// Nowhere is where no objects can be kept.
type Nowhere struct{}

var errNowhere = errors.New("blob: no place for objects is configured")

// Put implements Store.
func (Nowhere) Put(context.Context, string, []byte) error { return errNowhere }

// Open implements Store.
func (Nowhere) Open(context.Context, string) (io.ReadCloser, error) { return nil, errNowhere }

// Delete implements Store.
func (Nowhere) Delete(context.Context, string) error { return errNowhere }

// List implements Store: there are none.
func (Nowhere) List(context.Context, string, string, int) ([]string, error) { return nil, nil }
