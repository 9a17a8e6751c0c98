package seal

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/store/storetest"
	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

var provedCollection = store.Collection{Name: "proved", Fields: []store.Field{
	{Name: "text", Type: store.String}, {Name: "number", Type: store.Int}, {Name: "flag", Type: store.Bool},
	{Name: "at", Type: store.Time},
	{Name: "texts", Type: store.Strings}, {Name: "numbers", Type: store.Ints, Unread: true},
}}

// noDial is for clients of services that the emulator does not have; no call may reach it.
type noDial struct{ grpc.ClientConnInterface }

func (noDial) Close() error           { return nil }
func (noDial) Conn() *grpc.ClientConn { return nil }
func (noDial) Num() int               { return 1 }

func localProved(t *testing.T) *store.Store {
	list := []store.Collection{provedCollection}
	return storetest.Open(t, list, nil).Store(t, storetest.Content, list, 10*time.Second)
}

func emulatedProved(t *testing.T) *store.Store {
	clients, err := gcp.Open(t.Context(), gcp.Options{
		Project: "opera-test", FirestoreDatabase: "content", KeysDatabase: "keys", Dial: noDial{},
		Emulators: gcp.Emulators{Firestore: testneed.FirestoreEmulator(t)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = clients.Close() })
	s, err := store.New(store.Options{
		Client: clients.Firestore.Client, Database: clients.Firestore.Name,
		Collections: []store.Collection{provedCollection},
		CursorKey:   storetest.CursorKey, Timeout: 20 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestWhatIsProvedIsWhatTheStoreGivesBack writes documents with all forms of values to both stores, and opens what each
// returns.
func TestWhatIsProvedIsWhatTheStoreGivesBack(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) *store.Store{"local": localProved, "emulator": emulatedProved} {
		t.Run(name, func(t *testing.T) { giveBack(t, open(t)) })
	}
}

const provedDocs = 500

func giveBack(t *testing.T, s *store.Store) {
	ring, random := testRing(t), rand.New(rand.NewPCG(7, 11)) // #nosec G404 -- for a test
	var refs []store.Ref
	for from := 0; from < provedDocs; from += 100 {
		var writes []store.Write
		for i := range 100 {
			d := anyDoc(ring, random, from+i)
			if err := ring.SealDoc(&d, nil, provedCollection.Fields, []byte{1}, []byte(`{}`)); err != nil {
				t.Fatal(err)
			}
			writes, refs = append(writes, store.Create(d)), append(refs, d.Ref)
		}
		if _, err := s.Commit(t.Context(), writes...); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range refs {
		d, err := s.Get(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := ring.OpenDoc(d, provedCollection.Fields, 1); err != nil {
			t.Errorf("%+v: %v", d, err)
		}
		d.Version++
		if _, _, err := ring.OpenDoc(d, provedCollection.Fields, 1); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s with another version: %v", r, err)
		}
	}
}

var (
	anyTexts   = []string{"", "a", "Ängström", "A\u0308ngstro\u0308m", "\x00", "\n", "🎭", "é", "e\u0301"}
	anyNumbers = []int64{0, -1, 1<<53 + 1, -1<<53 - 1, math.MaxInt64, math.MinInt64}
)

// anyDoc has each field with some value or not at all, and times with nanoseconds.
func anyDoc(ring *Ring, r *rand.Rand, n int) store.Doc {
	at := time.Date(2026, 10, 25, 0, 59, 59, 0, time.UTC).Add(time.Duration(r.Int64N(int64(2 * time.Hour))))
	fields := store.Fields{
		"text": anyTexts[r.IntN(len(anyTexts))], "number": anyNumbers[r.IntN(len(anyNumbers))], "flag": r.IntN(2) == 0,
		"at":    at.In(time.FixedZone("east", 3600)),
		"texts": anyTexts[:r.IntN(len(anyTexts))], "numbers": anyNumbers[:r.IntN(len(anyNumbers))],
	}
	for name := range fields {
		if r.IntN(5) == 0 {
			delete(fields, name)
		}
	}
	return store.Doc{
		Ref:     store.Ref{Scope: ring.Scope(), Collection: provedCollection.Name, ID: "d" + strconv.Itoa(n)},
		Version: 1 + r.Int64N(1000), Created: at, Updated: at.Add(time.Nanosecond), Fields: fields,
	}
}
