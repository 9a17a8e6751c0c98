package secretmanager_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/iam"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	regionKey = "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/data"
	globalKey = "projects/p/locations/global/keyRings/r/cryptoKeys/data"
	day       = 24 * time.Hour
)

func withKey(key string) *secretmanagerpb.CustomerManagedEncryption {
	if key == "" {
		return nil
	}
	return &secretmanagerpb.CustomerManagedEncryption{KmsKeyName: key}
}

// managed is a replication of places and keys, in turn.
func managed(parts ...string) *secretmanagerpb.Replication {
	m := &secretmanagerpb.Replication_UserManaged{}
	for i := 0; i < len(parts); i += 2 {
		m.Replicas = append(m.Replicas, &secretmanagerpb.Replication_UserManaged_Replica{Location: parts[i],
			CustomerManagedEncryption: withKey(parts[i+1])})
	}
	return &secretmanagerpb.Replication{Replication: &secretmanagerpb.Replication_UserManaged_{UserManaged: m}}
}

func everywhere(key string) *secretmanagerpb.Replication {
	return &secretmanagerpb.Replication{Replication: &secretmanagerpb.Replication_Automatic_{
		Automatic: &secretmanagerpb.Replication_Automatic{CustomerManagedEncryption: withKey(key)},
	}}
}

func topics(n int) (out []*secretmanagerpb.Topic) {
	for i := range n {
		out = append(out, &secretmanagerpb.Topic{Name: fmt.Sprint("projects/p/topics/topic-", i)})
	}
	return out
}

func (c client) create(t *testing.T, id string, s *secretmanagerpb.Secret) (*secretmanagerpb.Secret, error) {
	t.Helper()
	return c.CreateSecret(t.Context(), &secretmanagerpb.CreateSecretRequest{Parent: "projects/p", SecretId: id,
		Secret: s})
}

func (c client) update(t *testing.T, s *secretmanagerpb.Secret, paths ...string) (*secretmanagerpb.Secret, error) {
	t.Helper()
	return c.UpdateSecret(t.Context(), &secretmanagerpb.UpdateSecretRequest{Secret: s,
		UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
}

func TestReplication(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for what, r := range map[string]struct {
		replication *secretmanagerpb.Replication
		want        codes.Code
	}{
		"automatic":             {everywhere(""), codes.OK},
		"automatic, key":        {everywhere(globalKey), codes.OK},
		"automatic, in region":  {everywhere(regionKey), codes.InvalidArgument},
		"region":                {managed("europe-west1", ""), codes.OK},
		"region, key":           {managed("europe-west1", regionKey), codes.OK},
		"key elsewhere":         {managed("us-east1", regionKey), codes.InvalidArgument},
		"no such key":           {managed("europe-west1", regionKey+"x"), codes.FailedPrecondition},
		"bad key":               {managed("europe-west1", "data"), codes.InvalidArgument},
		"key for one of two":    {managed("europe-west1", regionKey, "us-east1", ""), codes.InvalidArgument},
		"no replica":            {managed(), codes.InvalidArgument},
		"twice":                 {managed("us-east1", "", "us-east1", ""), codes.InvalidArgument},
		"replica without place": {managed("", ""), codes.InvalidArgument},
	} {
		id := strings.ReplaceAll(strings.ReplaceAll(what, " ", "-"), ",", "")
		made, err := c.create(t, id, &secretmanagerpb.Secret{Replication: r.replication})
		wantCode(t, what, err, r.want)
		if err == nil && !proto.Equal(made.GetReplication(), r.replication) {
			t.Errorf("%s: %v", what, made)
		}
	}
	name := "projects/p/secrets/region"
	got, err := c.update(t, &secretmanagerpb.Secret{Name: name, Replication: managed("europe-west1", regionKey)},
		"replication")
	if err != nil || got.GetReplication().GetUserManaged().GetReplicas()[0].GetCustomerManagedEncryption().
		GetKmsKeyName() != regionKey {
		t.Errorf("a key for what is there: %v, %v", got, err)
	}
	for what, r := range map[string]*secretmanagerpb.Replication{"another place": managed("us-east1", ""),
		"another kind": everywhere(""), "none": nil} {
		_, err := c.update(t, &secretmanagerpb.Secret{Name: name, Replication: r}, "replication")
		wantCode(t, what, err, codes.InvalidArgument)
	}
	if v := c.add(t, name, "text"); v.GetReplicationStatus().GetUserManaged().
		GetReplicas()[0].GetLocation() != "europe-west1" {
		t.Errorf("version %v", v)
	}
}

func TestSettingsOfSecrets(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	soon := timestamppb.New(c.clock.Now().Add(5 * time.Minute))
	rotation := func(next *timestamppb.Timestamp, period time.Duration) *secretmanagerpb.Rotation {
		return &secretmanagerpb.Rotation{NextRotationTime: next, RotationPeriod: durationpb.New(period)}
	}
	early := timestamppb.New(c.clock.Now().Add(5*time.Minute - 1))
	n := 0
	for what, s := range map[string]struct {
		edit func(*secretmanagerpb.Secret)
		want codes.Code
	}{
		"10 topics": {func(s *secretmanagerpb.Secret) { s.Topics = topics(10) }, codes.OK},
		"11 topics": {func(s *secretmanagerpb.Secret) { s.Topics = topics(11) }, codes.InvalidArgument},
		"bad topic": {func(s *secretmanagerpb.Secret) {
			s.Topics = []*secretmanagerpb.Topic{{Name: "tasks"}}
		}, codes.InvalidArgument},
		"rotation": {func(s *secretmanagerpb.Secret) {
			s.Topics, s.Rotation = topics(1), rotation(soon, time.Hour)
		}, codes.OK},
		"rotation, no topic": {func(s *secretmanagerpb.Secret) {
			s.Rotation = rotation(soon, time.Hour)
		}, codes.InvalidArgument},
		"rotation, no time": {func(s *secretmanagerpb.Secret) {
			s.Topics, s.Rotation = topics(1), rotation(nil, time.Hour)
		}, codes.InvalidArgument},
		"rotation too soon": {func(s *secretmanagerpb.Secret) {
			s.Topics, s.Rotation = topics(1), rotation(early, time.Hour)
		}, codes.InvalidArgument},
		"rotation too often": {func(s *secretmanagerpb.Secret) {
			s.Topics, s.Rotation = topics(1), rotation(soon, time.Hour-1)
		}, codes.InvalidArgument},
		"delay": {func(s *secretmanagerpb.Secret) {
			s.VersionDestroyTtl = durationpb.New(day)
		}, codes.OK},
		"delay too short": {func(s *secretmanagerpb.Secret) {
			s.VersionDestroyTtl = durationpb.New(day - 1)
		}, codes.InvalidArgument},
		"delay too long": {func(s *secretmanagerpb.Secret) {
			s.VersionDestroyTtl = durationpb.New(1000*day + 1)
		}, codes.InvalidArgument},
		"label": {func(s *secretmanagerpb.Secret) {
			s.Labels = map[string]string{"App": ""}
		}, codes.InvalidArgument},
		"annotation": {func(s *secretmanagerpb.Secret) {
			s.Annotations = map[string]string{"example.com_Key-1": "Any text."}
		}, codes.OK},
		"bad annotation": {func(s *secretmanagerpb.Secret) {
			s.Annotations = map[string]string{"-a": ""}
		}, codes.InvalidArgument},
		"annotation too long": {func(s *secretmanagerpb.Secret) {
			s.Annotations = map[string]string{"a": strings.Repeat("x", 16<<10-1)}
		}, codes.InvalidArgument},
		"longest annotation": {func(s *secretmanagerpb.Secret) {
			s.Annotations = map[string]string{"a": strings.Repeat("x", 16<<10-2)}
		}, codes.OK},
		"key of a region": {func(s *secretmanagerpb.Secret) {
			s.CustomerManagedEncryption = withKey(regionKey)
		}, codes.InvalidArgument},
	} {
		given := automatic()
		s.edit(given)
		n++
		made, err := c.create(t, fmt.Sprint("s", n), given)
		wantCode(t, what, err, s.want)
		if err != nil {
			continue
		}
		made.Name, made.CreateTime, made.Etag = "", nil, ""
		if !proto.Equal(made, given) {
			t.Errorf("%s: made %v of %v", what, made, given)
		}
	}
}

func TestUpdateSecret(t *testing.T) {
	t.Parallel()
	dir, keyFile := t.TempDir(), filepath.Join(t.TempDir(), "master.key")
	store, closeStore := tabletest.At(t, dir)
	c := open(t, store, keyFile)
	name := c.secret(t, "s")
	change := &secretmanagerpb.Secret{Name: name, Labels: map[string]string{"app": "toh"}, Topics: topics(1),
		Annotations: map[string]string{"a": "b"}}
	first, err := c.update(t, change, "labels", "topics")
	if err != nil || first.GetLabels()["app"] != "toh" || len(first.GetTopics()) != 1 ||
		len(first.GetAnnotations()) != 0 {
		t.Errorf("updated %v, %v", first, err)
	}
	for _, path := range []string{"name", "create_time", "etag", "customer_managed_encryption", "no_such_field",
		"replication.automatic"} {
		_, err := c.update(t, change, "annotations", path)
		wantCode(t, path, err, codes.InvalidArgument)
	}
	_, err = c.update(t, change)
	wantCode(t, "no mask", err, codes.InvalidArgument)
	change.Etag = first.GetEtag()
	second, err := c.update(t, change, "annotations")
	if err != nil || second.GetEtag() == first.GetEtag() || len(second.GetAnnotations()) != 1 {
		t.Errorf("with etag: %v, %v", second, err)
	}
	_, err = c.update(t, change, "labels")
	wantCode(t, "old etag", err, codes.FailedPrecondition)
	change.Etag, change.Name = "", name+"x"
	_, err = c.update(t, change, "labels")
	wantCode(t, "no secret", err, codes.NotFound)
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	c = open(t, store, keyFile)
	if got, err := c.GetSecret(t.Context(), &secretmanagerpb.GetSecretRequest{Name: name}); err != nil ||
		!proto.Equal(got, second) {
		t.Errorf("after reopening %v, want %v (%v)", got, second, err)
	}
}

func TestRotationTimesMoveOn(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	s := automatic()
	s.Topics = topics(1)
	begin := c.clock.Now().Add(time.Hour)
	s.Rotation = &secretmanagerpb.Rotation{NextRotationTime: timestamppb.New(begin),
		RotationPeriod: durationpb.New(2 * time.Hour)}
	made, err := c.create(t, "s", s)
	if err != nil {
		t.Fatal(err)
	}
	c.clock.Advance(5 * time.Hour) // two periods have passed, the second just now
	if _, err := c.update(t, &secretmanagerpb.Secret{Name: made.GetName(), Labels: map[string]string{"a": "b"}},
		"labels"); err != nil {
		t.Errorf("while the rotation is due: %v", err)
	}
	if err := c.server.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetSecret(t.Context(), &secretmanagerpb.GetSecretRequest{Name: made.GetName()})
	if err != nil || !got.GetRotation().GetNextRotationTime().AsTime().Equal(begin.Add(6*time.Hour)) {
		t.Errorf("next rotation %v, %v", got.GetRotation(), err)
	}
}

func TestDelayedDestruction(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	s := automatic()
	s.VersionDestroyTtl = durationpb.New(day)
	made, err := c.create(t, "s", s)
	if err != nil {
		t.Fatal(err)
	}
	name := made.GetName()
	kept, lost := c.add(t, name, "kept").GetName(), c.add(t, name, "lost").GetName()
	for _, v := range []string{kept, lost} {
		got, err := c.DestroySecretVersion(t.Context(), &secretmanagerpb.DestroySecretVersionRequest{Name: v})
		if err != nil || got.GetState() != secretmanagerpb.SecretVersion_DISABLED || !got.GetScheduledDestroyTime().
			AsTime().Equal(c.clock.Now().Add(day)) {
			t.Errorf("destroying %v, %v", got, err)
		}
	}
	got, err := c.EnableSecretVersion(t.Context(), &secretmanagerpb.EnableSecretVersionRequest{Name: kept})
	if err != nil || got.GetScheduledDestroyTime() != nil {
		t.Errorf("taken back: %v, %v", got, err)
	}
	c.clock.Advance(day - 1)
	if err := c.server.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v, err := c.GetSecretVersion(t.Context(), &secretmanagerpb.GetSecretVersionRequest{Name: lost}); err != nil ||
		v.GetState() != secretmanagerpb.SecretVersion_DISABLED {
		t.Errorf("too early: %v, %v", v, err)
	}
	c.clock.Advance(1)
	if err := c.server.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = c.EnableSecretVersion(t.Context(), &secretmanagerpb.EnableSecretVersionRequest{Name: lost})
	wantCode(t, "destroyed", err, codes.FailedPrecondition)
	if text, err := c.access(t, kept); err != nil || text != "kept" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestPoliciesOfSecrets(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	name := c.secret(t, "s")
	const reader, role = "serviceAccount:web@p.iam.gserviceaccount.com",
		iam.RoleName("roles/secretmanager.secretAccessor")
	p, err := c.IAM(name).Policy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.Add(reader, role)
	if err := c.IAM(name).SetPolicy(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "stale", c.IAM(name).SetPolicy(t.Context(), p), codes.Aborted)
	if got, err := c.IAM(name).Policy(t.Context()); err != nil || !got.HasRole(reader, role) {
		t.Errorf("policy %v, %v", got, err)
	}
	_, err = c.IAM(name + "x").Policy(t.Context())
	wantCode(t, "no secret", err, codes.NotFound)
	if err := c.DeleteSecret(t.Context(), &secretmanagerpb.DeleteSecretRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	c.secret(t, "s")
	if got, err := c.IAM(name).Policy(t.Context()); err != nil || got.HasRole(reader, role) {
		t.Errorf("the new secret has the policy of the old: %v, %v", got, err)
	}
}
