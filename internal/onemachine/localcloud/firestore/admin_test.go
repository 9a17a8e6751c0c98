package firestore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"
	adminapi "cloud.google.com/go/firestore/apiv1/admin"
	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	content = "projects/p/databases/content"
	dataKey = "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/data"
)

// office is a server with Google's own client for administration, in a folder that can be reopened.
type office struct {
	*adminapi.FirestoreAdminClient
	server *firestore.Server
	conn   *inproc.Conn
	clock  *modeltest.Clock
	close  func()
}

// keysHere knows one key.
func keysHere(_ context.Context, key, account string) error {
	if key != dataKey || !strings.HasSuffix(account, "@gcp-sa-firestore.iam.gserviceaccount.com") {
		return status.Errorf(codes.FailedPrecondition, "no key %s for %s", key, account)
	}
	return nil
}

func openOffice(t *testing.T, dir string, clock *modeltest.Clock) *office {
	t.Helper()
	store, err := kv.Open(dir, kv.Options{CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	server, err := firestore.New(store, firestore.Options{Clock: clock.Now, Key: keysHere})
	if err != nil {
		t.Fatal(err)
	}
	conn := inproc.New(inproc.Options{OnPanic: func(m string, v any, stack []byte) {
		t.Errorf("%s: %v\n%s", m, v, stack)
	}})
	server.Register(conn)
	operation.New(table.On(store)).Register(conn)
	client, err := adminapi.NewFirestoreAdminClient(t.Context(), tabletest.ClientOptions(conn)...)
	if err != nil {
		t.Fatal(err)
	}
	return &office{client, server, conn, clock, func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}}
}

func newOffice(t *testing.T) *office {
	o := openOffice(t, t.TempDir(), modeltest.NewClock(time.Time{}))
	t.Cleanup(o.close)
	return o
}

func native() *adminpb.Database {
	return &adminpb.Database{LocationId: "europe-west1", Type: adminpb.Database_FIRESTORE_NATIVE}
}

func (o *office) create(t *testing.T, id string, with *adminpb.Database) (*adminpb.Database, error) {
	t.Helper()
	op, err := o.CreateDatabase(t.Context(), &adminpb.CreateDatabaseRequest{Parent: "projects/p", DatabaseId: id,
		Database: with})
	if err != nil {
		return nil, err
	}
	return op.Wait(t.Context())
}

func (o *office) update(t *testing.T, with *adminpb.Database, paths ...string) (*adminpb.Database, error) {
	t.Helper()
	op, err := o.UpdateDatabase(t.Context(), &adminpb.UpdateDatabaseRequest{Database: with,
		UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
	if err != nil {
		return nil, err
	}
	return op.Wait(t.Context())
}

func (o *office) get(t *testing.T, name string) *adminpb.Database {
	t.Helper()
	d, err := o.GetDatabase(t.Context(), &adminpb.GetDatabaseRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func TestCreateDatabase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	with := func(edit func(*adminpb.Database)) *adminpb.Database {
		d := native()
		edit(d)
		return d
	}
	full := with(func(d *adminpb.Database) {
		d.ConcurrencyMode = adminpb.Database_PESSIMISTIC
		d.DatabaseEdition = adminpb.Database_STANDARD
		d.PointInTimeRecoveryEnablement = adminpb.Database_POINT_IN_TIME_RECOVERY_ENABLED
		d.DeleteProtectionState = adminpb.Database_DELETE_PROTECTION_ENABLED
		d.CmekConfig = &adminpb.Database_CmekConfig{KmsKeyName: dataKey}
		d.Uid, d.Name, d.Etag = "mine", "mine", "mine" // output only
	})
	got, err := o.create(t, "content", full)
	if err != nil {
		t.Fatal(err)
	}
	if got.GetName() != content || len(got.GetUid()) != 36 || got.GetEtag() == "mine" ||
		got.GetLocationId() != "europe-west1" ||
		got.GetPointInTimeRecoveryEnablement() != adminpb.Database_POINT_IN_TIME_RECOVERY_ENABLED ||
		got.GetCmekConfig().GetKmsKeyName() != dataKey ||
		got.GetDeleteProtectionState() != adminpb.Database_DELETE_PROTECTION_ENABLED || got.GetVersionRetentionPeriod().
		AsDuration() != 7*24*time.Hour {
		t.Errorf("made %v", got)
	}
	least, err := o.create(t, "least", native())
	if err != nil || least.GetPointInTimeRecoveryEnablement() != adminpb.Database_POINT_IN_TIME_RECOVERY_DISABLED ||
		least.GetDeleteProtectionState() != adminpb.Database_DELETE_PROTECTION_DISABLED ||
		least.GetConcurrencyMode() != adminpb.Database_PESSIMISTIC ||
		least.GetVersionRetentionPeriod().AsDuration() != time.Hour || least.GetCmekConfig() != nil {
		t.Errorf("made %v, %v", least, err)
	}
	for what, c := range map[string]struct {
		id   string
		db   *adminpb.Database
		want codes.Code
	}{
		"taken":       {"content", native(), codes.AlreadyExists},
		"3 letters":   {"abc", native(), codes.InvalidArgument},
		"4 letters":   {"abcd", native(), codes.OK},
		"63 letters":  {strings.Repeat("a", 63), native(), codes.OK},
		"64 letters":  {strings.Repeat("a", 64), native(), codes.InvalidArgument},
		"upper case":  {"Content", native(), codes.InvalidArgument},
		"last hyphen": {"content-", native(), codes.InvalidArgument},
		"like a UUID": {"f47ac10b-58cc-4372-a567-0e02b2c3d479", native(), codes.InvalidArgument},
		"the default": {"(default)", native(), codes.OK},
		"no settings": {"none", nil, codes.InvalidArgument},
		"no location": {"none", with(func(d *adminpb.Database) { d.LocationId = "" }), codes.InvalidArgument},
		"no type":     {"none", with(func(d *adminpb.Database) { d.Type = 0 }), codes.InvalidArgument},
		"Datastore": {"none", with(func(d *adminpb.Database) {
			d.Type = adminpb.Database_DATASTORE_MODE
		}), codes.Unimplemented},
		"Enterprise": {"none", with(func(d *adminpb.Database) {
			d.DatabaseEdition = adminpb.Database_ENTERPRISE
		}), codes.Unimplemented},
		"optimistic": {"none", with(func(d *adminpb.Database) {
			d.ConcurrencyMode = adminpb.Database_OPTIMISTIC
		}), codes.Unimplemented},
		"no such key": {"none", with(func(d *adminpb.Database) {
			d.CmekConfig = &adminpb.Database_CmekConfig{KmsKeyName: dataKey + "x"}
		}), codes.FailedPrecondition},
		"key elsewhere": {"none", with(func(d *adminpb.Database) {
			d.LocationId, d.CmekConfig = "eur3", full.CmekConfig
		}), codes.InvalidArgument},
		"bad key": {"none", with(func(d *adminpb.Database) {
			d.CmekConfig = &adminpb.Database_CmekConfig{KmsKeyName: "data"}
		}), codes.InvalidArgument},
	} {
		_, err := o.create(t, c.id, c.db)
		wantCode(t, what, err, c.want)
	}
	_, err = o.GetDatabase(t.Context(), &adminpb.GetDatabaseRequest{Name: "projects/p/databases/none"})
	wantCode(t, "what was refused", err, codes.NotFound)
}

func TestUpdateDatabase(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), modeltest.NewClock(time.Time{})
	o := openOffice(t, dir, clock)
	made, err := o.create(t, "content", native())
	if err != nil {
		t.Fatal(err)
	}
	change := &adminpb.Database{
		Name: content, LocationId: "nam5", Etag: made.GetEtag(),
		PointInTimeRecoveryEnablement: adminpb.Database_POINT_IN_TIME_RECOVERY_ENABLED,
		DeleteProtectionState:         adminpb.Database_DELETE_PROTECTION_ENABLED,
	}
	changed, err := o.update(t, change, "delete_protection_state")
	if err != nil || changed.GetDeleteProtectionState() != adminpb.Database_DELETE_PROTECTION_ENABLED ||
		changed.GetPointInTimeRecoveryEnablement() != adminpb.Database_POINT_IN_TIME_RECOVERY_DISABLED ||
		changed.GetLocationId() != "europe-west1" {
		t.Errorf("changed to %v, %v", changed, err)
	}
	_, err = o.update(t, change, "point_in_time_recovery_enablement")
	wantCode(t, "old etag", err, codes.FailedPrecondition)
	change.Etag = ""
	for what, path := range map[string]string{
		"location": "location_id", "key": "cmek_config", "edition": "database_edition", "name": "name",
		"nothing": "no_such_field", "type": "type",
	} {
		_, err := o.update(t, change, "point_in_time_recovery_enablement", path)
		wantCode(t, what, err, codes.InvalidArgument)
	}
	_, err = o.update(t, change)
	wantCode(t, "no mask", err, codes.InvalidArgument)
	_, err = o.update(t, &adminpb.Database{Name: "projects/p/databases/none"}, "delete_protection_state")
	wantCode(t, "no database", err, codes.NotFound)
	before := o.get(t, content)
	if !proto.Equal(before, changed) {
		t.Errorf("refused changes left %v, want %v", before, changed)
	}
	_, err = o.DeleteDatabase(t.Context(), &adminpb.DeleteDatabaseRequest{Name: content})
	wantCode(t, "delete what is protected", err, codes.FailedPrecondition)
	o.close()
	o = openOffice(t, dir, clock)
	defer o.close()
	if after := o.get(t, content); !proto.Equal(before, after) {
		t.Errorf("after reopening %v, want %v", after, before)
	}
}

func TestDeleteDatabase(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), modeltest.NewClock(time.Time{})
	o := openOffice(t, dir, clock)
	for _, id := range []string{"content", "keys-db"} {
		if _, err := o.create(t, id, native()); err != nil {
			t.Fatal(err)
		}
		seed(t, newClient(t, o.conn, id), 3)
	}
	open := newClient(t, o.conn, "keys-db")
	_, err := o.DeleteDatabase(t.Context(), &adminpb.DeleteDatabaseRequest{Name: "projects/p/databases/keys-db",
		Etag: "x"})
	wantCode(t, "old etag", err, codes.FailedPrecondition)
	op, err := o.DeleteDatabase(t.Context(), &adminpb.DeleteDatabaseRequest{Name: "projects/p/databases/keys-db"})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := op.Wait(t.Context())
	if err != nil || gone.GetDeleteTime() == nil {
		t.Errorf("deleted %v, %v", gone, err)
	}
	_, err = open.Doc("c/new").Create(t.Context(), map[string]any{"n": 1})
	wantCode(t, "write into a deleted database", err, codes.NotFound)
	_, err = o.DeleteDatabase(t.Context(), &adminpb.DeleteDatabaseRequest{Name: "projects/p/databases/keys-db"})
	wantCode(t, "again", err, codes.NotFound)
	o.close()
	o = openOffice(t, dir, clock)
	defer o.close()
	if _, err := o.create(t, "keys-db", native()); err != nil {
		t.Fatal(err)
	}
	if n := documents(t, newClient(t, o.conn, "keys-db")); n != 0 {
		t.Errorf("%d documents came back", n)
	}
	if n := documents(t, newClient(t, o.conn, "content")); n != 3 {
		t.Errorf("the other database has %d documents", n)
	}
}

// A commit that waits for its turn while the database is deleted comes too late.
func TestDeleteDatabaseUnderACommit(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, err := o.create(t, "content", native()); err != nil {
		t.Fatal(err)
	}
	client := newClient(t, o.conn, "content")
	seed(t, client, 1)
	raw := pb.NewFirestoreClient(o.conn)
	started, err := raw.BeginTransaction(t.Context(), &pb.BeginTransactionRequest{Database: content})
	if err != nil {
		t.Fatal(err)
	}
	held, err := raw.BatchGetDocuments(t.Context(), &pb.BatchGetDocumentsRequest{
		Database: content, Documents: []string{content + "/documents/c/0"},
		ConsistencySelector: &pb.BatchGetDocumentsRequest_Transaction{Transaction: started.GetTransaction()},
	})
	if err == nil {
		_, err = held.Recv()
	}
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := client.Doc("c/0").Set(t.Context(), map[string]any{"n": 2})
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("the commit did not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	if _, err := o.DeleteDatabase(t.Context(), &adminpb.DeleteDatabaseRequest{Name: content}); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		wantCode(t, "commit", err, codes.NotFound)
	case <-time.After(10 * time.Second):
		t.Fatal("the commit waits for a transaction of a database that is gone")
	}
}

func seed(t *testing.T, client *gcfs.Client, n int) {
	t.Helper()
	for i := range n {
		if _, err := client.Doc(fmt.Sprint("c/", i)).Set(t.Context(), map[string]any{"n": i, "k": i % 2}); err != nil {
			t.Fatal(err)
		}
	}
}

func documents(t *testing.T, client *gcfs.Client) int {
	t.Helper()
	docs, err := client.Collection("c").Documents(t.Context()).GetAll()
	if err != nil {
		t.Fatal(err)
	}
	return len(docs)
}

func TestOperationsCanBeReadLater(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	op, err := o.CreateDatabase(t.Context(), &adminpb.CreateDatabaseRequest{Parent: "projects/p", DatabaseId: "content",
		Database: native()})
	if err != nil {
		t.Fatal(err)
	}
	again := o.CreateDatabaseOperation(op.Name())
	got, err := again.Poll(t.Context())
	if err != nil || !again.Done() || got.GetName() != content || !strings.HasPrefix(op.Name(), content+
		"/operations/") {
		t.Errorf("%s: %v, %v", op.Name(), got, err)
	}
}

func TestListFields(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, err := o.create(t, "content", native()); err != nil {
		t.Fatal(err)
	}
	parent := content + "/collectionGroups/c"
	update := func(f *adminpb.Field, paths ...string) error {
		f.Name = parent + "/fields/" + f.Name
		_, err := o.UpdateField(t.Context(), &adminpb.UpdateFieldRequest{Field: f,
			UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
		return err
	}
	wantCode(t, "TTL", update(&adminpb.Field{Name: "at", TtlConfig: &adminpb.Field_TtlConfig{}}, "ttl_config"),
		codes.OK)
	wantCode(t, "second TTL", update(&adminpb.Field{Name: "other", TtlConfig: &adminpb.Field_TtlConfig{}},
		"ttl_config"), codes.FailedPrecondition)
	wantCode(t, "TTL of all", update(&adminpb.Field{Name: "*", TtlConfig: &adminpb.Field_TtlConfig{}}, "ttl_config"),
		codes.InvalidArgument)
	wantCode(t, "TTL with offset",
		update(&adminpb.Field{Name: "at",
			TtlConfig: &adminpb.Field_TtlConfig{ExpirationOffset: durationpb.New(time.Second)}}, "ttl_config"),
		codes.Unimplemented)
	wantCode(t, "unknown path", update(&adminpb.Field{Name: "at"}, "name"), codes.InvalidArgument)
	wantCode(t, "exemption", update(&adminpb.Field{Name: "body", IndexConfig: &adminpb.Field_IndexConfig{}},
		"index_config"), codes.OK)
	const exempt, expiring = "indexConfig.usesAncestorConfig:false", "ttlConfig:*"
	for filter, want := range map[string]string{
		exempt: "body", expiring: "at", exempt + " OR " + expiring: "at body",
		"indexConfig.usesAncestorConfig=false": "body",
	} {
		if got := o.fields(t, parent, filter); got != want {
			t.Errorf("%s: %s, want %s", filter, got, want)
		}
	}
	_, err := o.ListFields(t.Context(), &adminpb.ListFieldsRequest{Parent: parent}).Next()
	wantCode(t, "no filter", err, codes.InvalidArgument)
}

func (o *office) fields(t *testing.T, parent, filter string) string {
	t.Helper()
	var names []string
	it := o.ListFields(t.Context(), &adminpb.ListFieldsRequest{Parent: parent, Filter: filter, PageSize: 1})
	for f, err := range it.All() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, f.GetName()[strings.LastIndex(f.GetName(), "/")+1:])
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
