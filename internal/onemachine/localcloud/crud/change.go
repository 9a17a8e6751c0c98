package crud

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Add adds a resource to a batch, without the checks for callers.
func (k *Kind[T, P]) Add(b *table.Batch, name string, m P) error {
	if err := k.CheckName(name); err != nil {
		return err
	}
	k.shape.setText(m, "name", name)
	k.shape.stamp(m, k.clock.Now(), true)
	return k.rows.Set(b, name, m)
}

// RemoveAll adds the removal of all resources of a parent to a batch.
func (k *Kind[T, P]) RemoveAll(b *table.Batch, parent string) error {
	return k.rows.Each(parent+"/"+k.spec.Collection+"/", func(key string, _ P) bool {
		k.rows.Remove(b, key)
		return true
	})
}

// Create makes a resource. When dry is set, it only returns what would result.
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

// Update changes what the mask names, or all that a caller may set if it is empty.
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

// Alter changes a resource for the service itself; the rules for what a caller may set do not apply.
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

// Delete removes a resource and returns what it was. If an etag is given, it must be the current one.
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
	b := k.store.Batch()
	if err := k.spec.Settle(Change[P]{Old: old, With: b}); err != nil {
		return nil, table.Status(err)
	}
	if dry {
		return old, nil
	}
	k.rows.Remove(b, name)
	return old, table.Status(k.store.Apply(b))
}

func (k *Kind[T, P]) write(name string, next, old P, dry bool) (P, error) {
	if err := checkRequired(next.ProtoReflect(), ""); err != nil {
		return nil, err
	}
	k.shape.stamp(next, k.clock.Now(), old == nil)
	b := k.store.Batch()
	if err := k.spec.Settle(Change[P]{Next: next, Old: old, With: b}); err != nil {
		return nil, table.Status(err)
	}
	if dry {
		return next, nil
	}
	if err := k.rows.Set(b, name, next); err != nil {
		return nil, table.Status(err)
	}
	return next, table.Status(k.store.Apply(b))
}

func clone[T any, P Message[T]](m P) P {
	if c, ok := proto.Clone(m).(P); ok && c != nil {
		return c
	}
	return new(T)
}
