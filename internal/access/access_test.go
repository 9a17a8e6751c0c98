package access

import (
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
)

var (
	home  = model.Workspace("house")
	other = model.Workspace("other")
)

func member(r Role) Caller { return Caller{Scope: home, Account: "ada", Role: r} }

func TestEveryRuleIsWhole(t *testing.T) {
	t.Parallel()
	for action, rule := range matrix {
		if rule.says == "" || len(rule.roles) == 0 || rule.in == "" {
			t.Errorf("%s: incomplete rule", action)
		}
		if rule.in != model.WorkspaceScope && len(memberRoles(rule.roles)) > 0 {
			t.Errorf("%s: a member role outside a workspace", action)
		}
		if rule.token != "" && rule.token != anyToken && rule.token != proven && !known(rule.token) {
			t.Errorf("%s: unknown token scope %q", action, rule.token)
		}
	}
}

func TestWiderRolesMayWhatNarrowerMay(t *testing.T) {
	t.Parallel()
	for _, row := range Table() {
		for i, role := range MemberRoles[:len(MemberRoles)-1] {
			if row.May(MemberRoles[i+1]) && !row.May(role) {
				t.Errorf("%s: %s may, and %s may not", row.Action, MemberRoles[i+1], role)
			}
		}
	}
}

func TestCanIsTheTable(t *testing.T) {
	t.Parallel()
	for _, row := range Table() {
		for _, role := range MemberRoles {
			if got := Can(member(role), row.Action); got != row.May(role) {
				t.Errorf("%s as %s: %v", row.Action, role, got)
			}
		}
	}
}

func TestCanRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caller Caller
		action Action
	}{
		"nobody":            {Caller{}, ReportRead},
		"no scope":          {Caller{Account: "ada", Role: Management}, ReportRead},
		"an unknown action": {member(Management), "report.burn"},
		"an unknown role":   {Caller{Scope: home, Account: "ada", Role: "king"}, ReportRead},
		"a member in an account": {Caller{Scope: model.Account("ada"), Account: "ada", Role: Management},
			AccountRead},
		"self in a workspace": {Caller{Scope: home, Account: "ada", Role: Self}, ReportRead},
		"a token without scopes": {Caller{Scope: home, Account: "ada", Role: Management, Limits: Scopes{}},
			ReportRead},
		"a reading token, writing": {Caller{Scope: home, Account: "ada", Role: Management,
			Limits: Scopes{ReadReports}}, ReportCreate},
		"a token, inviting": {Caller{Scope: home, Account: "ada", Role: Management, Limits: Scopes{ReadReports,
			WriteReports, ReadAudit}}, MemberInvite},
		"a viewer with a token": {Caller{Scope: home, Account: "ada", Role: Viewer, Limits: Scopes{WriteReports}},
			ReportCreate},
	} {
		if Can(c.caller, c.action) {
			t.Errorf("%s may %s", name, c.action)
		}
	}
}

func TestTokensNarrow(t *testing.T) {
	t.Parallel()
	c := member(Reporter)
	c.Limits = Scopes{ReadReports}
	if !Can(c, ReportRead) || !Can(c, WorkspaceRead) {
		t.Error("a reading token may not read")
	}
}

func TestOnlyTheSystemChangesScope(t *testing.T) {
	t.Parallel()
	if c := SystemCaller(home, "task:x", "").In(other); c.Scope != other || c.Role != System {
		t.Errorf("system: %+v", c)
	}
	if c := member(Management).In(other); Can(c, ReportRead) || c.Account != "" {
		t.Errorf("a member moved: %+v", c)
	}
}

func TestAudience(t *testing.T) {
	t.Parallel()
	for level, want := range map[Level][]Role{
		Everyone:   {Management, Organizer, Reporter, Viewer},
		Organizers: {Management, Organizer},
		Managers:   {Management},
		"":         nil,
		"all":      nil,
	} {
		a := Audience{Level: level}
		for _, r := range append(slices.Clone(MemberRoles), Self, "", "king") {
			if got := a.Admits(member(r)); got != slices.Contains(want, r) {
				t.Errorf("audience %q, role %q: %v", level, r, got)
			}
			indexed := slices.ContainsFunc(member(r).ReaderKeys(), func(k string) bool {
				return slices.Contains(a.Readers(), k)
			})
			if indexed != a.Admits(member(r)) {
				t.Errorf("audience %q, role %q: the index says %v", level, r, indexed)
			}
			found := slices.ContainsFunc(member(r).SearchDomains(), func(k string) bool {
				return slices.Contains(a.Domains(), k)
			})
			if found != a.Admits(member(r)) {
				t.Errorf("audience %q, role %q: search says %v", level, r, found)
			}
		}
	}
}

func TestPeopleExcludesManagement(t *testing.T) {
	t.Parallel()
	a := Only("eve", "bob")
	if a.Admits(member(Management)) {
		t.Error("management reads what is for two people")
	}
	eve := Caller{Scope: home, Account: "eve", Role: Viewer}
	if !a.Admits(eve) || !slices.Contains(a.Readers(), eve.ReaderKeys()[1]) {
		t.Error("eve is not admitted")
	}
	if Only("").Admits(Caller{Scope: home, Role: Viewer}) {
		t.Error("nobody is admitted by an empty id")
	}
	if Only("management").Admits(member(Management)) || slices.Contains(Only("management").Readers(), "management") {
		t.Error("an account called management is taken for the role")
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	if _, err := ParseScopes([]string{"reports:read", "admin"}); err == nil {
		t.Error("an unknown scope is accepted")
	}
	s, err := ParseScopes([]string{"reports:read", "reports:read"})
	if err != nil || len(s) != 1 {
		t.Errorf("%v %v", s, err)
	}
	none, _ := ParseScopes(nil)
	if none == nil {
		t.Error("no scopes must not mean no limits")
	}
}
