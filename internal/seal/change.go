package seal

import (
	"context"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/store"
)

// Rotate gives a scope new keys for texts and files. They are known at once and seal only when every instance has fetched
// them, a TTL later; what older keys sealed stays readable. It is ErrConflict while an earlier rotation is under way.
func (k *Keyrings) Rotate(ctx context.Context, scope model.Scope) error {
	return k.change(ctx, scope, func(r record, sets keysets) (record, keysets, error) {
		if !r.promote.IsZero() {
			return r, sets, model.Conflict("A change of keys is under way already.")
		}
		sets, err := sets.grow()
		r.promote = k.clock.Now().Add(k.ttl + clockSkew)
		return r, sets, err
	})
}

// Rewrap wraps a keyring again, with the present primary version of its key-encryption key.
func (k *Keyrings) Rewrap(ctx context.Context, scope model.Scope) error {
	return k.change(ctx, scope, keep)
}

// RewrapUnder wraps a keyring with another key-encryption key: a workspace brings its own, or takes it away.
func (k *Keyrings) RewrapUnder(ctx context.Context, scope model.Scope, key string) error {
	return k.change(ctx, scope, func(r record, sets keysets) (record, keysets, error) {
		r.key = key
		return r, sets, nil
	})
}

func keep(r record, sets keysets) (record, keysets, error) { return r, sets, nil }

// change unwraps, changes and wraps a keyring, unless someone else changed it in between.
func (k *Keyrings) change(
	ctx context.Context, scope model.Scope, f func(record, keysets) (record, keysets, error),
) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	r, sets, err := k.fetch(ctx, scope)
	if err != nil {
		return err
	}
	if r, sets, err = f(r, sets); err != nil {
		return err
	}
	if r.wrapped, err = k.wrap(ctx, r.key, sets, scope); err != nil {
		return err
	}
	r.version++
	_, err = k.store.Commit(ctx, store.Replace(r.doc(scope), r.stamp))
	k.Forget(scope)
	if err != nil {
		return fmt.Errorf("change the keyring of %s: %w", scope, err)
	}
	return nil
}

// Shred destroys a scope's keys for good and leaves a tombstone, so that they are never made again. It can be repeated. Other
// instances can still open what is sealed until their copies end, a TTL later; backups of the keys database until they lapse.
func (k *Keyrings) Shred(ctx context.Context, scope model.Scope) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	defer k.Forget(scope)
	if _, err := k.store.Commit(ctx, store.Put(tombstone(scope))); err != nil {
		return fmt.Errorf("shred the keyring of %s: %w", scope, err)
	}
	return nil
}

// Forget drops the copy in memory.
func (k *Keyrings) Forget(scope model.Scope) { k.cache.forget(scope) }

// Wait is how long after a change of keys, or their destruction, no instance uses the former ones any more.
func (k *Keyrings) Wait() time.Duration { return k.ttl + clockSkew }
