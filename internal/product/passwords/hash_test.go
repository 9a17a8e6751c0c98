package passwords_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

func TestHashesAreExact(t *testing.T) {
	t.Parallel()
	h := hasherAlone()
	base := strings.Repeat("a", 72)
	for _, pair := range [][2]string{
		{base, base + "b"}, {base + "b", base + "c"}, {strings.Repeat("a", 128), strings.Repeat("a", 127)},
		{"nul\x00one", "nul\x00two"}, {"space", "space "},
		{" space", "space"}, {"Case", "case"}, {"a\x00", "a"}, {"ﬁ", "fi"},
	} {
		form, err := h.Hash(t.Context(), pair[0])
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(form, pair[0]) || !strings.HasPrefix(form, "v1$1$2a$04$") {
			t.Errorf("form %q", form)
		}
		if ok, stale, err := h.Check(t.Context(), form, pair[0]); !ok || stale || err != nil {
			t.Errorf("%q is not itself: %v", pair[0], err)
		}
		if ok, _, _ := h.Check(t.Context(), form, pair[1]); ok {
			t.Errorf("%q passes for %q", pair[1], pair[0])
		}
	}
}

// TestOnePasswordHoweverItIsTyped: keyboards differ in how they compose letters, and in which space they type.
func TestOnePasswordHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	h := hasherAlone()
	for _, pair := range [][2]string{
		{"\u00e9t\u00e9", "e\u0301te\u0301"}, {"\u1ec7", "e\u0323\u0302"}, {"\uac00", "\u1100\u1161"},
		{"blue\u00a0moon", "blue moon"}, {"a\u3000b", "a b"},
		{"\u00e9 \u2764\ufe0f", "e\u0301 \u2764\ufe0f"}, {"\u212b", "\u00c5"},
	} {
		for _, typed := range [][2]string{pair, {pair[1], pair[0]}} {
			form, err := h.Hash(t.Context(), typed[0])
			if err != nil {
				t.Fatal(err)
			}
			if ok, stale, err := h.Check(t.Context(), form, typed[1]); !ok || stale || err != nil {
				t.Errorf("%+q does not pass for %+q: %v", typed[1], typed[0], err)
			}
		}
	}
	// Hashes of before: whoever types it as then gets in, and gets a new one.
	for _, old := range []string{"e\u0301te\u0301", "blue\u00a0moon", "nul\x00one", "\xff\xfe", "plain"} {
		form := h.HashRaw(t, old)
		if ok, stale, err := h.Check(t.Context(), form, old); !ok || err != nil || stale != (old == "e\u0301te\u0301" ||
			old == "blue\u00a0moon") {
			t.Errorf("%+q: %v, stale %v, %v", old, ok, stale, err)
		}
	}
	if ok, _, _ := h.Check(t.Context(), h.HashRaw(t, "e\u0301"), "\u00e8"); ok {
		t.Error("another letter passes")
	}
}

func TestHashRefusals(t *testing.T) {
	t.Parallel()
	h := hasherAlone()
	form, err := h.Hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Check(t.Context(), strings.Replace(form, "v1$1$", "v1$9$", 1), "x"); !errors.Is(err,
		model.ErrUnavailable) {
		t.Errorf("an unknown pepper: %v", err)
	}
	for _, bad := range []string{"", "x", form[5:], "v2" + form[2:], form + "x"} {
		if ok, _, err := h.Check(t.Context(), bad, "x"); ok || err == nil {
			t.Errorf("form %q: %v", bad, err)
		}
	}
	decoy, err := h.Decoy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := h.Check(t.Context(), decoy, "x"); ok || err != nil {
		t.Errorf("decoy: %v, %v", ok, err)
	}
	none := passwords.NewHasher(peppers{}, bcrypt.MinCost)
	if _, _, err := none.Check(t.Context(), form, "x"); !errors.Is(err, model.ErrUnavailable) {
		t.Errorf("no pepper: %v", err)
	}
}

// A decoy costs what a real check costs: bcrypt does all of its rounds for it, and the pepper is used.
func TestDecoyCostsTheSame(t *testing.T) {
	t.Parallel()
	h := passwords.NewHasher(peppers{pepper("2"), pepper("1")}, 5)
	form, err := h.Hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	decoy, err := h.Decoy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(decoy) != len(form) || decoy[:len("v1$2$2a$05$")] != form[:len("v1$2$2a$05$")] {
		t.Errorf("decoy %q, real %q", decoy, form)
	}
	if err := bcrypt.CompareHashAndPassword([]byte(decoy[len("v1$2"):]), []byte("x")); !errors.Is(err,
		bcrypt.ErrMismatchedHashAndPassword) {
		t.Errorf("bcrypt does not work on it: %v", err)
	}
}

func TestHashQueueIsBounded(t *testing.T) {
	t.Parallel()
	h := hasherAlone()
	release := h.Hold()
	room := h.Room() - h.Waiting()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, room)
	for range room {
		go func() {
			_, err := h.Hash(ctx, "x")
			done <- err
		}()
	}
	for h.Waiting() < h.Room() {
		time.Sleep(time.Millisecond)
	}
	if _, err := h.Hash(t.Context(), "x"); !errors.Is(err, model.ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	for range room {
		if err := <-done; !errors.Is(err, model.ErrUnavailable) {
			t.Errorf("who went away: %v", err)
		}
	}
	release()
	if _, err := h.Hash(t.Context(), "x"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
