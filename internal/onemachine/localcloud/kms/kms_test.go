package kms_test

import (
	"bytes"
	"context"
	"hash/crc32"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kmsapi "cloud.google.com/go/kms/apiv1"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kms"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
)

const (
	location = "projects/p/locations/europe-west1"
	ring     = location + "/keyRings/r"
)

type world struct {
	*kmsapi.KeyManagementClient
	server *kms.Server
	clock  *modeltest.Clock
}

func open(t *testing.T, store table.Store, keyFile string) world {
	t.Helper()
	v, err := vault.Open(keyFile, store)
	if err != nil {
		t.Fatal(err)
	}
	clock := modeltest.NewClock(time.Time{})
	server := kms.New(store, v, clock)
	conn := inproc.New(inproc.Options{})
	kmspb.RegisterKeyManagementServiceServer(conn, server)
	var policies policy.Mux
	server.Handle(&policies)
	policies.Register(conn)
	client, err := kmsapi.NewKeyManagementClient(t.Context(), tabletest.ClientOptions(conn)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return world{client, server, clock}
}

func newWorld(t *testing.T) world {
	w := open(t, tabletest.Open(t), filepath.Join(t.TempDir(), "master.key"))
	w.ring(t)
	return w
}

func (w world) ring(t *testing.T) {
	t.Helper()
	if _, err := w.CreateKeyRing(t.Context(), &kmspb.CreateKeyRingRequest{Parent: location, KeyRingId: "r"}); err !=
		nil {
		t.Fatal(err)
	}
}

func (w world) key(t *testing.T, id string, key *kmspb.CryptoKey) *kmspb.CryptoKey {
	t.Helper()
	made, err := w.CreateCryptoKey(t.Context(), &kmspb.CreateCryptoKeyRequest{Parent: ring, CryptoKeyId: id,
		CryptoKey: key})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func symmetric() *kmspb.CryptoKey { return &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT} }

func signing(algorithm kmspb.CryptoKeyVersion_CryptoKeyVersionAlgorithm) *kmspb.CryptoKey {
	return &kmspb.CryptoKey{
		Purpose:         kmspb.CryptoKey_ASYMMETRIC_SIGN,
		VersionTemplate: &kmspb.CryptoKeyVersionTemplate{Algorithm: algorithm},
	}
}

func crc(data []byte) *wrapperspb.Int64Value {
	return wrapperspb.Int64(int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))))
}

func (w world) encrypt(t *testing.T, name, plain, aad string) []byte {
	t.Helper()
	resp, err := w.Encrypt(t.Context(), &kmspb.EncryptRequest{Name: name, Plaintext: []byte(plain),
		AdditionalAuthenticatedData: []byte(aad)})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetCiphertext()
}

func (w world) decrypt(t *testing.T, name string, ciphertext []byte, aad string) (string, error) {
	t.Helper()
	resp, err := w.Decrypt(t.Context(), &kmspb.DecryptRequest{Name: name, Ciphertext: ciphertext,
		AdditionalAuthenticatedData: []byte(aad)})
	return string(resp.GetPlaintext()), err
}

func (w world) setState(t *testing.T, version string, state kmspb.CryptoKeyVersion_CryptoKeyVersionState) error {
	t.Helper()
	_, err := w.UpdateCryptoKeyVersion(t.Context(), &kmspb.UpdateCryptoKeyVersionRequest{
		CryptoKeyVersion: &kmspb.CryptoKeyVersion{Name: version, State: state},
		UpdateMask:       &fieldmaskpb.FieldMask{Paths: []string{"state"}},
	})
	return err
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func TestEncryptAndDecrypt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := w.key(t, "k", symmetric())
	plain, aad := []byte("a wrapped key"), []byte("v1|p|w|1")
	sealed, err := w.Encrypt(t.Context(), &kmspb.EncryptRequest{
		Name: key.GetName(), Plaintext: plain, AdditionalAuthenticatedData: aad,
		PlaintextCrc32C: crc(plain), AdditionalAuthenticatedDataCrc32C: crc(aad),
	})
	if err != nil {
		t.Fatal(err)
	}
	if !sealed.GetVerifiedPlaintextCrc32C() || !sealed.GetVerifiedAdditionalAuthenticatedDataCrc32C() {
		t.Error("checksums were not verified")
	}
	if sealed.GetName() != key.GetName()+"/cryptoKeyVersions/1" {
		t.Errorf("encrypted with %q", sealed.GetName())
	}
	if sealed.GetCiphertextCrc32C().GetValue() != crc(sealed.GetCiphertext()).GetValue() ||
		bytes.Contains(sealed.GetCiphertext(), plain) {
		t.Error("ciphertext is wrong")
	}
	opened, err := w.Decrypt(t.Context(), &kmspb.DecryptRequest{
		Name: key.GetName(), Ciphertext: sealed.GetCiphertext(), AdditionalAuthenticatedData: aad,
		CiphertextCrc32C: crc(sealed.GetCiphertext()), AdditionalAuthenticatedDataCrc32C: crc(aad),
	})
	if err != nil || !bytes.Equal(opened.GetPlaintext(), plain) || !opened.GetUsedPrimary() {
		t.Errorf("Decrypt = %v, %v", opened, err)
	}
	if opened.GetPlaintextCrc32C().GetValue() != crc(plain).GetValue() {
		t.Error("plaintext checksum is wrong")
	}
}

func TestDecryptRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, other := w.key(t, "k", symmetric()).GetName(), w.key(t, "other", symmetric()).GetName()
	sealed := w.encrypt(t, key, "text", "aad")
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	unknownVersion := bytes.Clone(sealed)
	unknownVersion[4] = 9
	for name, c := range map[string]struct {
		key  string
		text []byte
		aad  string
		want codes.Code
	}{
		"other key":        {other, sealed, "aad", codes.InvalidArgument},
		"other aad":        {key, sealed, "add", codes.InvalidArgument},
		"changed bit":      {key, flipped, "aad", codes.InvalidArgument},
		"unknown version":  {key, unknownVersion, "aad", codes.InvalidArgument},
		"empty":            {key, nil, "aad", codes.InvalidArgument},
		"too short":        {key, sealed[:20], "aad", codes.InvalidArgument},
		"a version's name": {key + "/cryptoKeyVersions/1", sealed, "aad", codes.InvalidArgument},
		"no such key":      {ring + "/cryptoKeys/none", sealed, "aad", codes.NotFound},
	} {
		if text, err := w.decrypt(t, c.key, c.text, c.aad); status.Code(err) != c.want || text != "" {
			t.Errorf("%s: %q, %v; want %s", name, text, err, c.want)
		}
	}
}

func TestLimitsAndChecksums(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := w.key(t, "k", symmetric()).GetName()
	edge, over := bytes.Repeat([]byte("x"), 64<<10), bytes.Repeat([]byte("x"), 64<<10+1)
	for name, c := range map[string]struct {
		req  *kmspb.EncryptRequest
		want codes.Code
	}{
		"largest":         {&kmspb.EncryptRequest{Plaintext: edge, AdditionalAuthenticatedData: edge}, codes.OK},
		"large plaintext": {&kmspb.EncryptRequest{Plaintext: over}, codes.InvalidArgument},
		"large aad":       {&kmspb.EncryptRequest{AdditionalAuthenticatedData: over}, codes.InvalidArgument},
		"wrong checksum":  {&kmspb.EncryptRequest{Plaintext: edge, PlaintextCrc32C: crc(over)}, codes.InvalidArgument},
		"wrong aad checksum": {&kmspb.EncryptRequest{AdditionalAuthenticatedData: edge,
			AdditionalAuthenticatedDataCrc32C: crc(over)}, codes.InvalidArgument},
	} {
		c.req.Name = key
		resp, err := w.Encrypt(t.Context(), c.req)
		wantCode(t, name, err, c.want)
		if err != nil {
			continue
		}
		if _, err := w.decrypt(t, key, resp.GetCiphertext(), string(edge)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	sealed := w.encrypt(t, key, "text", "")
	_, err := w.Decrypt(t.Context(), &kmspb.DecryptRequest{Name: key, Ciphertext: sealed, CiphertextCrc32C: crc(nil)})
	wantCode(t, "wrong ciphertext checksum", err, codes.InvalidArgument)
}

func TestVersionsRotateAndDisable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := w.key(t, "k", symmetric()).GetName()
	first := w.encrypt(t, key, "old", "")
	second, err := w.CreateCryptoKeyVersion(t.Context(), &kmspb.CreateCryptoKeyVersionRequest{Parent: key})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.encrypt(t, key, "still old", ""); got[4] != 1 {
		t.Errorf("a new version became primary by itself")
	}
	if _, err := w.UpdateCryptoKeyPrimaryVersion(t.Context(), &kmspb.UpdateCryptoKeyPrimaryVersionRequest{Name: key,
		CryptoKeyVersionId: "2"}); err != nil {
		t.Fatal(err)
	}
	newer := w.encrypt(t, key, "new", "")
	if err := w.setState(t, key+"/cryptoKeyVersions/1", kmspb.CryptoKeyVersion_DISABLED); err != nil {
		t.Fatal(err)
	}
	_, err = w.decrypt(t, key, first, "")
	wantCode(t, "decrypt with a disabled version", err, codes.FailedPrecondition)
	if got, err := w.decrypt(t, key, newer, ""); err != nil || got != "new" {
		t.Errorf("decrypt with the primary = %q, %v", got, err)
	}
	_, err = w.UpdateCryptoKeyPrimaryVersion(t.Context(), &kmspb.UpdateCryptoKeyPrimaryVersionRequest{Name: key,
		CryptoKeyVersionId: "1"})
	wantCode(t, "disabled version as primary", err, codes.FailedPrecondition)
	if err := w.setState(t, second.GetName(), kmspb.CryptoKeyVersion_DISABLED); err != nil {
		t.Fatal(err)
	}
	_, err = w.Encrypt(t.Context(), &kmspb.EncryptRequest{Name: key})
	wantCode(t, "encrypt with a disabled primary", err, codes.FailedPrecondition)
	if err := w.setState(t, key+"/cryptoKeyVersions/1", kmspb.CryptoKeyVersion_ENABLED); err != nil {
		t.Fatal(err)
	}
	if got, err := w.decrypt(t, key, first, ""); err != nil || got != "old" {
		t.Errorf("decrypt after enabling = %q, %v", got, err)
	}
	wantCode(t, "state DESTROYED", w.setState(t, second.GetName(), kmspb.CryptoKeyVersion_DESTROYED),
		codes.InvalidArgument)
}

func TestDestruction(t *testing.T) {
	t.Parallel()
	store := tabletest.Open(t)
	w := open(t, store, filepath.Join(t.TempDir(), "master.key"))
	w.ring(t)
	key := symmetric()
	key.DestroyScheduledDuration = durationpb.New(48 * time.Hour)
	name := w.key(t, "k", key).GetName()
	version := name + "/cryptoKeyVersions/1"
	sealed := w.encrypt(t, name, "text", "")
	scheduled, err := w.DestroyCryptoKeyVersion(t.Context(), &kmspb.DestroyCryptoKeyVersionRequest{Name: version})
	if err != nil || scheduled.GetState() != kmspb.CryptoKeyVersion_DESTROY_SCHEDULED {
		t.Fatalf("Destroy = %v, %v", scheduled, err)
	}
	if want := w.clock.Now().Add(48 * time.Hour); !scheduled.GetDestroyTime().AsTime().Equal(want) {
		t.Errorf("destroy_time = %s, want %s", scheduled.GetDestroyTime().AsTime(), want)
	}
	_, err = w.decrypt(t, name, sealed, "")
	wantCode(t, "decrypt while scheduled", err, codes.FailedPrecondition)
	wantCode(t, "enable while scheduled", w.setState(t, version, kmspb.CryptoKeyVersion_ENABLED),
		codes.FailedPrecondition)

	restored, err := w.RestoreCryptoKeyVersion(t.Context(), &kmspb.RestoreCryptoKeyVersionRequest{Name: version})
	if err != nil || restored.GetState() != kmspb.CryptoKeyVersion_DISABLED || restored.GetDestroyTime() != nil {
		t.Fatalf("Restore = %v, %v", restored, err)
	}
	if _, err := w.DestroyCryptoKeyVersion(t.Context(), &kmspb.DestroyCryptoKeyVersionRequest{Name: version}); err !=
		nil {
		t.Fatal(err)
	}
	w.clock.Advance(48*time.Hour - time.Microsecond)
	w.sweep(t, version, kmspb.CryptoKeyVersion_DESTROY_SCHEDULED)
	w.clock.Advance(time.Microsecond)
	w.sweep(t, version, kmspb.CryptoKeyVersion_DESTROYED)
	_, err = w.RestoreCryptoKeyVersion(t.Context(), &kmspb.RestoreCryptoKeyVersionRequest{Name: version})
	wantCode(t, "restore after the end", err, codes.FailedPrecondition)
	_, err = w.decrypt(t, name, sealed, "")
	wantCode(t, "decrypt after the end", err, codes.FailedPrecondition)
	lower, upper := table.Prefix("kms/material/")
	if err := store.Scan(lower, upper, false, func(k, _ []byte) bool {
		t.Errorf("material is still there: %q", k)
		return true
	}); err != nil {
		t.Error(err)
	}
}

func (w world) sweep(t *testing.T, version string, want kmspb.CryptoKeyVersion_CryptoKeyVersionState) {
	t.Helper()
	if err := w.server.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := w.GetCryptoKeyVersion(t.Context(), &kmspb.GetCryptoKeyVersionRequest{Name: version})
	if err != nil || got.GetState() != want {
		t.Errorf("after the sweep: %v, %v; want %s", got.GetState(), err, want)
	}
}

func TestAutomaticRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := symmetric()
	key.RotationSchedule = &kmspb.CryptoKey_RotationPeriod{RotationPeriod: durationpb.New(24 * time.Hour)}
	key.NextRotationTime = timestamppb.New(w.clock.Now().Add(time.Hour))
	name := w.key(t, "k", key).GetName()
	w.clock.Advance(time.Hour)
	w.sweep(t, name+"/cryptoKeyVersions/1", kmspb.CryptoKeyVersion_ENABLED)
	got, err := w.GetCryptoKey(t.Context(), &kmspb.GetCryptoKeyRequest{Name: name})
	if err != nil || !strings.HasSuffix(got.GetPrimary().GetName(), "/2") {
		t.Errorf("primary = %v, %v; want version 2", got.GetPrimary(), err)
	}
	if want := w.clock.Now().Add(24 * time.Hour); !got.GetNextRotationTime().AsTime().Equal(want) {
		t.Errorf("next rotation %s, want %s", got.GetNextRotationTime().AsTime(), want)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.key(t, "taken", symmetric())
	rotating := signing(kmspb.CryptoKeyVersion_EC_SIGN_ED25519)
	rotating.RotationSchedule = &kmspb.CryptoKey_RotationPeriod{RotationPeriod: durationpb.New(24 * time.Hour)}
	brief := symmetric()
	brief.RotationSchedule = &kmspb.CryptoKey_RotationPeriod{RotationPeriod: durationpb.New(24*time.Hour - 1)}
	hasty := symmetric()
	hasty.DestroyScheduledDuration = durationpb.New(24*time.Hour - 1)
	for name, c := range map[string]struct {
		parent, id string
		key        *kmspb.CryptoKey
		want       codes.Code
	}{
		"no purpose":   {ring, "k", &kmspb.CryptoKey{}, codes.InvalidArgument},
		"no key":       {ring, "k", nil, codes.InvalidArgument},
		"no algorithm": {ring, "k", signing(0), codes.InvalidArgument},
		"algorithm of other use": {ring, "k", signing(kmspb.CryptoKeyVersion_GOOGLE_SYMMETRIC_ENCRYPTION),
			codes.InvalidArgument},
		"algorithm not served": {ring, "k", signing(kmspb.CryptoKeyVersion_RSA_SIGN_PSS_2048_SHA256),
			codes.InvalidArgument},
		"purpose not served":   {ring, "k", &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_MAC}, codes.Unimplemented},
		"signing key rotates":  {ring, "k", rotating, codes.InvalidArgument},
		"rotation too short":   {ring, "k", brief, codes.InvalidArgument},
		"destruction too soon": {ring, "k", hasty, codes.InvalidArgument},
		"bad id":               {ring, "a/b", symmetric(), codes.InvalidArgument},
		"long id":              {ring, strings.Repeat("k", 64), symmetric(), codes.InvalidArgument},
		"no such ring":         {location + "/keyRings/none", "k", symmetric(), codes.NotFound},
		"taken":                {ring, "taken", symmetric(), codes.AlreadyExists},
		"longest id":           {ring, strings.Repeat("k", 63), symmetric(), codes.OK},
	} {
		_, err := w.CreateCryptoKey(t.Context(), &kmspb.CreateCryptoKeyRequest{Parent: c.parent, CryptoKeyId: c.id,
			CryptoKey: c.key})
		wantCode(t, name, err, c.want)
	}
	_, err := w.CreateKeyRing(t.Context(), &kmspb.CreateKeyRingRequest{Parent: location, KeyRingId: "r"})
	wantCode(t, "ring again", err, codes.AlreadyExists)
	_, err = w.MacSign(t.Context(), &kmspb.MacSignRequest{Name: "x"})
	wantCode(t, "not served", err, codes.Unimplemented)
}

func TestLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := w.key(t, "a", symmetric()).GetName()
	w.key(t, "b", symmetric())
	for range 11 {
		if _, err := w.CreateCryptoKeyVersion(t.Context(), &kmspb.CreateCryptoKeyVersionRequest{Parent: key}); err !=
			nil {
			t.Fatal(err)
		}
	}
	var names []string
	keys := w.ListCryptoKeys(t.Context(), &kmspb.ListCryptoKeysRequest{Parent: ring, PageSize: 1})
	for k, err := keys.Next(); err != iterator.Done; k, err = keys.Next() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, k.GetName()+" "+k.GetPrimary().GetState().String())
	}
	if strings.Join(names, ",") != ring+"/cryptoKeys/a ENABLED,"+ring+"/cryptoKeys/b ENABLED" {
		t.Errorf("keys: %v", names)
	}
	n := 0
	versions := w.ListCryptoKeyVersions(t.Context(), &kmspb.ListCryptoKeyVersionsRequest{Parent: key, PageSize: 5})
	for v, err := versions.Next(); err != iterator.Done; v, err = versions.Next() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 12 && !strings.HasSuffix(v.GetName(), "/12") {
			t.Errorf("last version is %s", v.GetName())
		}
	}
	if n != 12 {
		t.Errorf("%d versions, want 12", n)
	}
}

func TestKeysSurviveAndAreSealed(t *testing.T) {
	t.Parallel()
	dir, keyFile := t.TempDir(), filepath.Join(t.TempDir(), "master.key")
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store, keyFile)
	w.ring(t)
	key := w.key(t, "k", symmetric()).GetName()
	sealed := w.encrypt(t, key, "text", "")
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	if got, err := open(t, store, keyFile).decrypt(t, key, sealed, ""); err != nil || got != "text" {
		t.Errorf("after reopening: %q, %v", got, err)
	}
}

func TestEndedContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.GetKeyRing(ctx, &kmspb.GetKeyRingRequest{Name: ring})
	wantCode(t, "ended context", err, codes.Canceled)
}
