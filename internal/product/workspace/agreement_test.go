package workspace_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
)

// TestOnlyTheManagementAccepts: a version is accepted once, by the management alone, and other companies see nothing of
// it.
func TestOnlyTheManagementAccepts(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	_, other := h.founder("bob@example.org", "rival")
	sum, next := strings.Repeat("a1", 32), strings.Repeat("b2", 32)
	for i, role := range access.MemberRoles[1:] {
		_, v := h.member(boss, string(rune('a'+i))+"@example.org", role)
		h.refused(string(role), h.AcceptAgreement(t.Context(), v.Caller(), "2026-11-28", sum), model.ErrDenied)
		if _, err := h.Agreements(t.Context(), v.Caller()); !errors.Is(err, model.ErrDenied) {
			t.Errorf("%s reads: %v", role, err)
		}
	}
	for what, in := range map[string][2]string{
		"no day": {"latest", sum}, "no hash": {"2026-11-28", ""}, "a short hash": {"2026-11-28", sum[:63]},
		"no hexadecimal hash": {"2026-11-28", strings.Repeat("A1", 32)}, "a path": {"../../main", sum},
	} {
		h.refused(what, h.AcceptAgreement(t.Context(), boss.Caller(), in[0], in[1]), model.ErrInvalid)
	}
	for _, in := range [][2]string{{"2026-11-28", sum}, {"2026-11-28", sum}, {"2027-01-01", next}} {
		h.Clock.Advance(time.Minute)
		if err := h.AcceptAgreement(t.Context(), boss.Caller(), in[0], in[1]); err != nil {
			t.Fatal(in, err)
		}
	}
	list, err := h.Agreements(t.Context(), boss.Caller())
	if err != nil || len(list) != 2 || list[0].Version != "2027-01-01" || list[1].Sum != sum ||
		list[1].By != boss.Caller().Account || list[1].ByName != boss.Caller().Name ||
		list[0].At.Sub(list[1].At) != 2*time.Minute {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := h.Agreements(t.Context(), other.Caller()); err != nil || len(list) != 0 {
		t.Errorf("another company sees %v, %v", list, err)
	}
}
