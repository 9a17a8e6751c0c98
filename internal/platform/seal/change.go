package seal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Rotate gives a scope new keys for texts and files. They can open at once, but seal only when every instance has
// fetched them, one TTL later; what older keys sealed stays readable. It is ErrConflict while an earlier rotation is in
// progress.
func (k *Keyrings) Rotate(ctx context.Context, scope model.Scope) error {
	return k.change(ctx, scope, func(r record, sets keysets) (record, keysets, error) {
		if !r.promote.IsZero() {
			return r, sets, model.Conflict("A change of keys is already in progress.")
		}
		sets, err := sets.grow()
		r.promote = k.clock.Now().Add(k.ttl + clockSkew)
		return r, sets, err
	})
}

// Rewrap wraps a keyring again, with the current primary version of its key-encryption key: the scope's own, or the
// installation's current one. It reports whether that is a different version from before. If it is not, nothing is
// written.
func (k *Keyrings) Rewrap(ctx context.Context, scope model.Scope) (bool, error) {
	before := ""
	after, err := k.rewrite(ctx, scope, func(r record, sets keysets) (record, keysets, error) {
		before = r.wrapped.version
		if !r.own {
			r.key = k.key
		}
		return r, sets, nil
	}, func(r record) bool { return r.wrapped.version == before && !r.due })
	return err == nil && after.wrapped.version != before, err
}

// RewrapUnder wraps a keyring with another key-encryption key: the scope's own, or with "" the installation's again.
// With its own key the scope also gets new keys, unless new ones are already waiting: what is sealed with them was
// never wrapped by another key.
func (k *Keyrings) RewrapUnder(ctx context.Context, scope model.Scope, key string) error {
	return k.change(ctx, scope, func(r record, sets keysets) (record, keysets, error) {
		r.own = key != "" && key != k.key
		if !r.own {
			r.key = k.key
			return r, sets, nil
		}
		r.key = key
		if !r.promote.IsZero() {
			return r, sets, nil
		}
		grown, err := sets.grow()
		if errors.Is(err, errFull) {
			return r, sets, nil
		}
		r.promote = k.clock.Now().Add(k.ttl + clockSkew)
		return r, grown, err
	})
}

// change unwraps, changes and wraps a keyring, unless somebody else changed it in the meantime.
func (k *Keyrings) change(ctx context.Context, scope model.Scope, f changing) error {
	_, err := k.rewrite(ctx, scope, f, func(record) bool { return false })
	return err
}

type changing func(record, keysets) (record, keysets, error)

// rewrite is change, but writes nothing where same says that the newly wrapped keyring equals the stored one.
func (k *Keyrings) rewrite(ctx context.Context, scope model.Scope, f changing, same func(record) bool) (record, error) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	r, sets, err := k.fetch(ctx, scope)
	if err != nil {
		return r, err
	}
	if r, sets, err = f(r, sets); err != nil {
		return r, err
	}
	if r.wrapped, err = k.wrap(ctx, r.key, sets, scope); err != nil {
		return r, err
	}
	if same(r) {
		return r, nil
	}
	r.version++
	_, err = k.store.Commit(ctx, store.Replace(r.doc(scope), r.stamp))
	k.Forget(scope)
	if err != nil {
		return r, fmt.Errorf("change the keyring of %s: %w", scope, err)
	}
	return r, nil
}

// Shred destroys a scope's keys for good and leaves a tombstone, so that they are never made again. It can be repeated.
// Other instances can still open what is sealed until their copies expire, one TTL later; backups of the keys database
// can until they expire.
func (k *Keyrings) Shred(ctx context.Context, scope model.Scope) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	defer k.Forget(scope)
	if _, err := k.store.Commit(ctx, store.Put(tombstone(scope, k.clock.Now()))); err != nil {
		return fmt.Errorf("shred the keyring of %s: %w", scope, err)
	}
	return nil
}

// Forget drops the copy in memory.
func (k *Keyrings) Forget(scope model.Scope) { k.cache.forget(scope) }

// Wait is the time after a change or destruction of keys from which no instance uses the former keys any more.
func (k *Keyrings) Wait() time.Duration { return k.ttl + clockSkew }
