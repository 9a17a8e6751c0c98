package project_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

func TestWellFormed(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"abcdef": true, "abcde": false, "a" + strings.Repeat("b", 29): true, "a" + strings.Repeat("b", 30): false,
		"1bcdef": false, "abcde-": false, "Abcdef": false, "abc_def": false, "": false, "my-house-1": true,
	} {
		if got := project.WellFormed(id); got != want {
			t.Errorf("WellFormed(%q) = %t", id, got)
		}
	}
}

func TestNumberIsStable(t *testing.T) {
	t.Parallel()
	const want = "365483926405"
	if got := project.Number("tiny-opera"); got != want {
		t.Errorf("Number = %s, want %s: what was stored under it is lost", got, want)
	}
	if project.Number("tiny-opera") == project.Number("tiny-operb") {
		t.Error("two projects have one number")
	}
	if !project.IsNumber(want) || project.IsNumber("tiny-opera") {
		t.Error("IsNumber is wrong")
	}
	if got := project.Agent("tiny-opera", "gs-project-accounts"); got != "service-"+want+
		"@gs-project-accounts.iam.gserviceaccount.com" {
		t.Errorf("Agent = %s", got)
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"projects/p1/locations/l": "p1", "projects/p2": "p2",
		"folders/f": "folders"} {
		if got := project.Of(name); got != want {
			t.Errorf("Of(%q) = %q", name, got)
		}
	}
}
