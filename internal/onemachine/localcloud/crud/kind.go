// Package crud is what every small service of the local cloud does with its resources: create, get, list, update with
// a mask, delete. Services that keep theirs in a way of their own have Merge from it. It reads Google's own annotations
// of the messages, so that what is output only, required or immutable there is so here.
//
// It must never know a service: what is particular to one is in its Spec.
package crud

import (
	"regexp"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// The forms of parents.
const (
	Project  = `projects/` + project.ID
	Location = Project + `/locations/[a-z][a-z0-9-]*`
)

// Message is a pointer to a message of type T.
type Message[T any] interface {
	*T
	proto.Message
}

// Spec is what is particular to a kind of resource. A full name is Parent/Collection/ID.
type Spec[P proto.Message] struct {
	Noun       string // in error texts
	Table      string // prefix of the rows
	Parent, ID string // regular expressions
	Collection string
	Output     []string // fields that only the service sets, where the API says so only in its documentation
	Fixed      []string // fields that cannot be changed, where the API says so only in its documentation
	// Settle checks a change and fills in what the service sets. It sees the whole resource, with output-only fields
	// removed.
	Settle func(Change[P]) error
}

// Change is a resource before it is written.
type Change[P proto.Message] struct {
	Next P            // what it will be; nil when it is deleted
	Old  P            // what it was; nil when it is created
	With *table.Batch // what is to be written together with it
}

// Kind keeps the resources of one kind.
type Kind[T any, P Message[T]] struct {
	spec    Spec[P]
	shape   shape
	names   *regexp.Regexp
	parents *regexp.Regexp
	store   table.Store
	rows    table.Table[T, P]
	clock   clock.Clock
	mu      sync.Mutex // changes are serialized
}

// New returns the resources of a kind that are kept in store.
func New[T any, P Message[T]](store table.Store, clock clock.Clock, spec Spec[P]) *Kind[T, P] {
	if spec.Settle == nil {
		spec.Settle = func(Change[P]) error { return nil }
	}
	return &Kind[T, P]{
		spec:    spec,
		shape:   shapeOf(P(new(T)).ProtoReflect().Descriptor(), spec.Output, spec.Fixed),
		names:   regexp.MustCompile(`^(` + spec.Parent + `)/` + spec.Collection + `/(` + spec.ID + `)$`),
		parents: regexp.MustCompile(`^` + spec.Parent + `$`),
		store:   store,
		rows:    table.New[T, P](store, spec.Table),
		clock:   clock,
	}
}

// CheckName returns INVALID_ARGUMENT for what cannot be a name.
func (k *Kind[T, P]) CheckName(name string) error {
	if k.names.MatchString(name) {
		return nil
	}
	return status.Errorf(codes.InvalidArgument, "%s name %q is invalid.", k.spec.Noun, name)
}

// Get returns one resource.
func (k *Kind[T, P]) Get(name string) (P, error) {
	if err := k.CheckName(name); err != nil {
		return nil, err
	}
	m, err := k.rows.Get(name)
	if err != nil {
		return nil, table.Missing(err, "%s %q not found.", k.spec.Noun, name)
	}
	return m, nil
}

// List returns a page of the resources of a parent, the token of the next page and how many there are.
func (k *Kind[T, P]) List(parent string, size int32, token string) (items []P, next string, total int32, err error) {
	if !k.parents.MatchString(parent) {
		return nil, "", 0, status.Errorf(codes.InvalidArgument, "Parent %q is invalid.", parent)
	}
	return k.rows.List(parent+"/"+k.spec.Collection+"/", size, token)
}

// ListWhere is List for those that keep wants.
func (k *Kind[T, P]) ListWhere(parent string, keep func(P) bool, size int32, token string) (items []P, next string,
	total int32, err error) {
	if !k.parents.MatchString(parent) {
		return nil, "", 0, status.Errorf(codes.InvalidArgument, "Parent %q is invalid.", parent)
	}
	all := map[string]P{}
	err = k.rows.Each(parent+"/"+k.spec.Collection+"/", func(name string, m P) bool {
		if keep(m) {
			all[name] = m
			total++
		}
		return true
	})
	if err != nil {
		return nil, "", 0, table.Status(err)
	}
	names, next, err := table.Names(all, func(string) bool { return true }, size, token)
	for _, name := range names {
		items = append(items, all[name])
	}
	return items, next, total, err
}

// Each visits the resources of a parent, or of all when it is empty, in the order of their names.
func (k *Kind[T, P]) Each(parent string, visit func(P) bool) error {
	if parent != "" {
		parent += "/" + k.spec.Collection + "/"
	}
	return table.Status(k.rows.Each(parent, func(_ string, m P) bool { return visit(m) }))
}
