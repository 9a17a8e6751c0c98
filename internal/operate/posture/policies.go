package posture

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"cloud.google.com/go/iam/apiv1/iampb"
	logviews "google.golang.org/api/logging/v2"
	"google.golang.org/protobuf/encoding/protojson"
)

// guarded is a resource with permissions of its own, and which are allowed.
type guarded struct {
	thing
	service string
	get     func(context.Context) (*iampb.Policy, error)
	may     map[string][]string // roles by member
	agents  bool                // Google's own services may use it
}

const (
	useKey     = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
	readSecret = "roles/secretmanager.secretAccessor" // #nosec G101 -- the name of a role
	invoke     = "roles/run.invoker"
	everybody  = "allUsers"
)

// guards are all resources of the installation that have permissions of their own.
func (c *cloud) guards(ctx context.Context) []guarded {
	return slices.Concat(c.keyGuards(), c.secretGuards(ctx), c.queueGuards(), c.serviceGuards(), c.accountGuards(),
		c.storeGuards(), c.viewGuards(), c.mirrorGuards(ctx))
}

func (c *cloud) both(roles ...string) map[string][]string {
	return map[string][]string{c.member(webAccount): roles, c.member(tasksAccount): roles}
}

func (c *cloud) keyGuards() []guarded {
	get := func(t thing) func(context.Context) (*iampb.Policy, error) {
		return func(ctx context.Context) (*iampb.Policy, error) {
			return c.KMS.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: t.name, Options: conditional})
		}
	}
	ring, data, wraps, signs := c.ring(), c.key(dataKey), c.key(workspacesKey), c.key(signingKey)
	return []guarded{
		{thing: ring, service: ofKMS, get: get(ring)},
		{thing: data, service: ofKMS, get: get(data), agents: true},
		{thing: wraps, service: ofKMS, get: get(wraps), may: c.both(useKey)},
		{thing: signs, service: ofKMS, get: get(signs), may: map[string][]string{
			c.member(webAccount): {seePublic}, c.member(tasksAccount): {signWithKey, seePublic},
		}},
	}
}

func (c *cloud) secretGuards(ctx context.Context) []guarded {
	var list []guarded
	for _, p := range purposes {
		// another check finds what is wrong with the service
		t := c.secret(secretID(ctx, c, &findings{}, p.variable, p.usual))
		list = append(list, guarded{thing: t, service: ofSecrets, may: c.both(readSecret, "roles/secretmanager.viewer"),
			get: func(ctx context.Context) (*iampb.Policy, error) {
				return c.Secrets.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: t.name, Options: conditional})
			}})
	}
	return list
}

func (c *cloud) queueGuards() []guarded {
	var list []guarded
	for _, id := range topics {
		t := c.topic(id)
		g := guarded{thing: t, service: ofPubSub, agents: true, get: func(ctx context.Context) (*iampb.Policy, error) {
			return c.Topics.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: t.name, Options: conditional})
		}}
		if id == tasksTopic {
			g.may = c.both("roles/pubsub.publisher")
		}
		list = append(list, g)
	}
	for _, id := range pulls {
		t := c.subscription(id)
		list = append(list, guarded{thing: t, service: ofPubSub, agents: true,
			get: func(ctx context.Context) (*iampb.Policy, error) {
				return c.Subscriptions.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: t.name,
					Options: conditional})
			}})
	}
	return list
}

func (c *cloud) serviceGuards() []guarded {
	build := c.member(buildAccount)
	may := map[string]map[string][]string{
		webService:   {everybody: {invoke}, build: {"roles/run.developer"}},
		tasksService: {c.member(pushAccount): {invoke}, build: {"roles/run.developer"}},
	}
	var list []guarded
	for _, id := range services {
		t := c.service(id)
		list = append(list, guarded{thing: t, service: ofRun, may: may[id],
			get: func(ctx context.Context) (*iampb.Policy, error) {
				return c.Run.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: t.name, Options: conditional})
			}})
	}
	return list
}

func (c *cloud) accountGuards() []guarded {
	act := map[string][]string{c.member(buildAccount): {"roles/iam.serviceAccountUser"}}
	may := map[string]map[string][]string{webAccount: act, tasksAccount: act}
	var list []guarded
	for _, id := range accounts {
		t := c.account(id)
		list = append(list, guarded{thing: t, service: ofAccounts, may: may[id], agents: id == pushAccount,
			get: func(ctx context.Context) (*iampb.Policy, error) {
				p, err := c.Accounts.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: t.name,
					Options: conditional})
				if err != nil {
					return nil, err
				}
				return p.InternalProto, nil
			}})
	}
	return list
}

func (c *cloud) storeGuards() []guarded {
	images, files := c.repository(), c.files()
	return []guarded{
		{thing: images, service: ofRegistry, agents: true,
			may: map[string][]string{c.member(buildAccount): {"roles/artifactregistry.writer"}},
			get: func(ctx context.Context) (*iampb.Policy, error) {
				return c.Registry.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: images.name,
					Options: conditional})
			}},
		{thing: files, service: ofStorage, get: c.bucketPolicy(files)}, // nothing stores files yet
	}
}

// viewGuards are the view of the trail's log. The tasks service has its role on the project, under the condition that
// it is this view; a role on the view itself would not show there.
func (c *cloud) viewGuards() []guarded {
	t := thing{"log view", c.controlsView()}
	return []guarded{{thing: t, service: ofLogging, get: func(ctx context.Context) (*iampb.Policy, error) {
		p, err := c.LogViews.Projects.Locations.Buckets.Views.GetIamPolicy(t.name, &logviews.GetIamPolicyRequest{
			Options: &logviews.GetPolicyOptions{RequestedPolicyVersion: 3}}).Context(ctx).Do()
		if err != nil {
			return nil, err
		}
		return policyOf(p)
	}}}
}

// mirrorGuards are the bucket for the copy of the security page, where there is one. Everybody reads it, and the tasks
// service writes it.
func (c *cloud) mirrorGuards(ctx context.Context) []guarded {
	if there, _ := c.mirrored(ctx, &findings{}); !there { // another check finds what is wrong with the services
		return nil
	}
	t := c.mirror()
	return []guarded{{thing: t, service: ofStorage, get: c.bucketPolicy(t), may: map[string][]string{
		everybody: {"roles/storage.objectViewer"}, c.member(tasksAccount): {"roles/storage.objectUser"},
	}}}
}

// bucketPolicy is the policy of a bucket in the form of the others.
func (c *cloud) bucketPolicy(t thing) func(context.Context) (*iampb.Policy, error) {
	return func(ctx context.Context) (*iampb.Policy, error) {
		p, err := c.Storage.Buckets.GetIamPolicy(short(t.name)).OptionsRequestedPolicyVersion(3).Context(ctx).Do()
		if err != nil {
			return nil, err
		}
		return policyOf(p)
	}
}

// policyOf is a policy of one of Google's clients for JSON in the form of the others. They have a type each, and all
// say the same in JSON.
func policyOf(p any) (*iampb.Policy, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	out := &iampb.Policy{}
	return out, protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(text, out)
}

// policy reads the policy of a guarded resource.
func policy(ctx context.Context, c *cloud, f *findings, g guarded, expected string) (*iampb.Policy, bool) {
	p, ok := look(ctx, c, f, g.service, thing{"permissions on", g.name}, expected, g.get)
	return c.inForce(p), ok
}

// nobodyPublic: nothing but the pages is open to everybody.
func nobodyPublic(ctx context.Context, c *cloud, f *findings) {
	for _, g := range c.guards(ctx) {
		p, ok := policy(ctx, c, f, g, "nothing for everybody")
		if !ok {
			continue
		}
		n := 0
		for _, b := range p.GetBindings() {
			for _, m := range b.GetMembers() {
				if c.sortOf(m) == public && !slices.Contains(g.may[m], b.GetRole()) {
					n++
					f.expect(false, g.thing, "gives "+b.GetRole()+" to "+m, "nothing for everybody")
				}
			}
		}
		if n == 0 {
			f.expect(true, g.thing, "is open to everybody: "+yes(g.may[everybody] != nil), "only the pages")
		}
	}
	if p, ok := projectPolicy(ctx, c, f, "nothing for everybody"); ok {
		n := 0
		for _, b := range p.GetBindings() {
			if slices.ContainsFunc(b.GetMembers(), func(m string) bool { return c.sortOf(m) == public }) {
				n++
				f.expect(false, thing{"permissions on", c.project().name}, "give "+b.GetRole()+" to everybody",
					"nothing for everybody")
			}
		}
		f.expect(n == 0, thing{"permissions on", c.project().name}, "give everybody "+plural(n, "role"), "none")
	}
}

// resourceRoles: each resource can be used only by those whose task needs it.
func resourceRoles(ctx context.Context, c *cloud, f *findings) {
	for _, g := range c.guards(ctx) {
		p, ok := policy(ctx, c, f, g, "only those whose task needs it")
		if !ok {
			continue
		}
		before := len(f.list)
		for _, b := range p.GetBindings() {
			for _, m := range b.GetMembers() {
				c.resourceRole(f, g, b, m)
			}
		}
		if len(f.list) == before {
			f.expect(true, g.thing, "is open to none but those whose task needs it", "only those whose task needs it")
		}
	}
}

func (c *cloud) resourceRole(f *findings, g guarded, b *iampb.Binding, member string) {
	role, s := b.GetRole(), c.sortOf(member)
	if slices.Contains(g.may[member], role) || isHarmless(role) && s != public || s == gone || s == agent && g.agents ||
		legacyRole(g, role, member) {
		return
	}
	read := "gives " + role + " to " + member
	if c.forATime(b, member) {
		f.remark(g.thing, read+" if "+b.GetCondition().GetExpression(), "access for a time, while it is needed")
		return
	}
	f.expect(false, g.thing, read, "only those whose task needs it")
}

// legacyRole: Cloud Storage grants every new bucket's legacy roles to those who have basic roles on its project. They
// are not reported here as well, because the basic roles are checked on the project.
func legacyRole(g guarded, role, member string) bool {
	legacy := role == "roles/storage.legacyBucketOwner" || role == "roles/storage.legacyBucketReader" ||
		role == "roles/storage.legacyObjectOwner" || role == "roles/storage.legacyObjectReader"
	kind, _, _ := strings.Cut(member, ":")
	convenience := kind == "projectOwner" || kind == "projectEditor" || kind == "projectViewer"
	return g.service == ofStorage && legacy && convenience
}

// invokers: only Pub/Sub's account can call tasks.
func invokers(ctx context.Context, c *cloud, f *findings) {
	for _, g := range c.serviceGuards() {
		p, ok := policy(ctx, c, f, g, "callers that must be")
		if !ok || short(g.name) != tasksService {
			continue
		}
		var list []string
		for _, b := range p.GetBindings() {
			if b.GetRole() == invoke || isWide(b.GetRole()) && b.GetRole() != "roles/run.developer" {
				list = append(list, b.GetMembers()...)
			}
		}
		slices.Sort(list)
		want := []string{c.member(pushAccount)}
		f.expect(slices.Equal(slices.Compact(list), want), g.thing, "can be called by "+
			orNone(strings.Join(list, ", ")), want[0]+" alone")
	}
}
