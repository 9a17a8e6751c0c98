package passwords

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Pepper is one version of the secret key that goes into password hashes.
type Pepper struct {
	ID  string // short, letters and digits
	Key []byte
}

// Peppers gives the enabled versions, newest first.
type Peppers interface {
	Peppers(ctx context.Context) ([]Pepper, error)
}

// Hasher makes and checks password hashes: bcrypt(base64(HMAC-SHA-384(pepper, password))). The HMAC makes every byte of
// a long password count. At most one hash per core is computed at a time.
type Hasher struct {
	peppers Peppers
	cost    int
	queue   *queue
}

const waitersPerCore = 12 // in each lane: about three seconds of work

// NewHasher makes a Hasher with a cost of bcrypt.
func NewHasher(p Peppers, cost int) *Hasher {
	cores := runtime.GOMAXPROCS(0)
	return &Hasher{peppers: p, cost: cost, queue: newQueue(cores, cores*waitersPerCore)}
}

var errBusy = &model.Error{Kind: model.ErrTooMany, Public: "Too many people are signing in at this moment. Please " +
	"try again in a few seconds."}

// Work runs f when the queue gives the requester of the context its turn.
func (h *Hasher) Work(ctx context.Context, f func()) error {
	defer unhurried(ctx)()
	s, _ := ctx.Value(seatKey{}).(Seat)
	if err := h.queue.enter(ctx, s); err != nil {
		return err
	}
	defer h.queue.leave()
	f()
	return nil
}

func (h *Hasher) newest(ctx context.Context) (Pepper, []Pepper, error) {
	list, err := h.peppers.Peppers(ctx)
	if err == nil && len(list) == 0 {
		err = errors.New("there is none")
	}
	if err != nil {
		return Pepper{}, nil, model.Unavailable(fmt.Errorf("pepper: %w", err))
	}
	return list[0], list, nil
}

// Hash makes the stored form: v1$<pepper id>$2a$<cost>$….
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	pepper, _, err := h.newest(ctx)
	if err != nil {
		return "", err
	}
	var out []byte
	if wait := h.Work(ctx, func() {
		out, err = bcrypt.GenerateFromPassword(peppered(pepper, prepared(password)), h.cost)
	}); wait != nil {
		return "", wait
	}
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return "v1$" + pepper.ID + string(out), nil
}

// prepared normalizes a password before it is hashed, so that composed and decomposed letters and different kinds of
// space give the same hash (the OpaqueString profile of RFC 8265). A password with characters that the profile does not
// allow, such as some emoji, is only normalized to NFC.
func prepared(password string) string {
	if !utf8.ValidString(password) {
		return password // normalizing would map different invalid bytes to the same character
	}
	if text, err := precis.OpaqueString.String(password); err == nil {
		return text
	}
	return norm.NFC.String(password)
}

func peppered(p Pepper, password string) []byte {
	mac := hmac.New(sha512.New384, p.Key)
	mac.Write([]byte(password))
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(nil)) // 64 characters: bcrypt accepts at most 72
}

var stored = regexp.MustCompile(`^v1\$([A-Za-z0-9_-]{1,40})(\$2a\$[0-9]{2}\$[./A-Za-z0-9]{53})$`)

// Check compares a password with a stored hash. stale reports that the password should be hashed again: with the newest
// pepper, with another cost, or because it was hashed before passwords were normalized. The time it takes depends only
// on what was typed.
func (h *Hasher) Check(ctx context.Context, form, password string) (ok, stale bool, err error) {
	newest, all, err := h.newest(ctx)
	if err != nil {
		return false, false, err
	}
	parts := stored.FindStringSubmatch(form)
	if parts == nil {
		return false, false, errors.New("a stored password hash has no known form")
	}
	pepper, known := find(all, parts[1])
	if !known { // hashed with a version that this instance has not read yet, or with one that was disabled since
		return false, false, model.Unavailable(fmt.Errorf("pepper %q is not enabled", parts[1]))
	}
	text, raw := prepared(password), false
	wait := h.Work(ctx, func() {
		err = bcrypt.CompareHashAndPassword([]byte(parts[2]), peppered(pepper, text))
		if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) && text != password {
			err, raw = bcrypt.CompareHashAndPassword([]byte(parts[2]), peppered(pepper, password)), true
		}
	})
	if wait != nil {
		return false, false, wait
	}
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("check a password: %w", err)
	}
	cost, _ := bcrypt.Cost([]byte(parts[2]))
	return true, raw || cost != h.cost || pepper.ID != newest.ID, nil
}

func find(list []Pepper, id string) (Pepper, bool) {
	for _, p := range list {
		if p.ID == id {
			return p, true
		}
	}
	return Pepper{}, false
}

// Decoy returns a hash that no password matches. Checking it takes as long as checking a real one.
func (h *Hasher) Decoy(ctx context.Context) (string, error) {
	pepper, _, err := h.newest(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("v1$%s$2a$%02d$%s", pepper.ID, h.cost, strings.Repeat("O", 53)), nil
}

// Load returns how many passwords are hashed or wait, and how many that may be in each lane. It is for tests.
func (h *Hasher) Load() (now, most int) { return h.queue.there(), h.queue.size + h.queue.most }

// Cost is the cost at which a password is stored; ok is false if what is stored is no hash of ours.
func Cost(form string) (cost int, ok bool) {
	parts := stored.FindStringSubmatch(form)
	if parts == nil {
		return 0, false
	}
	cost, err := bcrypt.Cost([]byte(parts[2]))
	return cost, err == nil
}
