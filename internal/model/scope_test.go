package model

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestValidID(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`\A[a-z0-9][a-z0-9-]{1,63}\z`)
	check := func(s string) bool { return ValidID(s) == form.MatchString(s) }
	for _, s := range []string{"", "a", "ab", "-a", "a-", "aB", "a_", "a\n", "ab\n", "ä1", strings.Repeat("a", 64),
		strings.Repeat("a", 65), NewID(), "a/b", "..", "a.b"} {
		if !check(s) {
			t.Errorf("%q: %v", s, ValidID(s))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		if s := rapid.StringMatching(`[a-c0-1A-]{0,4}[a-z0-9-]{0,66}`).Draw(t, "s"); !check(s) {
			t.Fatalf("%q: %v", s, ValidID(s))
		}
	})
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for text, s := range map[string]Scope{"workspaces/ab": Workspace("ab"), "accounts/cd": Account("cd"),
		"platform/main": Platform()} {
		if s.String() != text || !s.Valid() {
			t.Errorf("%q is %v", text, s)
		}
	}
	for _, s := range []Scope{{}, {WorkspaceScope, ""}, {WorkspaceScope, "A1"}, {WorkspaceScope, "ab/cd"},
		{PlatformScope, "other"}, {"rooms", "ab"}} {
		if s.Valid() {
			t.Errorf("%v is taken for a scope", s)
		}
	}
}
