package seal

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Lock says what wraps the keyring of a scope.
type Lock struct {
	Key     string // the key-encryption key
	Version string // the version of it
	Own     bool   // it is the scope's own, not the installation's
}

// LockOf says what wraps the keyring of a scope. It does not call KMS, so it answers for a locked scope too.
func (k *Keyrings) LockOf(ctx context.Context, scope model.Scope) (Lock, error) {
	d, err := k.store.Get(ctx, ref(scope))
	if err != nil {
		return Lock{}, fmt.Errorf("keyring of %s: %w", scope, err)
	}
	r, err := parse(d)
	return r.lock(), err
}

func (r record) lock() Lock { return Lock{r.key, r.wrapped.version, r.own} }

// InstallationKey is the key-encryption key of all scopes that have none of their own.
func (k *Keyrings) InstallationKey() string { return k.key }

// Try wraps and unwraps a throwaway value with a key, in the same way as the keyring of the scope would be.
func (k *Keyrings) Try(ctx context.Context, key string, scope model.Scope) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	w, err := k.wrapper.wrap(ctx, key, []byte("toh-try"), scope)
	if err != nil {
		return err
	}
	_, err = k.wrapper.unwrap(ctx, w, scope)
	return err
}

// Primary is the version of the installation's key that wraps now.
func (k *Keyrings) Primary(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	w, err := k.wrapper.wrap(ctx, k.key, []byte("toh-try"), model.Platform())
	return w.version, err
}

// Wraps is the number of keyrings that one version wraps.
type Wraps struct {
	Version  string
	Keyrings int64
}

// maxCount is the upper bound of a count: more keyrings than there are people.
const maxCount = 10_000_000_000

// after is the first text that sorts after another.
func after(text string) string { return text + "\x00" }

// Wraps counts the keyrings by the version that wraps them, sorted by version name. It reads one document for each
// version.
func (k *Keyrings) Wraps(ctx context.Context) ([]Wraps, error) {
	var list []Wraps
	for from := ""; ; {
		f := k.liveFrom(from)
		page, err := k.store.Find(ctx, f)
		if err != nil || len(page.Docs) == 0 {
			return list, found(err)
		}
		r, err := parse(page.Docs[0])
		if err != nil {
			return list, err
		}
		f.From, f.Until = r.wrapped.version, after(r.wrapped.version)
		n, err := k.store.Count(ctx, f, maxCount)
		if err != nil {
			return list, found(err)
		}
		list = append(list, Wraps{r.wrapped.version, n})
		from = after(r.wrapped.version)
	}
}

func found(err error) error {
	if err != nil {
		return fmt.Errorf("look through the keyrings: %w", err)
	}
	return nil
}

// liveFrom finds keyrings by the version that wraps them, starting at a version.
func (k *Keyrings) liveFrom(version string) store.Find {
	return store.Find{Collection: collectionName, Query: "wrapped", Equal: store.Fields{stateField: live},
		From: version, Limit: 1}
}

// Stale lists scopes whose keyring is not wrapped by the given version, but by an older one or by the scope's own key.
// It continues after a cursor; next is "" at the end. Keyrings that are wrapped again in between are neither skipped
// nor listed for ever.
func (k *Keyrings) Stale(ctx context.Context, primary, cursor string, limit int) (scopes []model.Scope, next string,
	err error) {
	side, position := "<", ""
	if cursor != "" {
		side, position = cursor[:1], cursor[1:]
	}
	f := k.liveFrom("")
	f.Until = primary
	if side == ">" {
		f.From, f.Until = after(primary), nil
	}
	f.Limit, f.Cursor = limit, position
	page, err := k.store.Find(ctx, f)
	if err != nil {
		return nil, "", found(err)
	}
	for _, d := range page.Docs {
		scopes = append(scopes, d.Ref.Scope)
	}
	switch {
	case page.Next != "":
		next = side + page.Next
	case side == "<":
		next = ">"
	}
	return scopes, next, nil
}

// Tombstone says that the keys of a scope were destroyed, and when.
type Tombstone struct {
	Scope model.Scope
	At    time.Time
}

// Destroyed lists the scopes whose keys were destroyed, after a cursor; next is "" at the end.
func (k *Keyrings) Destroyed(ctx context.Context, cursor string, limit int) (list []Tombstone, next string, err error) {
	page, err := k.store.Find(ctx, store.Find{
		Collection: collectionName, Query: "in", Equal: store.Fields{stateField: shredded}, Limit: limit,
		Cursor: cursor,
	})
	if err != nil {
		return nil, "", found(err)
	}
	for _, d := range page.Docs {
		list = append(list, Tombstone{d.Ref.Scope, d.Updated})
	}
	return list, page.Next, nil
}

// KeyOf is the key that a version belongs to.
func KeyOf(version string) string {
	key, _, _ := strings.Cut(version, "/cryptoKeyVersions/")
	return key
}
