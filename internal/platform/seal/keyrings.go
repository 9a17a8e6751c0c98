package seal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	kms "cloud.google.com/go/kms/apiv1"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Options are what Keyrings need.
type Options struct {
	KMS *kms.KeyManagementClient
	// KeyName is the key-encryption key of new keyrings: projects/…/cryptoKeys/….
	KeyName string
	// Store is on the keys database and knows Collections.
	Store *store.Store
	// Clock is the machine's when nil.
	Clock model.Clock
	// TTL is how long an unwrapped keyring is used before it is fetched again. Zero means 5 minutes. It must be the
	// same in every instance, since a new key seals only when every instance has it.
	TTL time.Duration
	// OwnTTL is the same for keyrings under a scope's own key, because its withdrawal must take effect soon. Zero means
	// a minute.
	OwnTTL time.Duration
	// Timeout limits fetching or changing a keyring, the database and KMS together. Zero means 1.2 seconds.
	Timeout time.Duration
	// MaxRings limits the keyrings in memory. Zero means 10,000.
	MaxRings int
}

// Keyrings provides the keyring of each scope. It is safe for concurrent use.
type Keyrings struct {
	wrapper wrapper
	key     string
	store   *store.Store
	clock   model.Clock
	ttl     time.Duration
	ownTTL  time.Duration
	timeout time.Duration
	cache   *cache
}

// Defaults of Options.
const (
	defaultTTL     = 5 * time.Minute
	defaultOwnTTL  = time.Minute
	defaultTimeout = 1200 * time.Millisecond
	defaultRings   = 10_000
)

// clockSkew is the most by which the clocks of instances may differ.
const clockSkew = time.Minute

// New makes Keyrings.
func New(o Options) *Keyrings {
	k := &Keyrings{
		wrapper: wrapper{o.KMS}, key: o.KeyName, store: o.Store, clock: o.Clock, ttl: o.TTL, timeout: o.Timeout,
		ownTTL: min(cmp.Or(o.OwnTTL, defaultOwnTTL), cmp.Or(o.TTL, defaultTTL)),
	}
	if k.clock == nil {
		k.clock = model.SystemClock{}
	}
	if k.ttl == 0 {
		k.ttl = defaultTTL
	}
	if k.timeout == 0 {
		k.timeout = defaultTimeout
	}
	if o.MaxRings == 0 {
		o.MaxRings = defaultRings
	}
	k.cache = newCache(o.MaxRings)
	return k
}

// Ring returns the keyring of a scope. It is ErrNotFound when none was made, ErrLocked when it was destroyed or its
// key-encryption key is disabled or withdrawn, and ErrUnavailable when the database or KMS does not answer in time.
func (k *Keyrings) Ring(ctx context.Context, scope model.Scope) (*Ring, error) {
	return k.cache.get(ctx, scope, k.clock.Now(), func(ctx context.Context) (*Ring, time.Time, error) {
		return k.load(ctx, scope)
	})
}

// Lookups says how often a keyring that was asked for was in memory, and how often it was not.
func (k *Keyrings) Lookups() (hits, misses int64) { return k.cache.lookups() }

// load fetches a keyring and says until when it may be used.
func (k *Keyrings) load(ctx context.Context, scope model.Scope) (*Ring, time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	now := k.clock.Now() // before KMS is asked, because its answer is valid from then on
	r, sets, err := k.fetch(ctx, scope)
	if err != nil {
		return nil, now, err
	}
	until := now.Add(k.ttl)
	if r.own {
		until = now.Add(k.ownTTL)
	}
	ring, err := sets.ring(scope)
	return ring, until, err
}

// fetch reads and unwraps the keysets of a scope. New keys whose waiting time is over become the ones that seal.
func (k *Keyrings) fetch(ctx context.Context, scope model.Scope) (record, keysets, error) {
	d, err := k.store.Get(ctx, ref(scope))
	if err != nil {
		return record{}, keysets{}, fmt.Errorf("keyring of %s: %w", scope, err)
	}
	r, err := parse(d)
	if err != nil {
		return r, keysets{}, fmt.Errorf("keyring of %s: %w", scope, err)
	}
	secret, err := k.wrapper.unwrap(ctx, r.wrapped, scope)
	if err != nil {
		return r, keysets{}, fmt.Errorf("keyring of %s: %w", scope, err)
	}
	sets, err := unmarshal(secret)
	if err == nil && !r.promote.IsZero() && !k.clock.Now().Before(r.promote) {
		sets, err = sets.promote()
		r.promote, r.due = time.Time{}, true
	}
	return r, sets, err
}

// Make makes the keyring of a scope. It is ErrConflict when there already is one, and ErrLocked when it was destroyed.
func (k *Keyrings) Make(ctx context.Context, scope model.Scope) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	if err := k.absent(ctx, scope); err != nil {
		return err
	}
	sets, err := newKeysets()
	if err != nil {
		return err
	}
	w, err := k.wrap(ctx, k.key, sets, scope)
	if err != nil {
		return err
	}
	_, err = k.store.Commit(ctx, store.Create(record{wrapped: w, version: 1}.doc(scope)))
	if errors.Is(err, model.ErrConflict) {
		if err := k.absent(ctx, scope); err != nil {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("make the keyring of %s: %w", scope, err)
	}
	return nil
}

// absent is nil when a scope has no keyring and never had one.
func (k *Keyrings) absent(ctx context.Context, scope model.Scope) error {
	d, err := k.store.Get(ctx, ref(scope))
	if errors.Is(err, model.ErrNotFound) {
		return nil
	}
	if err == nil {
		_, err = parse(d)
	}
	if err == nil {
		err = &model.Error{Kind: model.ErrConflict, Cause: errors.New("there is one")}
	}
	return fmt.Errorf("keyring of %s: %w", scope, err)
}

// Ensure makes the keyring of a scope unless there is one. Whichever instance is first, all get the same keyring.
func (k *Keyrings) Ensure(ctx context.Context, scope model.Scope) error {
	err := k.Make(ctx, scope)
	if errors.Is(err, model.ErrConflict) {
		return nil
	}
	return err
}

func (k *Keyrings) wrap(ctx context.Context, key string, sets keysets, scope model.Scope) (wrapped, error) {
	secret, err := sets.marshal()
	if err != nil {
		return wrapped{}, err
	}
	return k.wrapper.wrap(ctx, key, secret, scope)
}
