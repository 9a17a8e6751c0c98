package workspace

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Options are what a Service needs.
type Options struct {
	Gate     *records.Gate
	Accounts *account.Service
	Post     account.Post
	// KeyAt schedules the call of ChangeKey for a change of a workspace's key. If nil, nothing is scheduled.
	KeyAt    KeyAt
	KeyUsers []string // service accounts that must be able to use a workspace's own key
	// Trail checks the trail of a workspace. If nil, trails cannot be checked.
	Trail TrailVerifier
	// Unmailed are addresses to which no news are mailed. If nil, there are none besides those of controls.
	Unmailed func(address string) bool
}

// KeyAt is called in the transaction that stores the change.
type KeyAt func(ctx context.Context, v records.Via, workspace model.Scope, change string, at time.Time) error

// Service holds the use cases about workspaces. It is safe for concurrent use.
type Service struct {
	gate     *records.Gate
	accounts *account.Service
	post     account.Post
	known    slugCache
	keyUsers []string
	keyAt    KeyAt
	erasures Erasures
	trail    TrailVerifier
	unmailed func(address string) bool
	noted    notedLocked
	refused  *refusals
}

// New makes a Service and attaches it to the accounts.
func New(o Options) (*Service, error) {
	if o.Gate == nil || o.Accounts == nil || o.Post == nil {
		return nil, errors.New("workspace: gate, accounts and post are needed")
	}
	s := &Service{gate: o.Gate, accounts: o.Accounts, post: o.Post, keyUsers: o.KeyUsers, keyAt: o.KeyAt,
		trail: o.Trail, unmailed: o.Unmailed, erasures: noErasures{}}
	s.refused = newRefusals()
	o.Accounts.Attach(circle{s})
	return s, nil
}

// Attach connects the erasures, which need this Service themselves. It must be called before anything is served;
// without them no workspace can be erased.
func (s *Service) Attach(e Erasures) { s.erasures = e }

// Matrix is the table of who may do what, in words.
func Matrix() []access.Row { return access.Table() }

func (s *Service) now() time.Time { return s.gate.Clock().Now() }

// system is the caller for what the product does in a scope on behalf of a client that is not a member there.
func system(scope model.Scope, job string, c account.Client) access.Caller {
	caller := access.SystemCaller(scope, job, c.Request)
	caller.Trace = c.Trace
	return caller
}

// client is the client of a caller, with what a caller knows of it.
func client(c access.Caller) account.Client {
	return account.Client{Request: c.Request, Trace: c.Trace}
}

// slugCache remembers which workspace a slug leads to. That never changes, so entries never become stale.
type slugCache struct {
	mu  sync.Mutex
	ids map[string]string
}

const maxCached = 10_000

func (c *slugCache) get(slug string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ids[slug]
}

func (c *slugCache) put(slug, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ids == nil || len(c.ids) >= maxCached {
		c.ids = map[string]string{}
	}
	c.ids[slug] = id
}
