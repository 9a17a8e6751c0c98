package files_test

import (
	"strings"
	"testing"
)

// TestObjectsOfAnEndedWorkspaceGo: only when its keys are destroyed, and only its own.
func TestObjectsOfAnEndedWorkspaceGo(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, c := range []*company{h.a, h.b} {
		h.add(t, c.people["author"], c.draft, "a.txt", noise(100, 1))
	}
	before := len(h.stored(t))
	always := func() bool { return true }
	if _, _, err := h.files.Clear(t.Context(), h.a.scope, always); err == nil || len(h.stored(t)) != before {
		t.Fatalf("cleared a workspace in use: %v", err)
	}
	must(t, h.Keyrings.Shred(t.Context(), h.a.scope))
	if n, all, err := h.files.Clear(t.Context(), h.a.scope, func() bool { return false }); n != 0 || all || err != nil {
		t.Errorf("went on without time: %d, %t, %v", n, all, err)
	}
	n, all, err := h.files.Clear(t.Context(), h.a.scope, always)
	if err != nil || !all || n == 0 || int(n) >= before {
		t.Fatalf("removed %d of %d, all %t; %v", n, before, all, err)
	}
	left := h.stored(t)
	if len(left) != before-int(n) {
		t.Errorf("%d are left", len(left))
	}
	for _, name := range left {
		if !strings.Contains(name, h.b.scope.ID) {
			t.Errorf("%s is left", name)
		}
	}
}
