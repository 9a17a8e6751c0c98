package account

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/factor"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// SessionKeys are the keys of session handles: one signs, and every enabled one verifies.
type SessionKeys interface {
	Signer(ctx context.Context) (kid string, key ed25519.PrivateKey, err error)
	Verifier(ctx context.Context, kid string) (key ed25519.PublicKey, known bool, err error)
}

// Circle is what workspaces do when one of their members signs in or changes. Both methods run inside the transaction
// of the change.
type Circle interface {
	// Entered records the sign-in in the trail of each of the person's workspaces.
	Entered(ctx context.Context, v records.Via, p Person) error
	// Changed writes a new name or address into each of the person's workspaces.
	Changed(ctx context.Context, v records.Via, p Person) error
}

// Person is the person that an event is about, and the client it came from.
type Person struct {
	ID, Name, Email string
	Session         string
	Client          Client
}

// Client is where a request comes from.
type Client struct {
	Address   string // of the network, "" if unknown
	UserAgent string
	Device    string // what SignedIn.Device gave this browser at an earlier sign-in
	Known     string // what SignedIn.Known gave it
	Cookie    string // the session that this browser still holds; opening another one ends it
	Request   string // request id
	Trace     string
}

// Lifetimes bound a session. A zero field means no bound.
type Lifetimes struct {
	Idle     time.Duration `json:"idle,omitempty"`
	Absolute time.Duration `json:"absolute,omitempty"`
}

// Links are the paths that mails lead to.
type Links struct {
	Confirm, Reset, Change, Invite string // a secret is added at the end
	Factor                         string // a secret is added at the end
	SignIn, SignUp, Forgot, Tokens string
	Factors                        string
}

// DefaultLinks are the paths of the product's own pages.
var DefaultLinks = Links{
	Confirm: "/confirm/", Reset: "/reset/", Change: "/change-address/", Invite: "/invitation/",
	Factor: "/account/factors/open/",
	SignIn: "/signin", SignUp: "/signup", Forgot: "/forgot", Tokens: "/account/tokens", Factors: "/account/factors",
}

// Options are what a Service needs.
type Options struct {
	Gate    *records.Gate
	Post    Post
	Keys    SessionKeys
	Peppers passwords.Peppers
	BaseURL string // scheme and host: issuer and audience of handles
	Links   Links  // zero means DefaultLinks
	Session Lifetimes

	Cost      int  // of bcrypt; zero means 12
	TestCosts bool // allows a lower cost; for tests only
	// Floor is the shortest time for answers that must not disclose whether an account exists. It is longer than a
	// password check and a few calls to the database. Zero, for tests, means none.
	Floor time.Duration

	LockedOut func() // called when a sign-in is refused because there were too many; may be nil
}

// Service holds the use cases about people. It is safe for concurrent use.
type Service struct {
	gate   *records.Gate
	post   Post
	keys   SessionKeys
	hasher *passwords.Hasher
	base   string
	links  Links
	life   Lifetimes
	floor  time.Duration
	circle Circle
	locked func()

	factors *factor.Service
}

const (
	minCost         = 12
	defaultIdle     = 12 * time.Hour
	defaultAbsolute = 7 * 24 * time.Hour
)

// New makes a Service. Attach must be called before it serves.
func New(o Options) (*Service, error) {
	if o.Gate == nil || o.Post == nil || o.Keys == nil || o.Peppers == nil {
		return nil, errors.New("account: gate, post, keys and peppers are needed")
	}
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Host == "" || strings.HasSuffix(o.BaseURL, "/") {
		return nil, fmt.Errorf("account: the base URL %q is not a scheme and a host", o.BaseURL)
	}
	if o.Cost == 0 {
		o.Cost = minCost
	}
	if o.Cost < minCost && !o.TestCosts {
		return nil, fmt.Errorf("account: bcrypt cost %d is below %d", o.Cost, minCost)
	}
	if o.Links == (Links{}) {
		o.Links = DefaultLinks
	}
	if o.LockedOut == nil {
		o.LockedOut = func() {}
	}
	life, err := sane(o.Session)
	if err != nil {
		return nil, err
	}
	factors, err := factor.New(o.Gate, o.BaseURL)
	if err != nil {
		return nil, err
	}
	return &Service{
		gate: o.Gate, factors: factors, post: o.Post, keys: o.Keys, hasher: passwords.NewHasher(o.Peppers, o.Cost),
		base: o.BaseURL, links: o.Links, life: life, floor: o.Floor, circle: nobody{}, locked: o.LockedOut,
	}, nil
}

func sane(l Lifetimes) (Lifetimes, error) {
	if l.Idle < 0 || l.Absolute < 0 {
		return l, errors.New("account: a session cannot end before it begins")
	}
	if l.Idle == 0 {
		l.Idle = defaultIdle
	}
	if l.Absolute == 0 {
		l.Absolute = defaultAbsolute
	}
	l.Idle = min(l.Idle, l.Absolute)
	return l, nil
}

// Attach connects the workspaces, which need this Service themselves. It must be called before anything is served.
func (s *Service) Attach(c Circle) { s.circle = c }

// nobody is the Circle of a Service without workspaces.
type nobody struct{}

func (nobody) Entered(context.Context, records.Via, Person) error { return nil }
func (nobody) Changed(context.Context, records.Via, Person) error { return nil }

// Lifetimes are the installation's bounds of sessions. A workspace can only shorten them.
func (s *Service) Lifetimes() Lifetimes { return s.life }

func (s *Service) now() time.Time { return s.gate.Clock().Now() }

// system is the caller for what the product does for a client that is not signed in.
func system(scope model.Scope, job string, c Client) access.Caller {
	caller := access.SystemCaller(scope, job, c.Request)
	caller.Trace = c.Trace
	return caller
}

// ring is the platform's keyring, for keyed hashes.
func (s *Service) ring(ctx context.Context) (*records.Ring, error) {
	ring, err := s.gate.Keyrings().Ring(ctx, model.Platform())
	if err != nil {
		return nil, fmt.Errorf("the platform's keyring: %w", err)
	}
	return ring, nil
}

// even delays an answer until the floor has passed, so that its timing discloses nothing.
func (s *Service) even(ctx context.Context, start time.Time, err error) error {
	rest := s.floor - time.Since(start)
	if rest <= 0 {
		return err
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return err
}
