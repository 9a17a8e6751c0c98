package storetest

import (
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kms"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv/kvtest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// The names in the cloud that Open makes.
const (
	Project  = "opera-test"
	Content  = "projects/opera-test/databases/content"
	Keys     = "projects/opera-test/databases/keys"
	keyRing  = "projects/opera-test/locations/europe-west1/keyRings/toh"
	wrapping = "keyrings"
	// WrappingKey wraps the keyrings.
	WrappingKey = keyRing + "/cryptoKeys/" + wrapping
)

// Cloud is a test's local cloud with what the store and the keyrings need: Firestore and KMS.
type Cloud struct {
	Faults  *Faults // on the connection to every service
	Clients *gcp.Clients
	Server  *firestore.Server
}

// Open makes a local cloud in a folder of its own, with the indexes of these collections and no others.
func Open(t testing.TB, content, keys []store.Collection) *Cloud {
	t.Helper()
	db := check(kv.Open(t.TempDir(), kv.Options{Files: kvtest.Disk(t)}))(t)
	t.Cleanup(func() { _ = db.Close() })
	documents := check(firestore.New(db, firestore.Options{}))(t)
	t.Cleanup(func() { _ = documents.Close() })
	conn := inproc.New(inproc.Options{OnPanic: func(m string, v any, stack []byte) {
		t.Errorf("%s: %v\n%s", m, v, stack)
	}})
	documents.Register(conn)
	secrets := check(vault.Open(t.TempDir()+"/master.key", table.On(db)))(t)
	kmspb.RegisterKeyManagementServiceServer(conn, kms.New(table.On(db), secrets, testclock.Moving{}))
	declare(t, documents, "content", content)
	declare(t, documents, "keys", keys)

	faults := NewFaults(conn)
	clients := check(gcp.Open(t.Context(), gcp.Options{
		Project: Project, FirestoreDatabase: "content", KeysDatabase: "keys", Dial: faults,
	}))(t)
	t.Cleanup(func() { _ = clients.Close() })
	c := &Cloud{Faults: faults, Clients: clients, Server: documents}
	c.makeKey(t)
	return c
}

// check unwraps a result, as in check(f())(t).
func check[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (c *Cloud) makeKey(t testing.TB) {
	t.Helper()
	check(c.Clients.KMS.CreateKeyRing(t.Context(), &kmspb.CreateKeyRingRequest{
		Parent: "projects/" + Project + "/locations/europe-west1", KeyRingId: "toh",
	}))(t)
	c.Key(t, wrapping)
}

// Key makes a further key-encryption key and returns its name.
func (c *Cloud) Key(t testing.TB, id string) string {
	t.Helper()
	key := check(c.Clients.KMS.CreateCryptoKey(t.Context(), &kmspb.CreateCryptoKeyRequest{
		Parent: keyRing, CryptoKeyId: id, CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT},
	}))(t)
	return key.GetName()
}

// Store opens a store on the content database, or on another one of the same cloud.
func (c *Cloud) Store(t testing.TB, database string, list []store.Collection, timeout time.Duration) *store.Store {
	t.Helper()
	return check(store.New(store.Options{
		Client: c.Clients.Firestore.Client, Database: database, Collections: list, CursorKey: CursorKey,
		Timeout: timeout,
	}))(t)
}

// declare makes a database with exactly the indexes that the collections need.
func declare(t testing.TB, s *firestore.Server, id string, list []store.Collection) {
	t.Helper()
	if err := s.EnsureDatabase(Project, id); err != nil {
		t.Fatal(err)
	}
	spec := store.Indexes(list)
	var indexes []firestore.Index
	for _, x := range spec.Composites {
		i := firestore.Index{Collection: x.Collection, GroupScope: x.Group}
		for _, f := range x.Fields {
			i.Fields = append(i.Fields, firestore.IndexField{Path: f.Name, Mode: firestore.Mode(f.Mode)})
		}
		indexes = append(indexes, i)
	}
	var fields []firestore.FieldOverride
	for _, f := range spec.Fields {
		o := firestore.FieldOverride{Collection: f.Collection, Path: f.Field, TTL: f.TTL}
		for _, one := range f.Single {
			o.Indexes = append(o.Indexes, firestore.FieldIndex{Mode: firestore.Mode(one.Mode), GroupScope: one.Group})
		}
		fields = append(fields, o)
	}
	if err := s.DeclareIndexes("projects/"+Project+"/databases/"+id, indexes, fields...); err != nil {
		t.Fatal(err)
	}
}
