package posture

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"google.golang.org/protobuf/proto"
)

// conditional is the version of policies that show conditions.
var conditional = &iampb.GetPolicyOptions{RequestedPolicyVersion: 3}

func projectPolicy(ctx context.Context, c *cloud, f *findings, expected string) (*iampb.Policy, bool) {
	p, ok := look(ctx, c, f, ofProjects, thing{"permissions on", c.project().name}, expected,
		func(ctx context.Context) (*iampb.Policy, error) {
			return c.Projects.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: c.project().name,
				Options: conditional})
		})
	return c.inForce(p), ok
}

// onProject is all that our accounts may have on the whole project: the role, and the condition under which they may
// have it.
var onProject = map[string]map[string]func(names) string{
	webAccount: {
		"roles/datastore.user": ourDatabases, "roles/logging.logWriter": always,
		"roles/monitoring.metricWriter": always, "roles/cloudtrace.agent": always,
	},
	tasksAccount: {
		"roles/datastore.user": ourDatabases, "roles/logging.logWriter": always,
		"roles/monitoring.metricWriter": always, "roles/cloudtrace.agent": always,
		attestRole: always, "roles/logging.viewAccessor": controlsView,
	},
	buildAccount: {
		"roles/logging.logWriter": always, "roles/monitoring.viewer": always,
		"roles/containeranalysis.occurrences.editor": always,
		"roles/containeranalysis.notes.editor":       always, "roles/storage.objectViewer": sources,
		"roles/storage.objectCreator": contents,
	},
}

func always(names) string { return "" }

func ourDatabases(n names) string {
	return fmt.Sprintf("resource.name == %q || resource.name == %q", n.database(contentDatabase).name,
		n.database(keysDatabase).name)
}

// controlsView is the one view through which the tasks service may read the trail's log.
func controlsView(n names) string { return fmt.Sprintf("resource.name == %q", n.controlsView()) }

// sources is the bucket into which the sources of a build are put.
func sources(n names) string {
	return fmt.Sprintf("resource.name.startsWith(%q)", "projects/_/buckets/"+n.projectID+"_cloudbuild")
}

// contents is where the lists of what is in the images are stored, beside the sources.
func contents(n names) string {
	return fmt.Sprintf("resource.name.startsWith(%q)", "projects/_/buckets/"+n.projectID+"_cloudbuild/objects/sbom/")
}

// attestRole is the project's custom role with which the tasks service may read what this package reads.
const attestRole = "{project}/roles/tohAttest"

// projectRoles: nobody has more on the whole project than their task needs.
func projectRoles(ctx context.Context, c *cloud, f *findings) {
	p, ok := projectPolicy(ctx, c, f, "the narrowest roles")
	if !ok {
		return
	}
	before := len(f.list)
	for _, b := range p.GetBindings() {
		for _, m := range b.GetMembers() {
			c.projectRole(ctx, f, b, m)
		}
	}
	if len(f.list) == before {
		f.expect(true, thing{"permissions on", c.project().name}, "name "+plural(len(p.GetBindings()), "role")+
			", none wider than needed", "the narrowest roles")
	}
}

func (c *cloud) projectRole(ctx context.Context, f *findings, b *iampb.Binding, member string) {
	t, role := thing{"permissions on", c.project().name}, b.GetRole()
	read := "give " + role + " to " + member
	if own := c.ownAccount(member); own != "" {
		c.ownRole(f, t, b, own, read)
		return
	}
	switch c.sortOf(member) {
	case public:
		f.expect(false, t, read, "nothing for everybody")
	case program, person:
		c.stranger(ctx, f, t, b, member, read)
	}
}

// stranger checks a role of a member that is not ours. If the member could reach data, or change the rules about it,
// the promise is broken; a person may do so for a time that ends by itself.
func (c *cloud) stranger(ctx context.Context, f *findings, t thing, b *iampb.Binding, member, read string) {
	role := b.GetRole()
	wide := isWide(role)
	if isCustom(role) {
		more, ok := c.beyondSettings(ctx, f, role)
		if !ok {
			return
		}
		wide, read = len(more) > 0, read+", which allows beyond settings: "+orNone(cut(strings.Join(more, ", ")))
	}
	switch {
	case wide && c.forATime(b, member):
		f.remark(t, read+" if "+b.GetCondition().GetExpression(), "access for a time, while it is needed")
	case wide:
		f.expect(false, t, read, "no standing access to data or rules: people get it for a time, when it is needed")
	case !isHarmless(role) && !isCustom(role):
		f.remark(t, read, "a role that is known here to show settings only")
	}
}

// beyondSettings are the permissions of a custom role with which more than settings can be read.
func (c *cloud) beyondSettings(ctx context.Context, f *findings, name string) ([]string, bool) {
	role, ok := customRole(ctx, c, f, name)
	return slices.DeleteFunc(slices.Clone(role.GetIncludedPermissions()), showsSettings), ok
}

func customRole(ctx context.Context, c *cloud, f *findings, name string) (*adminpb.Role, bool) {
	return look(ctx, c, f, ofAccounts, thing{"role", name}, "permissions to look at settings only",
		func(ctx context.Context) (*adminpb.Role, error) {
			return c.Accounts.GetRole(ctx, &adminpb.GetRoleRequest{Name: name})
		})
}

// Permissions whose last word says that they only read, and those of them that read what is stored.
var (
	looksOnly = regexp.MustCompile(
		`\.(get|list|getIamPolicy|getMetadata|viewPublicKey|listEffectiveTags|listTagBindings)$`)
	stored = regexp.MustCompile(
		`^(datastore\.entities|storage\.objects|logging\.(logEntries|privateLogEntries|links)|pubsub\.snapshots|artifactregistry\.files)\.`)
)

func showsSettings(permission string) bool {
	return looksOnly.MatchString(permission) && !stored.MatchString(permission)
}

// longestGrant is how far in the future the end of a person's access may be.
const longestGrant = 7 * day

var untilWhen = regexp.MustCompile(`^request\.time < timestamp\("([^"]+)"\)$`)

// endOf is when a role ends by itself, if its condition says that and nothing else.
func endOf(b *iampb.Binding) (time.Time, bool) {
	m := untilWhen.FindStringSubmatch(strings.TrimSpace(b.GetCondition().GetExpression()))
	if m == nil {
		return time.Time{}, false
	}
	end, err := time.Parse(time.RFC3339, m[1])
	return end, err == nil
}

// forATime reports whether a person's role ends by itself, soon.
func (c *cloud) forATime(b *iampb.Binding, member string) bool {
	end, ends := endOf(b)
	return ends && c.sortOf(member) == person && end.Sub(c.now) <= longestGrant
}

// inForce is a policy without the roles whose time has ended: Google does not remove them, but they give nobody
// anything.
func (c *cloud) inForce(p *iampb.Policy) *iampb.Policy {
	if p == nil {
		return nil
	}
	left := proto.CloneOf(p)
	left.Bindings = slices.DeleteFunc(left.Bindings, func(b *iampb.Binding) bool {
		end, ends := endOf(b)
		return ends && !end.After(c.now)
	})
	return left
}

// ownAccount is which of our accounts a member is, or "".
func (c *cloud) ownAccount(member string) string {
	for _, a := range accounts {
		if member == c.member(a) {
			return a
		}
	}
	return ""
}

func (c *cloud) ownRole(f *findings, t thing, b *iampb.Binding, account, read string) {
	role, have := b.GetRole(), b.GetCondition().GetExpression()
	condition, allowed := onProject[account][strings.Replace(role, c.project().name, "{project}", 1)]
	switch {
	case !allowed:
		f.expect(false, t, read, "not this role on the project")
	case condition(c.names) != "":
		f.expect(have == condition(c.names), t, read+" if "+orNone(have), "only if "+condition(c.names))
	}
}

// databaseClosed: whoever reads the databases has the services' credentials; there is no other way.
func databaseClosed(ctx context.Context, c *cloud, f *findings) {
	p, ok := projectPolicy(ctx, c, f, "data roles for the services only")
	if !ok {
		return
	}
	n := 0
	for _, b := range p.GetBindings() {
		if !c.reachesData(ctx, f, b.GetRole()) {
			continue
		}
		for _, m := range b.GetMembers() {
			t, read := thing{"permissions on", c.project().name}, "let "+m+" at the databases by "+b.GetRole()
			own := c.ownAccount(m)
			switch s := c.sortOf(m); {
			case own == webAccount || own == tasksAccount:
				n++
				f.expect(b.GetCondition().GetExpression() == ourDatabases(c.names), t, read, "only if "+
					ourDatabases(c.names))
			case s == person && c.forATime(b, m):
				f.remark(t, read+" if "+b.GetCondition().GetExpression(), "the two services only; each look is logged")
			case s == public || s == program || s == person:
				f.expect(false, t, read, "the two services only")
			}
		}
	}
	f.expect(n > 0, thing{"permissions on", c.project().name}, "let the services at the databases: "+yes(n > 0),
		"yes, and nobody else")
}

// notInside are roles on Firestore that do not allow reading what is stored.
var notInside = []string{"roles/datastore.indexAdmin", "roles/datastore.keyVisualizerViewer"}

func (c *cloud) reachesData(ctx context.Context, f *findings, role string) bool {
	if isCustom(role) {
		more, _ := c.beyondSettings(ctx, f, role)
		return slices.ContainsFunc(more, func(p string) bool { return strings.HasPrefix(p, "datastore.") })
	}
	inside := strings.HasPrefix(role, "roles/datastore.") || strings.HasPrefix(role, "roles/firebase")
	return isBasic(role) || inside && !isHarmless(role) && !slices.Contains(notInside, role)
}

// accountsKeyless: nobody holds a key of a service account in a file.
func accountsKeyless(ctx context.Context, c *cloud, f *findings) {
	for _, id := range accounts {
		t := c.account(id)
		a, ok := look(ctx, c, f, ofAccounts, t, "an account of its own",
			func(ctx context.Context) (*adminpb.ServiceAccount, error) {
				return c.Accounts.GetServiceAccount(ctx, &adminpb.GetServiceAccountRequest{Name: t.name})
			})
		if !ok {
			continue
		}
		if a.GetDisabled() {
			f.remark(t, "is disabled", "enabled, unless an incident is being contained")
		}
		keys, ok := look(ctx, c, f, ofAccounts, thing{"keys of", t.name}, "no key in a file",
			func(ctx context.Context) (*adminpb.ListServiceAccountKeysResponse, error) {
				return c.Accounts.ListServiceAccountKeys(ctx, &adminpb.ListServiceAccountKeysRequest{
					Name: t.name, KeyTypes: []adminpb.ListServiceAccountKeysRequest_KeyType{
						adminpb.ListServiceAccountKeysRequest_USER_MANAGED},
				})
			})
		if ok {
			f.expect(len(keys.GetKeys()) == 0, t, "has "+plural(len(keys.GetKeys()), "key")+" that somebody may hold",
				"none: Google gives the services what they need")
		}
	}
}

// lookPermissions are all that our custom role may hold: reading how things are configured, and nothing of the data in
// them.
var lookPermissions = []string{
	"artifactregistry.repositories.get", "artifactregistry.repositories.getIamPolicy",
	"cloudkms.cryptoKeyVersions.list", "cloudkms.cryptoKeyVersions.viewPublicKey",
	"cloudkms.cryptoKeys.get", "cloudkms.cryptoKeys.getIamPolicy", "cloudkms.keyRings.getIamPolicy",
	"cloudscheduler.jobs.get",
	"datastore.backupSchedules.list", "datastore.backups.list", "datastore.databases.getMetadata",
	"datastore.databases.list", "datastore.indexes.list",
	"iam.roles.get", "iam.serviceAccountKeys.list", "iam.serviceAccounts.get", "iam.serviceAccounts.getIamPolicy",
	"logging.buckets.get", "logging.logMetrics.list", "logging.sinks.list", "logging.views.getIamPolicy",
	"logging.views.list",
	"monitoring.alertPolicies.list", "monitoring.notificationChannels.list", "monitoring.uptimeCheckConfigs.list",
	"pubsub.subscriptions.get", "pubsub.subscriptions.getIamPolicy", "pubsub.topics.get", "pubsub.topics.getIamPolicy",
	"pubsub.topics.list",
	"resourcemanager.projects.get", "resourcemanager.projects.getIamPolicy",
	"run.jobs.list", "run.revisions.list", "run.services.get", "run.services.getIamPolicy", "run.services.list",
	"secretmanager.secrets.get", "secretmanager.secrets.getIamPolicy", "secretmanager.versions.list",
	"serviceusage.services.get",
	"storage.buckets.get", "storage.buckets.getIamPolicy", "storage.buckets.list",
}

// ownRoleNarrow: the role with which the tasks service checks its own configuration shows none of the data.
func ownRoleNarrow(ctx context.Context, c *cloud, f *findings) {
	t := thing{"role", strings.Replace(attestRole, "{project}", c.project().name, 1)}
	role, ok := customRole(ctx, c, f, t.name)
	if !ok {
		return
	}
	var more []string
	for _, p := range role.GetIncludedPermissions() {
		if !slices.Contains(lookPermissions, p) {
			more = append(more, p)
		}
	}
	f.expect(len(more) == 0, t, "allows beyond settings: "+orNone(strings.Join(more, ", ")), "none")
}
