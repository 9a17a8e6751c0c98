package iam_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	api "cloud.google.com/go/iam/admin/apiv1"
	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/iam"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const (
	parent  = "projects/tiny-opera"
	address = "toh-web@tiny-opera.iam.gserviceaccount.com"
	name    = parent + "/serviceAccounts/" + address
)

func open(t *testing.T, store table.Store) *api.IamClient {
	t.Helper()
	conn := tabletest.Conn(iam.New(store, modeltest.NewClock(time.Time{})).Register)
	return tabletest.Must(api.NewIamClient(t.Context(), tabletest.ClientOptions(conn)...))(t)
}

func create(t *testing.T, c *api.IamClient, id string) *adminpb.ServiceAccount {
	t.Helper()
	return tabletest.Must(c.CreateServiceAccount(t.Context(), &adminpb.CreateServiceAccountRequest{
		Name: parent, AccountId: id, ServiceAccount: &adminpb.ServiceAccount{DisplayName: "Web", UniqueId: "mine",
			Disabled: true},
	}))(t)
}

func TestAccountsStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	made := create(t, open(t, store), "toh-web")
	if made.GetName() != name || made.GetEmail() != address || made.GetProjectId() != "tiny-opera" ||
		made.GetDisabled() {
		t.Errorf("made %v", made)
	}
	if len(made.GetUniqueId()) != 21 || made.GetOauth2ClientId() != made.GetUniqueId() {
		t.Errorf("unique id %q", made.GetUniqueId())
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	c := open(t, store)
	for _, by := range []string{name, "projects/-/serviceAccounts/" + address, parent + "/serviceAccounts/" +
		made.GetUniqueId(), "projects/-/serviceAccounts/" + made.GetUniqueId()} {
		if got := tabletest.Must(c.GetServiceAccount(t.Context(), &adminpb.GetServiceAccountRequest{Name: by}))(
			t); !proto.Equal(got, made) {
			t.Errorf("%s is %v", by, got)
		}
	}
}

func TestCreateAccountRefuses(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	create(t, c, "toh-web")
	for what, req := range map[string]struct {
		in   *adminpb.CreateServiceAccountRequest
		want codes.Code
	}{
		"existing": {&adminpb.CreateServiceAccountRequest{Name: parent, AccountId: "toh-web"},
			codes.AlreadyExists},
		"5 characters": {&adminpb.CreateServiceAccountRequest{Name: parent, AccountId: "tohwe"},
			codes.InvalidArgument},
		"31 characters": {&adminpb.CreateServiceAccountRequest{Name: parent, AccountId: strings.Repeat("a", 31)},
			codes.InvalidArgument},
		"upper case": {&adminpb.CreateServiceAccountRequest{Name: parent, AccountId: "Toh-web"},
			codes.InvalidArgument},
		"no project": {&adminpb.CreateServiceAccountRequest{Name: "tiny-opera", AccountId: "toh-tasks"},
			codes.InvalidArgument},
		"long name": {&adminpb.CreateServiceAccountRequest{Name: parent, AccountId: "toh-tasks",
			ServiceAccount: &adminpb.ServiceAccount{DisplayName: strings.Repeat("n", 101)}}, codes.InvalidArgument},
		"long description": {&adminpb.CreateServiceAccountRequest{Name: parent, AccountId: "toh-tasks",
			ServiceAccount: &adminpb.ServiceAccount{Description: strings.Repeat("n", 257)}}, codes.InvalidArgument},
	} {
		_, err := c.CreateServiceAccount(t.Context(), req.in)
		tabletest.WantCode(t, what, err, req.want)
	}
	tabletest.Must(c.CreateServiceAccount(t.Context(), &adminpb.CreateServiceAccountRequest{
		Name: parent, AccountId: strings.Repeat("a", 30),
		ServiceAccount: &adminpb.ServiceAccount{DisplayName: strings.Repeat("n", 100), Description: strings.Repeat("n",
			256)},
	}))(t)
}

func TestChangeAccounts(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	made := create(t, c, "toh-web")
	patch := func(paths ...string) (*adminpb.ServiceAccount, error) {
		return c.PatchServiceAccount(t.Context(), &adminpb.PatchServiceAccountRequest{
			ServiceAccount: &adminpb.ServiceAccount{Name: name, Description: "Serves", Email: "other"},
			UpdateMask:     &fieldmaskpb.FieldMask{Paths: paths},
		})
	}
	if got := tabletest.Must(patch("description"))(t); got.GetDescription() != "Serves" ||
		got.GetDisplayName() != "Web" || got.GetEmail() != address {
		t.Errorf("patched %v", got)
	}
	for _, path := range []string{"email", "disabled", "colour"} {
		_, err := patch(path)
		tabletest.WantCode(t, path, err, codes.InvalidArgument)
	}
	_, err := patch()
	tabletest.WantCode(t, "no mask", err, codes.InvalidArgument)
	if err := c.DisableServiceAccount(t.Context(), &adminpb.DisableServiceAccountRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	if got := tabletest.Must(c.GetServiceAccount(t.Context(), &adminpb.GetServiceAccountRequest{Name: name}))(
		t); !got.GetDisabled() || got.GetDescription() != "Serves" {
		t.Errorf("disabled %v", got)
	}
	if err := c.EnableServiceAccount(t.Context(), &adminpb.EnableServiceAccountRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteServiceAccount(t.Context(), &adminpb.DeleteServiceAccountRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetServiceAccount(t.Context(), &adminpb.GetServiceAccountRequest{Name: name})
	tabletest.WantCode(t, "deleted", err, codes.NotFound)
	if again := create(t, c, "toh-web"); again.GetUniqueId() == made.GetUniqueId() {
		t.Error("a new account has the unique id of the one that was deleted")
	}
}

func TestAccountPages(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	for i := range 5 {
		create(t, c, fmt.Sprintf("toh-web-%d", i))
	}
	it := c.ListServiceAccounts(t.Context(), &adminpb.ListServiceAccountsRequest{Name: parent, PageSize: 2})
	n := 0
	for _, err := it.Next(); err != iterator.Done; _, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d accounts", n)
	}
}

func TestAccountPolicyGoesWithTheAccount(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	_, err := c.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name})
	tabletest.WantCode(t, "policy of none", err, codes.NotFound)
	create(t, c, "toh-web")
	handle := tabletest.Must(c.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name}))(t)
	handle.Add("serviceAccount:x@y.iam.gserviceaccount.com", "roles/iam.serviceAccountUser")
	tabletest.Must(c.SetIamPolicy(t.Context(), &api.SetIamPolicyRequest{Resource: "projects/-/serviceAccounts/" +
		address, Policy: handle}))(t)
	if got := tabletest.Must(c.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name}))(t); len(
		got.InternalProto.GetBindings()) != 1 {
		t.Errorf("policy %v", got)
	}
	if err := c.DeleteServiceAccount(t.Context(), &adminpb.DeleteServiceAccountRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	create(t, c, "toh-web")
	if got := tabletest.Must(c.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name}))(t); len(
		got.InternalProto.GetBindings()) != 0 {
		t.Errorf("a new account has the policy of the one that was deleted: %v", got)
	}
}

func certificate(t *testing.T, public, private any) []byte {
	t.Helper()
	form := &x509.Certificate{SerialNumber: big.NewInt(testclock.Now().UnixNano()), NotBefore: testclock.Now(),
		NotAfter: testclock.Now().Add(time.Hour)}
	raw := tabletest.Must(x509.CreateCertificate(rand.Reader, form, form, public, private))(t)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}

func userKeys(t *testing.T, c *api.IamClient) []*adminpb.ServiceAccountKey {
	t.Helper()
	return tabletest.Must(c.ListServiceAccountKeys(t.Context(), &adminpb.ListServiceAccountKeysRequest{
		Name: name, KeyTypes: []adminpb.ListServiceAccountKeysRequest_KeyType{
			adminpb.ListServiceAccountKeysRequest_USER_MANAGED},
	}))(t).GetKeys()
}

func TestKeysAreForbiddenButCanBePlanted(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	_, err := c.CreateServiceAccountKey(t.Context(), &adminpb.CreateServiceAccountKeyRequest{Name: name})
	tabletest.WantCode(t, "key for none", err, codes.NotFound)
	create(t, c, "toh-web")
	_, err = c.CreateServiceAccountKey(t.Context(), &adminpb.CreateServiceAccountKeyRequest{Name: name})
	tabletest.WantCode(t, "create a key", err, codes.FailedPrecondition)
	all := tabletest.Must(c.ListServiceAccountKeys(t.Context(), &adminpb.ListServiceAccountKeysRequest{Name: name}))(t).
		GetKeys()
	if len(all) != 1 || all[0].GetKeyType() != adminpb.ListServiceAccountKeysRequest_SYSTEM_MANAGED ||
		len(userKeys(t, c)) != 0 {
		t.Errorf("at first there are %v", all)
	}
	private := tabletest.Must(rsa.GenerateKey(rand.Reader, 2048))(t)
	curve := tabletest.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	upload := func(data []byte) (*adminpb.ServiceAccountKey, error) {
		return c.UploadServiceAccountKey(t.Context(), &adminpb.UploadServiceAccountKeyRequest{Name: name,
			PublicKeyData: data})
	}
	for what, bad := range map[string][]byte{"nothing": nil,
		"no certificate": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}),
		"no RSA":         certificate(t, &curve.PublicKey, curve)} {
		_, err := upload(bad)
		tabletest.WantCode(t, what, err, codes.InvalidArgument)
	}
	planted := tabletest.Must(upload(certificate(t, &private.PublicKey, private)))(t)
	if keys := userKeys(t, c); len(keys) != 1 || keys[0].GetName() != planted.GetName() ||
		keys[0].GetPublicKeyData() != nil {
		t.Errorf("planted %v, found %v", planted, keys)
	}
	for range 9 {
		tabletest.Must(upload(certificate(t, &private.PublicKey, private)))(t)
	}
	_, err = upload(certificate(t, &private.PublicKey, private))
	tabletest.WantCode(t, "the eleventh key", err, codes.FailedPrecondition)
	if err := c.DeleteServiceAccountKey(t.Context(),
		&adminpb.DeleteServiceAccountKeyRequest{Name: planted.GetName()}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetServiceAccountKey(t.Context(), &adminpb.GetServiceAccountKeyRequest{Name: planted.GetName()})
	tabletest.WantCode(t, "a deleted key", err, codes.NotFound)
	if err := c.DeleteServiceAccount(t.Context(), &adminpb.DeleteServiceAccountRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	create(t, c, "toh-web")
	if keys := userKeys(t, c); len(keys) != 0 {
		t.Errorf("a new account has %d keys", len(keys))
	}
}

func TestWhatIsNotServed(t *testing.T) {
	t.Parallel()
	c := open(t, tabletest.Open(t))
	_, err := c.QueryGrantableRoles(t.Context(), &adminpb.QueryGrantableRolesRequest{FullResourceName: parent})
	tabletest.WantCode(t, "grantable roles", err, codes.Unimplemented)
}
