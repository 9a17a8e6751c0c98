package kms_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/api/iterator"
	"google.golang.org/genproto/googleapis/type/expr"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const day = 24 * time.Hour

func (w world) update(t *testing.T, key *kmspb.CryptoKey, paths ...string) (*kmspb.CryptoKey, error) {
	t.Helper()
	return w.UpdateCryptoKey(t.Context(), &kmspb.UpdateCryptoKeyRequest{CryptoKey: key,
		UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
}

func rotating(name string, period time.Duration, next time.Time) *kmspb.CryptoKey {
	return &kmspb.CryptoKey{
		Name:             name,
		RotationSchedule: &kmspb.CryptoKey_RotationPeriod{RotationPeriod: durationpb.New(period)},
		NextRotationTime: timestamppb.New(next),
	}
}

func TestUpdateCryptoKey(t *testing.T) {
	t.Parallel()
	dir, keyFile := t.TempDir(), filepath.Join(t.TempDir(), "master.key")
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store, keyFile)
	w.ring(t)
	name := w.key(t, "k", symmetric()).GetName()
	soon := w.clock.Now().Add(time.Hour)
	both := []string{"rotation_period", "next_rotation_time"}
	for _, c := range []struct {
		what  string
		key   *kmspb.CryptoKey
		paths []string
		want  codes.Code
	}{
		{"no mask", rotating(name, day, soon), nil, codes.InvalidArgument},
		{"purpose", rotating(name, day, soon), []string{"purpose"}, codes.InvalidArgument},
		{"delay of destruction", rotating(name, day, soon), []string{"rotation_period", "next_rotation_time",
			"destroy_scheduled_duration"}, codes.InvalidArgument},
		{"no such field", rotating(name, day, soon), []string{"colour"}, codes.InvalidArgument},
		{"level", &kmspb.CryptoKey{Name: name,
			VersionTemplate: &kmspb.CryptoKeyVersionTemplate{ProtectionLevel: kmspb.ProtectionLevel_HSM}},
			[]string{"version_template.protection_level"}, codes.InvalidArgument},
		{"period without time", rotating(name, day, soon), []string{"rotation_period"}, codes.InvalidArgument},
		{"period too short", rotating(name, day-time.Second, soon), both, codes.InvalidArgument},
		{"time in the past", rotating(name, day, w.clock.Now()), both, codes.InvalidArgument},
		{"bad label", &kmspb.CryptoKey{Name: name, Labels: map[string]string{"A": "b"}}, []string{"labels"},
			codes.InvalidArgument},
		{"bad name", rotating("k", day, soon), both, codes.InvalidArgument},
		{"no key", rotating(name+"x", day, soon), both, codes.NotFound},
	} {
		_, err := w.update(t, c.key, c.paths...)
		wantCode(t, c.what, err, c.want)
	}
	if got, err := w.GetCryptoKey(t.Context(), &kmspb.GetCryptoKeyRequest{Name: name}); err != nil ||
		got.GetRotationPeriod() != nil || got.GetNextRotationTime() != nil || len(got.GetLabels()) > 0 {
		t.Errorf("a refused change was made: %v, %v", got, err)
	}
	change := rotating(name, day, soon)
	change.Labels = map[string]string{"app": "toh"}
	got, err := w.update(t, change, both...)
	if err != nil || got.GetRotationPeriod().AsDuration() != day || !got.GetNextRotationTime().AsTime().Equal(soon) ||
		len(got.GetLabels()) > 0 || got.GetPrimary() == nil {
		t.Errorf("updated %v, %v", got, err)
	}
	w.clock.Advance(2 * time.Hour) // the rotation is due, and labels can still be changed
	if _, err := w.update(t, change, "labels"); err != nil {
		t.Error(err)
	}
	if err := w.server.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock := w.clock.Now()
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(t, store, keyFile)
	got, err = w.GetCryptoKey(t.Context(), &kmspb.GetCryptoKeyRequest{Name: name})
	if err != nil || !strings.HasSuffix(got.GetPrimary().GetName(), "/2") || !got.GetNextRotationTime().AsTime().
		Equal(clock.Add(day)) || got.GetLabels()["app"] != "toh" {
		t.Errorf("after rotation and reopening: %v, %v", got, err)
	}
	got, err = w.update(t, &kmspb.CryptoKey{Name: name}, both...)
	if err != nil || got.GetRotationPeriod() != nil || got.GetNextRotationTime() != nil {
		t.Errorf("rotation taken away: %v, %v", got, err)
	}
	signer := w.key(t, "s", signing(kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256))
	_, err = w.update(t, rotating(signer.GetName(), day, w.clock.Now().Add(day)), both...)
	wantCode(t, "rotation of a signing key", err, codes.InvalidArgument)
	_, err = w.update(t, &kmspb.CryptoKey{Name: signer.GetName(),
		VersionTemplate: &kmspb.CryptoKeyVersionTemplate{Algorithm: kmspb.CryptoKeyVersion_EC_SIGN_ED25519}},
		"version_template.algorithm")
	wantCode(t, "algorithm", err, codes.OK)
}

func TestProtectionLevelComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hsm := symmetric()
	hsm.VersionTemplate = &kmspb.CryptoKeyVersionTemplate{ProtectionLevel: kmspb.ProtectionLevel_HSM}
	made := w.key(t, "k", hsm)
	if made.GetVersionTemplate().GetProtectionLevel() != kmspb.ProtectionLevel_HSM ||
		made.GetPrimary().GetProtectionLevel() != kmspb.ProtectionLevel_HSM {
		t.Errorf("made %v", made)
	}
	for size, want := range map[int]codes.Code{8<<10 - 1: codes.OK, 8 << 10: codes.InvalidArgument} {
		got, err := w.Encrypt(t.Context(), &kmspb.EncryptRequest{Name: made.GetName(), Plaintext: make([]byte, size),
			AdditionalAuthenticatedData: []byte("a")})
		wantCode(t, "size", err, want)
		if err == nil && got.GetProtectionLevel() != kmspb.ProtectionLevel_HSM {
			t.Errorf("encrypted with %s", got.GetProtectionLevel())
		}
	}
	external := symmetric()
	external.VersionTemplate = &kmspb.CryptoKeyVersionTemplate{ProtectionLevel: kmspb.ProtectionLevel_EXTERNAL}
	_, err := w.CreateCryptoKey(t.Context(), &kmspb.CreateCryptoKeyRequest{Parent: ring, CryptoKeyId: "x",
		CryptoKey: external})
	wantCode(t, "external", err, codes.Unimplemented)
}

func TestListsHavePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"a", "b", "c"} {
		w.key(t, id, symmetric())
		if _, err := w.CreateKeyRing(t.Context(), &kmspb.CreateKeyRingRequest{Parent: location, KeyRingId: "more-" +
			id}); err != nil {
			t.Fatal(err)
		}
	}
	keys := w.ListCryptoKeys(t.Context(), &kmspb.ListCryptoKeysRequest{Parent: ring, PageSize: 2})
	var got []string
	for k, err := keys.Next(); err != iterator.Done; k, err = keys.Next() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, k.GetName()[len(ring):])
	}
	if strings.Join(got, " ") != "/cryptoKeys/a /cryptoKeys/b /cryptoKeys/c" {
		t.Errorf("keys %v", got)
	}
	n := 0
	rings := w.ListKeyRings(t.Context(), &kmspb.ListKeyRingsRequest{Parent: location, PageSize: 3})
	for _, err := rings.Next(); err != iterator.Done; _, err = rings.Next() {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 4 {
		t.Errorf("%d rings", n)
	}
	_, err := w.ListCryptoKeys(t.Context(), &kmspb.ListCryptoKeysRequest{Parent: ring + "x"}).Next()
	wantCode(t, "no ring", err, codes.NotFound)
}

func TestUseNeedsKeyAndGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const account = "service-1@gcp-sa-firestore.iam.gserviceaccount.com"
	name := w.key(t, "k", symmetric()).GetName()
	grant := func(resource, role string, condition *expr.Expr) {
		t.Helper()
		_, err := w.SetIamPolicy(t.Context(), &iampb.SetIamPolicyRequest{Resource: resource,
			Policy: &iampb.Policy{Version: 3, Bindings: []*iampb.Binding{
				{Role: role, Members: []string{"serviceAccount:" + account}, Condition: condition},
			}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	use := func(key string) error { return w.server.Use(t.Context(), key, account) }
	wantCode(t, "no grant", use(name), codes.FailedPrecondition)
	grant(name, "roles/cloudkms.viewer", nil)
	wantCode(t, "another role", use(name), codes.FailedPrecondition)
	grant(name, "roles/cloudkms.cryptoKeyEncrypterDecrypter", &expr.Expr{Title: "later", Expression: "false"})
	wantCode(t, "with a condition", use(name), codes.FailedPrecondition)
	grant(name, "roles/cloudkms.cryptoKeyEncrypterDecrypter", nil)
	wantCode(t, "granted", use(name), codes.OK)
	wantCode(t, "no such key", use(name+"x"), codes.FailedPrecondition)
	grant(ring, "roles/cloudkms.cryptoKeyEncrypterDecrypter", nil)
	other := w.key(t, "other", symmetric()).GetName()
	wantCode(t, "granted on the ring", use(other), codes.OK)
	signer := w.key(t, "s", signing(kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256)).GetName()
	wantCode(t, "signing key", use(signer), codes.FailedPrecondition)
	_, err := w.UpdateCryptoKeyVersion(t.Context(), &kmspb.UpdateCryptoKeyVersionRequest{
		CryptoKeyVersion: &kmspb.CryptoKeyVersion{Name: name + "/cryptoKeyVersions/1",
			State: kmspb.CryptoKeyVersion_DISABLED},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"state"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, "disabled", use(name), codes.FailedPrecondition)
	_, err = w.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name + "x"})
	wantCode(t, "policy of nothing", err, codes.NotFound)
	_, err = w.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: ring + "/importJobs/x"})
	wantCode(t, "policy of something else", err, codes.InvalidArgument)
}
