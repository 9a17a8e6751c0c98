package audit

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
)

func TestSentence(t *testing.T) {
	t.Parallel()
	member := Actor{ID: "a1", Name: "Ada", Role: access.Viewer}
	for name, c := range map[string]struct {
		entry Entry
		want  string
	}{
		"read": {Entry{Actor: member, Action: access.ReportRead, Record: "reports/r1", Outcome: Done,
			Labels: map[string]string{"title": "Show report 12 · Tosca"}}, "Ada read Show report 12 · Tosca."},
		"refused": {Entry{Actor: member, Action: access.ReportAccept, Record: "reports/r1", Outcome: Denied},
			"Ada was refused: accepted a report."},
		"reason": {Entry{Actor: member, Action: access.ReportAmend, Outcome: Done,
			Labels: map[string]string{"title": "Show report 1", "reason": "wrong time"}},
			"Ada amended Show report 1 (reason: wrong time)."},
		"system": {Entry{Actor: Actor{ID: "system", Name: "task:trash", Role: access.System},
			Action: access.TrashEmpty, Record: "productions/p", Outcome: Done},
			"Tiny Opera House removed a production from the trash for good."},
		"person": {Entry{Actor: Actor{ID: "system", Role: access.System}, Action: access.SessionEnter, Outcome: Done,
			Labels: map[string]string{"person": "Ada"}}, "Ada signed in."},
		"nobody": {Entry{Action: access.SignIn, Outcome: Failed}, "Somebody tried, and it failed: signed in."},
		"percent": {Entry{Actor: member, Action: access.ReportRead, Outcome: Done,
			Labels: map[string]string{"title": "%s%n {{.}}"}}, "Ada read %s%n {{.}}."},
		"unknown": {Entry{Actor: member, Action: "x.y", Outcome: Done}, "Ada did x.y."},
		"begun": {Entry{Actor: member, Action: access.AuditExport, Outcome: Begun},
			"Ada began: exported the audit trail."},
		"altered": {Entry{Actor: member, Action: access.ReportRead, Outcome: Done, Altered: true},
			"This entry was changed after it was written. Do not rely on what it says."},
		"other kind": {Entry{Actor: member, Action: access.ReportRead, Record: "odd/1", Outcome: Done},
			"Ada read a record."},
	} {
		if got := c.entry.Sentence(); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestEveryMemberActionHasWords(t *testing.T) {
	t.Parallel()
	for _, kind := range []model.ScopeKind{model.WorkspaceScope, model.AccountScope} {
		for _, a := range access.Actions(kind) {
			s := (&Entry{Actor: Actor{Name: "Ada", Role: access.Viewer}, Action: a, Outcome: Done}).Sentence()
			if strings.Contains(s, " did "+string(a)) && a != access.SessionUse && a != access.TokenUse {
				t.Errorf("no words for %s: %q", a, s)
			}
		}
	}
}
