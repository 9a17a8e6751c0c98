// Package accounttest builds accounts on a real gate for tests. Production code must never import it.
package accounttest

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Base is the address of the deployment in tests.
const Base = "https://house.example"

// Password is one that the policy accepts.
const Password = "violet anchors sleep beneath gravel"

// Fixture is a Service on a real gate.
type Fixture struct {
	*recordstest.Fixture
	Accounts *account.Service
	Post     *Post
	Keys     *Keys
	Peppers  *Peppers
}

// New builds one. The kinds are those of other packages; workspaces are always among them, since who asks is found out
// together with their list.
func New(t testing.TB, kinds ...records.Declared) *Fixture {
	t.Helper()
	for _, k := range workspace.Kinds() {
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	h := &Fixture{
		Fixture: recordstest.New(t, append(account.Kinds(), kinds...)...),
		Post:    &Post{queued: map[string]account.Letter{}}, Keys: NewKeys("k-1"), Peppers: &Peppers{},
	}
	h.Peppers.Add("1")
	h.Accounts = h.Service(t, 4)
	return h
}

// Service makes another Service on the same gate, as after a restart, with a bcrypt cost.
func (h *Fixture) Service(t testing.TB, cost int) *account.Service {
	t.Helper()
	s, err := account.New(account.Options{
		Gate: h.Gate, Post: h.Post, Keys: h.Keys, Peppers: h.Peppers, BaseURL: Base, Cost: cost, TestCosts: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Person makes an account at once.
func (h *Fixture) Person(t testing.TB, email, name string) account.Person {
	t.Helper()
	sys := access.SystemCaller(model.Platform(), "test", "")
	p, err := h.Accounts.Provision(t.Context(), sys, account.NewAccount{Email: email, Name: name, Password: Password})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// SignIn signs in from an address that nobody else uses.
func (h *Fixture) SignIn(t testing.TB, email string) (account.SignedIn, account.Credential) {
	t.Helper()
	in, err := h.Accounts.SignIn(t.Context(), account.Client{Address: "192.0.2.77"}, account.Login{Email: email,
		Password: Password})
	if err != nil {
		t.Fatal(err)
	}
	cred, err := h.Accounts.FromCookie(t.Context(), account.Client{}, in.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	return in, cred
}

// Whoami is whose credential it is.
func (h *Fixture) Whoami(ctx context.Context, cred account.Credential) (identity.Identity, error) {
	return identity.New(h.Gate, h.Accounts, nil).Find(ctx, cred, identity.Where{})
}

// Used notes that somebody asked.
func (h *Fixture) Used(ctx context.Context, who identity.Identity) error {
	return identity.New(h.Gate, h.Accounts, nil).Used(ctx, who)
}

// Who signs in and gives who that is.
func (h *Fixture) Who(t testing.TB, email string) identity.Identity {
	t.Helper()
	_, cred := h.SignIn(t, email)
	who, err := h.Whoami(t.Context(), cred)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// Post keeps letters. One is sent only when it was woken, which is after the commit.
type Post struct {
	mu     sync.Mutex
	queued map[string]account.Letter
	sent   []account.Letter
}

// Queue takes a letter.
func (p *Post) Queue(_ context.Context, v records.Via, l account.Letter) (string, error) {
	if _, ok := v.(*records.Tx); !ok {
		return "", errors.New("a letter is queued outside a transaction")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	id := model.NewID()
	p.queued[id] = l
	return id, nil
}

// Wake sends it.
func (p *Post) Wake(_ context.Context, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, p.queued[id])
	delete(p.queued, id)
}

// Take gives the letters that were sent since the last Take.
func (p *Post) Take() []account.Letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	sent := p.sent
	p.sent = nil
	return sent
}

// Secret takes the letters and gives the secret of the link in the only one of a kind.
func (p *Post) Secret(t testing.TB, kind account.LetterKind) string {
	t.Helper()
	sent := p.Take()
	i := slices.IndexFunc(sent, func(l account.Letter) bool { return l.Kind == kind })
	if i < 0 {
		t.Fatalf("no letter %q among %v", kind, sent)
	}
	return sent[i].Path[strings.LastIndexByte(sent[i].Path, '/')+1:]
}

// Keys are session keys in memory.
type Keys struct {
	mu     sync.Mutex
	signer string
	keys   map[string]ed25519.PrivateKey
}

// NewKeys makes keys of which one signs.
func NewKeys(kid string) *Keys {
	k := &Keys{keys: map[string]ed25519.PrivateKey{}}
	k.Rotate(kid)
	return k
}

// Rotate adds a key that signs from now on.
func (k *Keys) Rotate(kid string) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys[kid], k.signer = key, kid
}

// Disable takes a key away.
func (k *Keys) Disable(kid string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, kid)
}

// Signer is the key that signs.
func (k *Keys) Signer(context.Context) (string, ed25519.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.signer, k.keys[k.signer], nil
}

// Verifier is one key.
func (k *Keys) Verifier(_ context.Context, kid string) (ed25519.PublicKey, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.keys[kid]
	if !ok {
		return nil, false, nil
	}
	return key.Public().(ed25519.PublicKey), true, nil
}

// Peppers are peppers in memory.
type Peppers struct {
	mu   sync.Mutex
	list []passwords.Pepper
}

// Add adds a newest one.
func (p *Peppers) Add(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append([]passwords.Pepper{{ID: id, Key: []byte("pepper " + id + " of the tests " +
		strings.Repeat("x", 16))}}, p.list...)
}

// Peppers are all, newest first.
func (p *Peppers) Peppers(context.Context) ([]passwords.Pepper, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.list), nil
}

// Address is a client at a network address.
func Address(a string) account.Client { return account.Client{Address: a} }
