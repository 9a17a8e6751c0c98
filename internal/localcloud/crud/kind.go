// Package crud is what every small service of the local cloud does with its resources: create, get, list, update with a mask, delete. It
// reads Google's own annotations of the messages, so that what is output only, required or immutable there is so here.
//
// It must never know a service: what is particular to one stands in its Spec.
package crud

import (
	"regexp"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/model"
)

// What parents look like.
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
	Output     []string // fields that only the service sets, where the API says so in words only
	Fixed      []string // fields that cannot be changed, where the API says so in words only
	// Settle checks a change and fills what the service sets. It sees the whole resource, output-only fields removed.
	Settle func(Change[P]) error
}

// Change is a resource on its way to the disk.
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
	clock   model.Clock
	mu      sync.Mutex // changes are made one after the other
}

// New returns the resources of a kind that are kept in store.
func New[T any, P Message[T]](store table.Store, clock model.Clock, spec Spec[P]) *Kind[T, P] {
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

// CheckName answers INVALID_ARGUMENT for what cannot be a name.
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
func (k *Kind[T, P]) ListWhere(parent string, keep func(P) bool, size int32, token string) (items []P, next string, total int32, err error) {
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

// Add makes a resource part of a batch, as the service itself wants it.
func (k *Kind[T, P]) Add(b *table.Batch, name string, m P) error {
	if err := k.CheckName(name); err != nil {
		return err
	}
	k.shape.setText(m, "name", name)
	k.shape.stamp(m, k.clock.Now(), true)
	return k.rows.Set(b, name, m)
}

// RemoveAll makes the removal of all resources of a parent part of a batch.
func (k *Kind[T, P]) RemoveAll(b *table.Batch, parent string) error {
	return k.rows.Each(parent+"/"+k.spec.Collection+"/", func(key string, _ P) bool {
		k.rows.Remove(b, key)
		return true
	})
}

// Create makes a resource. When dry is set, it only tells what would come of it.
func (k *Kind[T, P]) Create(parent, id string, given P, dry bool) (P, error) {
	if given == nil {
		return nil, status.Errorf(codes.InvalidArgument, "%s is required.", k.spec.Noun)
	}
	if !k.parents.MatchString(parent) {
		return nil, status.Errorf(codes.InvalidArgument, "Parent %q is invalid.", parent)
	}
	name := parent + "/" + k.spec.Collection + "/" + id
	if err := k.CheckName(name); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if exists, err := k.rows.Has(name); err != nil {
		return nil, table.Status(err)
	} else if exists {
		return nil, status.Errorf(codes.AlreadyExists, "%s %q already exists.", k.spec.Noun, name)
	}
	next := clone(given)
	k.shape.dropOutput(next.ProtoReflect())
	k.shape.setText(next, "name", name)
	return k.write(name, next, nil, dry)
}

// Update changes what the mask names, or all that a caller may set when it is empty.
func (k *Kind[T, P]) Update(name string, given P, mask *fieldmaskpb.FieldMask, dry bool) (P, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	old, err := k.Get(name)
	if err != nil {
		return nil, err
	}
	if err := k.shape.checkEtag(given, old); err != nil {
		return nil, err
	}
	given = clone(given)
	k.shape.dropOutput(given.ProtoReflect())
	next := clone(old)
	if err := k.shape.merge(next.ProtoReflect(), given.ProtoReflect(), mask.GetPaths()); err != nil {
		return nil, err
	}
	if err := k.shape.checkFixed(next.ProtoReflect(), old.ProtoReflect()); err != nil {
		return nil, err
	}
	return k.write(name, next, old, dry)
}

// Alter changes a resource as the service itself wants it; what a caller may set is not looked at.
func (k *Kind[T, P]) Alter(name string, change func(P) error) (P, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	m, err := k.Get(name)
	if err != nil {
		return nil, err
	}
	if err := change(m); err != nil {
		return nil, err
	}
	k.shape.stamp(m, k.clock.Now(), false)
	return m, table.Status(k.rows.Put(name, m))
}

// Delete removes a resource and returns what it was. An etag that is given must be the present one.
func (k *Kind[T, P]) Delete(name, etag string, dry bool) (P, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	old, err := k.Get(name)
	if err != nil {
		return nil, err
	}
	if err := k.shape.compareEtag(etag, old); err != nil {
		return nil, err
	}
	var b table.Batch
	if err := k.spec.Settle(Change[P]{Old: old, With: &b}); err != nil {
		return nil, table.Status(err)
	}
	if dry {
		return old, nil
	}
	k.rows.Remove(&b, name)
	return old, table.Status(k.store.Apply(&b))
}

func (k *Kind[T, P]) write(name string, next, old P, dry bool) (P, error) {
	if err := checkRequired(next.ProtoReflect(), ""); err != nil {
		return nil, err
	}
	k.shape.stamp(next, k.clock.Now(), old == nil)
	var b table.Batch
	if err := k.spec.Settle(Change[P]{Next: next, Old: old, With: &b}); err != nil {
		return nil, table.Status(err)
	}
	if dry {
		return next, nil
	}
	if err := k.rows.Set(&b, name, next); err != nil {
		return nil, table.Status(err)
	}
	return next, table.Status(k.store.Apply(&b))
}

func clone[T any, P Message[T]](m P) P {
	if c, ok := proto.Clone(m).(P); ok && c != nil {
		return c
	}
	return new(T)
}
