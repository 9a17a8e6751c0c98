package account

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

// hasher makes and checks password hashes: bcrypt(base64(HMAC-SHA-384(pepper, password))), which looks at every byte of
// a password of any length. As many run at once as there are cores.
type hasher struct {
	peppers Peppers
	cost    int
	queue   *queue
}

const waitersPerCore = 12 // in each lane: about three seconds of work

func newHasher(p Peppers, cost int) *hasher {
	cores := runtime.GOMAXPROCS(0)
	return &hasher{peppers: p, cost: cost, queue: newQueue(cores, cores*waitersPerCore)}
}

var errBusy = &model.Error{Kind: model.ErrTooMany, Public: "Too many people are signing in at this moment. Please " +
	"try again in a few seconds."}

// work runs f when it is the turn of whoever has the context's seat.
func (h *hasher) work(ctx context.Context, f func()) error {
	defer unhurried(ctx)()
	s, _ := ctx.Value(seatKey{}).(seat)
	if err := h.queue.enter(ctx, s); err != nil {
		return err
	}
	defer h.queue.leave()
	f()
	return nil
}

func (h *hasher) newest(ctx context.Context) (Pepper, []Pepper, error) {
	list, err := h.peppers.Peppers(ctx)
	if err == nil && len(list) == 0 {
		err = errors.New("there is none")
	}
	if err != nil {
		return Pepper{}, nil, model.Unavailable(fmt.Errorf("pepper: %w", err))
	}
	return list[0], list, nil
}

// hash makes the stored form: v1$<pepper id>$2a$<cost>$….
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	pepper, _, err := h.newest(ctx)
	if err != nil {
		return "", err
	}
	var out []byte
	if wait := h.work(ctx, func() {
		out, err = bcrypt.GenerateFromPassword(peppered(pepper, prepared(password)), h.cost)
	}); wait != nil {
		return "", wait
	}
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return "v1$" + pepper.ID + string(out), nil
}

// prepared is a password in the one form in which it is hashed: the same whether a keyboard composes its letters or
// not, and whichever space it has (the OpaqueString of RFC 8265). What that profile has no place for, as some emoji, is
// composed and kept as it is.
func prepared(password string) string {
	if !utf8.ValidString(password) {
		return password // both would take one kind of broken bytes for another
	}
	if text, err := precis.OpaqueString.String(password); err == nil {
		return text
	}
	return norm.NFC.String(password)
}

func peppered(p Pepper, password string) []byte {
	mac := hmac.New(sha512.New384, p.Key)
	mac.Write([]byte(password))
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(nil)) // 64 characters: bcrypt would cut at 72
}

var stored = regexp.MustCompile(`^v1\$([A-Za-z0-9_-]{1,40})(\$2a\$[0-9]{2}\$[./A-Za-z0-9]{53})$`)

// check compares a password with a stored form. stale says that it should be hashed anew: with other keys or costs, or
// since it was hashed before passwords were prepared. How long it takes depends on what was typed only.
func (h *hasher) check(ctx context.Context, form, password string) (ok, stale bool, err error) {
	newest, all, err := h.newest(ctx)
	if err != nil {
		return false, false, err
	}
	parts := stored.FindStringSubmatch(form)
	if parts == nil {
		return false, false, errors.New("a stored password hash has no known form")
	}
	pepper, known := find(all, parts[1])
	if !known { // made by an instance that read a newer version than this one has, or of a version that was disabled
		return false, false, model.Unavailable(fmt.Errorf("pepper %q is not enabled", parts[1]))
	}
	text, raw := prepared(password), false
	wait := h.work(ctx, func() {
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

// decoy is a stored form that no password has. Checking it takes as long as any other.
func (h *hasher) decoy(ctx context.Context) (string, error) {
	pepper, _, err := h.newest(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("v1$%s$2a$%02d$%s", pepper.ID, h.cost, strings.Repeat("O", 53)), nil
}
