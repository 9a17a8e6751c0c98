package secretmanager_test

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"strings"
	"testing"
	"time"

	smapi "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/secretmanager"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
)

type client struct {
	*smapi.Client
	server *secretmanager.Server
	clock  *modeltest.Clock
}

// keysHere knows one key in a region and one that is everywhere.
func keysHere(_ context.Context, key, account string) error {
	if (key != regionKey && key != globalKey) ||
		!strings.HasSuffix(account, "@gcp-sa-secretmanager.iam.gserviceaccount.com") {
		return status.Errorf(codes.FailedPrecondition, "no key %s for %s", key, account)
	}
	return nil
}

func open(t *testing.T, store table.Store, keyFile string) client {
	t.Helper()
	clock := modeltest.NewClock(time.Time{})
	v, err := vault.Open(keyFile, store)
	if err != nil {
		t.Fatal(err)
	}
	conn := inproc.New(inproc.Options{})
	server := secretmanager.New(store, v, clock, keysHere)
	secretmanagerpb.RegisterSecretManagerServiceServer(conn, server)
	c, err := smapi.NewClient(t.Context(), tabletest.ClientOptions(conn)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return client{c, server, clock}
}

func newClient(t *testing.T) client {
	return open(t, tabletest.Open(t), filepath.Join(t.TempDir(), "master.key"))
}

func automatic() *secretmanagerpb.Secret {
	return &secretmanagerpb.Secret{Replication: &secretmanagerpb.Replication{
		Replication: &secretmanagerpb.Replication_Automatic_{Automatic: &secretmanagerpb.Replication_Automatic{}},
	}}
}

func (c client) secret(t *testing.T, id string) string {
	t.Helper()
	s, err := c.CreateSecret(t.Context(), &secretmanagerpb.CreateSecretRequest{Parent: "projects/p", SecretId: id,
		Secret: automatic()})
	if err != nil {
		t.Fatal(err)
	}
	return s.GetName()
}

func (c client) add(t *testing.T, secret, text string) *secretmanagerpb.SecretVersion {
	t.Helper()
	v, err := c.AddSecretVersion(t.Context(), &secretmanagerpb.AddSecretVersionRequest{
		Parent: secret, Payload: &secretmanagerpb.SecretPayload{Data: []byte(text)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (c client) access(t *testing.T, name string) (string, error) {
	t.Helper()
	resp, err := c.AccessSecretVersion(t.Context(), &secretmanagerpb.AccessSecretVersionRequest{Name: name})
	if err == nil && resp.GetPayload().GetDataCrc32C() != crc(resp.GetPayload().GetData()) {
		t.Errorf("%s: checksum is wrong", name)
	}
	return string(resp.GetPayload().GetData()), err
}

func crc(data []byte) int64 {
	return int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	name := c.secret(t, "s")
	_, err := c.access(t, name+"/versions/latest")
	wantCode(t, "latest of none", err, codes.NotFound)
	for i := 1; i <= 12; i++ {
		if v := c.add(t, name, fmt.Sprintf("value %d", i)); v.GetName() != fmt.Sprintf("%s/versions/%d", name, i) {
			t.Errorf("version %d is called %s", i, v.GetName())
		}
	}
	for version, want := range map[string]string{"latest": "value 12", "2": "value 2", "10": "value 10"} {
		if got, err := c.access(t, name+"/versions/"+version); err != nil || got != want {
			t.Errorf("%s = %q, %v", version, got, err)
		}
	}
	for _, version := range []string{"13", "0", "unknown", "999999999999"} {
		_, err := c.access(t, name+"/versions/"+version)
		wantCode(t, version, err, codes.NotFound)
	}
	var order []string
	it := c.ListSecretVersions(t.Context(), &secretmanagerpb.ListSecretVersionsRequest{Parent: name, PageSize: 5})
	for v, err := it.Next(); err != iterator.Done; v, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, v.GetName()[strings.LastIndex(v.GetName(), "/")+1:])
	}
	if strings.Join(order, " ") != "12 11 10 9 8 7 6 5 4 3 2 1" {
		t.Errorf("versions %v", order)
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	name := c.secret(t, "s")
	first, second := c.add(t, name, "one"), c.add(t, name, "two")
	disabled, err := c.DisableSecretVersion(t.Context(),
		&secretmanagerpb.DisableSecretVersionRequest{Name: second.GetName()})
	if err != nil || disabled.GetState() != secretmanagerpb.SecretVersion_DISABLED {
		t.Fatalf("Disable = %v, %v", disabled, err)
	}
	got, err := c.access(t, name+"/versions/latest")
	wantCode(t, "latest is disabled", err, codes.FailedPrecondition)
	if got != "" {
		t.Errorf("a disabled version was read: %q", got)
	}
	_, err = c.EnableSecretVersion(t.Context(), &secretmanagerpb.EnableSecretVersionRequest{Name: second.GetName(),
		Etag: second.GetEtag()})
	wantCode(t, "old etag", err, codes.FailedPrecondition)
	if _, err := c.EnableSecretVersion(t.Context(), &secretmanagerpb.EnableSecretVersionRequest{Name: second.GetName(),
		Etag: disabled.GetEtag()}); err != nil {
		t.Error(err)
	}
	if got, err := c.access(t, name+"/versions/latest"); err != nil || got != "two" {
		t.Errorf("after enabling: %q, %v", got, err)
	}
	gone, err := c.DestroySecretVersion(t.Context(),
		&secretmanagerpb.DestroySecretVersionRequest{Name: first.GetName()})
	if err != nil || gone.GetDestroyTime() == nil {
		t.Fatalf("Destroy = %v, %v", gone, err)
	}
	_, err = c.access(t, first.GetName())
	wantCode(t, "destroyed", err, codes.FailedPrecondition)
	_, err = c.EnableSecretVersion(t.Context(), &secretmanagerpb.EnableSecretVersionRequest{Name: first.GetName()})
	wantCode(t, "enable destroyed", err, codes.FailedPrecondition)
	_, err = c.DestroySecretVersion(t.Context(), &secretmanagerpb.DestroySecretVersionRequest{Name: name +
		"/versions/latest"})
	wantCode(t, "destroy latest", err, codes.InvalidArgument)
	if v := c.add(t, name, "three"); !strings.HasSuffix(v.GetName(), "/3") {
		t.Errorf("next version is %s", v.GetName())
	}
}

func TestAliases(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	name := c.secret(t, "s")
	c.add(t, name, "one")
	c.add(t, name, "two")
	set := func(aliases map[string]int64) error {
		_, err := c.UpdateSecret(t.Context(), &secretmanagerpb.UpdateSecretRequest{
			Secret:     &secretmanagerpb.Secret{Name: name, VersionAliases: aliases},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"version_aliases"}},
		})
		return err
	}
	if err := set(map[string]int64{"current": 1}); err != nil {
		t.Fatal(err)
	}
	if got, err := c.access(t, name+"/versions/current"); err != nil || got != "one" {
		t.Errorf("alias = %q, %v", got, err)
	}
	wantCode(t, "alias of nothing", set(map[string]int64{"next": 9}), codes.NotFound)
	wantCode(t, "alias latest", set(map[string]int64{"latest": 1}), codes.InvalidArgument)
	wantCode(t, "alias is a number", set(map[string]int64{"7": 1}), codes.InvalidArgument)
	many := map[string]int64{}
	for i := range 51 {
		many[fmt.Sprintf("a%d", i)] = 1
	}
	wantCode(t, "51 aliases", set(many), codes.InvalidArgument)
	delete(many, "a50")
	wantCode(t, "50 aliases", set(many), codes.OK)
}

func TestPayloadLimits(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	name := c.secret(t, "s")
	edge := bytes.Repeat([]byte("x"), 64<<10)
	for what, p := range map[string]struct {
		payload *secretmanagerpb.SecretPayload
		want    codes.Code
	}{
		"none":      {nil, codes.InvalidArgument},
		"empty":     {&secretmanagerpb.SecretPayload{}, codes.InvalidArgument},
		"largest":   {&secretmanagerpb.SecretPayload{Data: edge, DataCrc32C: proto.Int64(crc(edge))}, codes.OK},
		"too large": {&secretmanagerpb.SecretPayload{Data: append(edge, 'x')}, codes.InvalidArgument},
		"wrong checksum": {&secretmanagerpb.SecretPayload{Data: edge, DataCrc32C: proto.Int64(crc(edge) + 1)},
			codes.InvalidArgument},
	} {
		v, err := c.AddSecretVersion(t.Context(), &secretmanagerpb.AddSecretVersionRequest{Parent: name,
			Payload: p.payload})
		wantCode(t, what, err, p.want)
		if err == nil && !v.GetClientSpecifiedPayloadChecksum() {
			t.Errorf("%s: the checksum was not noted", what)
		}
	}
	if strings.Contains(fmt.Sprint(c.AddSecretVersion(t.Context(), &secretmanagerpb.AddSecretVersionRequest{
		Parent: "projects/p/secrets/none", Payload: &secretmanagerpb.SecretPayload{Data: []byte("sesame")},
	})), "sesame") {
		t.Error("an error holds the payload")
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	name := c.secret(t, "s")
	c.secret(t, "t")
	expiring := automatic()
	expiring.Expiration = &secretmanagerpb.Secret_Ttl{Ttl: durationpb.New(time.Hour)}
	for what, r := range map[string]struct {
		req  *secretmanagerpb.CreateSecretRequest
		want codes.Code
	}{
		"taken": {&secretmanagerpb.CreateSecretRequest{Parent: "projects/p", SecretId: "s",
			Secret: automatic()}, codes.AlreadyExists},
		"bad id": {&secretmanagerpb.CreateSecretRequest{Parent: "projects/p", SecretId: "a.b",
			Secret: automatic()}, codes.InvalidArgument},
		"bad parent": {&secretmanagerpb.CreateSecretRequest{Parent: "p", SecretId: "u", Secret: automatic()},
			codes.InvalidArgument},
		"no replication": {&secretmanagerpb.CreateSecretRequest{Parent: "projects/p", SecretId: "u",
			Secret: &secretmanagerpb.Secret{}}, codes.InvalidArgument},
		"expiring": {&secretmanagerpb.CreateSecretRequest{Parent: "projects/p", SecretId: "u", Secret: expiring},
			codes.Unimplemented},
	} {
		_, err := c.CreateSecret(t.Context(), r.req)
		wantCode(t, what, err, r.want)
	}
	var names []string
	it := c.ListSecrets(t.Context(), &secretmanagerpb.ListSecretsRequest{Parent: "projects/p", PageSize: 1})
	for s, err := it.Next(); err != iterator.Done; s, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, s.GetName())
	}
	if strings.Join(names, " ") != "projects/p/secrets/s projects/p/secrets/t" {
		t.Errorf("secrets %v", names)
	}
	c.add(t, name, "one")
	wantCode(t, "old etag", c.DeleteSecret(t.Context(), &secretmanagerpb.DeleteSecretRequest{Name: name,
		Etag: "\"x\""}), codes.FailedPrecondition)
	if err := c.DeleteSecret(t.Context(), &secretmanagerpb.DeleteSecretRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	_, err := c.access(t, name+"/versions/1")
	wantCode(t, "version of a deleted secret", err, codes.NotFound)
	_, err = c.GetSecret(t.Context(), &secretmanagerpb.GetSecretRequest{Name: name})
	wantCode(t, "deleted secret", err, codes.NotFound)
}

func TestPayloadsSurviveAndAreSealed(t *testing.T) {
	t.Parallel()
	dir, keyFile := t.TempDir(), filepath.Join(t.TempDir(), "master.key")
	store, closeStore := tabletest.At(t, dir)
	c := open(t, store, keyFile)
	name := c.secret(t, "s")
	c.add(t, name, "open sesame")
	err := store.Scan(nil, []byte{0xff}, false, func(k, v []byte) bool {
		if bytes.Contains(v, []byte("sesame")) {
			t.Errorf("%q holds the payload in the clear", k)
		}
		return true
	})
	if err != nil {
		t.Error(err)
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	if got, err := open(t, store, keyFile).access(t, name+"/versions/latest"); err != nil || got != "open sesame" {
		t.Errorf("after reopening: %q, %v", got, err)
	}
}

func TestDestroyedPayloadsLeaveTheDisk(t *testing.T) {
	t.Parallel()
	store := tabletest.Open(t)
	c := open(t, store, filepath.Join(t.TempDir(), "master.key"))
	payloads := func() (n int) {
		lower, upper := table.Prefix("secret/payload/")
		if err := store.Scan(lower, upper, false, func(_, _ []byte) bool { n++; return true }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	name := c.secret(t, "s")
	first := c.add(t, name, "one")
	c.add(t, name, "two")
	if payloads() != 2 {
		t.Fatalf("%d payloads, want 2", payloads())
	}
	if _, err := c.DestroySecretVersion(t.Context(),
		&secretmanagerpb.DestroySecretVersionRequest{Name: first.GetName()}); err != nil || payloads() != 1 {
		t.Errorf("after destroying one of two: %d payloads, %v", payloads(), err)
	}
	if err := c.DeleteSecret(t.Context(), &secretmanagerpb.DeleteSecretRequest{Name: name}); err != nil ||
		payloads() != 0 {
		t.Errorf("after deleting the secret: %d payloads, %v", payloads(), err)
	}
}
