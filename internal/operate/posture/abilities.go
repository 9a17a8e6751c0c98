package posture

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"cloud.google.com/go/iam/apiv1/iampb"
)

// Ability is what somebody can do with the installation past the product.
type Ability string

// The abilities that are published.
const (
	Deploys      Ability = "deploy" // run another program as the service
	ReadsLogs    Ability = "logs"
	ReadsData    Ability = "data"  // the databases
	ChangesRules Ability = "rules" // who may do what
)

// Abilities are all of them.
var Abilities = []Ability{Deploys, ReadsLogs, ReadsData, ChangesRules}

// Holder is a sort of member, never one by name.
type Holder string

// The holders.
const (
	ThePages      Holder = "web"
	TheTasks      Holder = "tasks"
	ThePushes     Holder = "push"
	TheBuild      Holder = "build"
	People        Holder = "people"  // people and groups, until somebody takes it away
	PeopleBriefly Holder = "briefly" // people, for a time that ends by itself
	OtherPrograms Holder = "programs"
	Everybody     Holder = "everybody"
)

// Held is how many of one sort hold a role that gives an ability.
type Held struct {
	Ability Ability `json:"ability"`
	Role    string  `json:"role"` // "custom" for a role that the project made, since its name may name somebody
	Holder  Holder  `json:"holder"`
	Count   int     `json:"count"`
}

// Custom is how a role is called that the project made itself.
const Custom = "custom"

// Expected reports whether it is meant to be so at all times: the build deploys, the services read the databases, the
// tasks service looks for its own entries in the log.
func (h Held) Expected() bool {
	switch h.Ability {
	case Deploys:
		return h.Holder == TheBuild
	case ReadsLogs:
		return h.Holder == TheTasks
	case ReadsData:
		return h.Holder == ThePages || h.Holder == TheTasks
	}
	return false
}

// Access is who can do what past the product, by role and number.
type Access struct {
	Held    []Held `json:"held,omitempty"`
	Missing int    `json:"missing,omitempty"` // policies and roles that could not be read
}

// known are the roles of Google that give an ability.
var known = map[Ability]*regexp.Regexp{
	Deploys: regexp.MustCompile(`^roles/(owner|editor|run\.(admin|developer|sourceDeveloper)|` +
		`cloudbuild\.(builds\.(editor|builder)|workerPoolOwner)|clouddeploy\.(admin|operator|releaser))$`),
	ReadsLogs: regexp.MustCompile(`^roles/(owner|editor|viewer|reader|writer|admin|logging\.(admin|viewer|privateLogViewer|viewAccessor))$`),
	ReadsData: regexp.MustCompile(`^roles/(owner|editor|viewer|reader|writer|admin|datastore\.(owner|user|viewer|` +
		`importExportAdmin|restoreAdmin|backupsAdmin|cloneAdmin)|firebase(\..+|rules\.system))$`),
	ChangesRules: regexp.MustCompile(`^roles/(owner|admin|iam\.(securityAdmin|roleAdmin|organizationRoleAdmin|` +
		`serviceAccountAdmin|denyAdmin|workloadIdentityPoolAdmin)|resourcemanager\.\w*(IamAdmin|Admin|Creator)|` +
		`orgpolicy\.policyAdmin|\w+\.admin)$`),
}

// allows are the permissions that give an ability, for roles that the project made.
var allows = map[Ability]*regexp.Regexp{
	Deploys: regexp.MustCompile(`^(run\.(services|jobs|workerpools)\.(create|update)|cloudbuild\.builds\.create)$`),
	ReadsLogs: regexp.MustCompile(
		`^logging\.(logEntries\.(list|download)|privateLogEntries\.list|views\.access)$`),
	ReadsData:    regexp.MustCompile(`^datastore\.(entities\.(get|list)|databases\.export)$`),
	ChangesRules: regexp.MustCompile(`(\.setIamPolicy|^iam\.roles\.(create|update))$`),
}

// access counts who can do what, from the permissions on the project and on each of its parts. It reads nothing that
// the checks have not read already.
func (c *cloud) access(ctx context.Context) Access {
	counts := holding{c: c, by: map[Held]map[string]bool{}}
	p, ok := projectPolicy(ctx, c, &findings{}, "")
	counts.policy(ctx, p, ok)
	for _, g := range c.guards(ctx) {
		p, ok := policy(ctx, c, &findings{}, g, "")
		counts.policy(ctx, p, ok)
	}
	out := Access{Missing: counts.missing}
	for h, members := range counts.by {
		h.Count = len(members)
		out.Held = append(out.Held, h)
	}
	slices.SortFunc(out.Held, func(a, b Held) int {
		return cmp.Or(cmp.Compare(slices.Index(Abilities, a.Ability), slices.Index(Abilities, b.Ability)),
			cmp.Compare(a.Role, b.Role), cmp.Compare(a.Holder, b.Holder))
	})
	return out
}

// holding collects members, so that one who has a role in two places counts once.
type holding struct {
	c       *cloud
	by      map[Held]map[string]bool
	missing int
}

func (n *holding) policy(ctx context.Context, p *iampb.Policy, ok bool) {
	if !ok {
		n.missing++
		return
	}
	for _, b := range p.GetBindings() {
		for _, ability := range n.abilities(ctx, b.GetRole()) {
			for _, m := range b.GetMembers() {
				if holder, ok := n.c.holder(b, m); ok {
					n.add(Held{Ability: ability, Role: roleName(b.GetRole()), Holder: holder}, m)
				}
			}
		}
	}
}

func (n *holding) add(h Held, member string) {
	if n.by[h] == nil {
		n.by[h] = map[string]bool{}
	}
	n.by[h][member] = true
}

func roleName(role string) string {
	if isCustom(role) {
		return Custom
	}
	return role
}

// abilities are what a role gives. One that the project made is looked up; if that fails it counts as missing.
func (n *holding) abilities(ctx context.Context, role string) []Ability {
	may := func(a Ability) bool { return known[a].MatchString(role) }
	if isCustom(role) {
		r, ok := customRole(ctx, n.c, &findings{}, role)
		if !ok {
			n.missing++
			return nil
		}
		may = func(a Ability) bool { return slices.ContainsFunc(r.GetIncludedPermissions(), allows[a].MatchString) }
	}
	return slices.DeleteFunc(slices.Clone(Abilities), func(a Ability) bool { return !may(a) })
}

// holder is which sort of member it is; Google's own accounts, and deleted ones, are none.
func (c *cloud) holder(b *iampb.Binding, member string) (Holder, bool) {
	if own := c.ownAccount(member); own != "" {
		return map[string]Holder{webAccount: ThePages, tasksAccount: TheTasks, pushAccount: ThePushes,
			buildAccount: TheBuild}[own], true
	}
	if kind, _, _ := strings.Cut(member, ":"); strings.HasPrefix(kind, "project") {
		return "", false // whoever has a basic role on the project, who is counted there
	}
	switch c.sortOf(member) {
	case public:
		return Everybody, true
	case program:
		return OtherPrograms, true
	case person:
		if c.forATime(b, member) {
			return PeopleBriefly, true
		}
		return People, true
	}
	return "", false
}
