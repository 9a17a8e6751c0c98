package firestore_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

// emulator is a client of the official emulator. Every run has a project of its own, so that it begins empty.
func emulator(t *testing.T) *gcfs.Client {
	t.Helper()
	host := testneed.FirestoreEmulator(t)
	owner := func(ctx context.Context) context.Context {
		return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer owner")
	}
	conn, err := grpc.NewClient(host, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(func(ctx context.Context, m string, req, reply any, cc *grpc.ClientConn,
			call grpc.UnaryInvoker, o ...grpc.CallOption) error {
			return call(owner(ctx), m, req, reply, cc, o...)
		}),
		grpc.WithStreamInterceptor(func(ctx context.Context, d *grpc.StreamDesc, cc *grpc.ClientConn, m string,
			call grpc.Streamer, o ...grpc.CallOption) (grpc.ClientStream, error) {
			return call(owner(ctx), d, cc, m, o...)
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	client, err := gcfs.NewClientWithDatabase(context.Background(), fmt.Sprintf("p%d", testclock.Now().UnixNano()),
		"(default)", option.WithGRPCConn(conn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// rounds is how much the differential test does; the seed is in its log.
const (
	commitRounds = 250
	queryRounds  = 250
	pastRounds   = 100
)

func TestSameAsOfficialEmulator(t *testing.T) {
	t.Parallel()
	theirs := emulator(t)
	ours := newWorld(t, firestore.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	seed := uint64(testclock.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := choose(rng.IntN)
	touched := map[string]bool{}
	var marks [][2]time.Time
	for i := range commitRounds {
		if i%25 == 24 {
			marks = append(marks, [2]time.Time{mark(ctx, t, ours.Client), mark(ctx, t, theirs)})
		}
		batch := c.batch(ours.Doc)
		for _, w := range batch {
			touched[w.path] = true
		}
		a, errA := send(ctx, ours.Client, batch)
		b, errB := send(ctx, theirs, batch)
		if status.Code(errA) != status.Code(errB) {
			t.Fatalf("commit %d: ours %v, theirs %v\n%+v", i, errA, errB, batch)
		}
		if a != b {
			t.Fatalf("commit %d: ours updated %s, theirs %s\n%+v", i, a, b, batch)
		}
	}
	for path := range touched {
		sameDocument(ctx, t, path, ours.Client, theirs)
	}
	for range queryRounds {
		sameQuery(ctx, t, c.spec(ours.Doc), ours, theirs)
	}
	for range pastRounds {
		at := marks[rng.IntN(len(marks))]
		sameQueryAt(ctx, t, c.spec(ours.Doc), ours, at[0], theirs, at[1])
	}
	sameLists(ctx, t, ours.Client, theirs)
	if err := ours.server.CheckConsistency(); err != nil {
		t.Fatal(err)
	}
}

// mutation is one write of a commit.
type mutation struct {
	op   string
	path string
	data map[string]any
	mask []gcfs.FieldPath
	ups  []gcfs.Update
}

func (c choose) batch(ref func(string) *gcfs.DocumentRef) []mutation {
	var out []mutation
	for range 1 + c(3) {
		out = append(out, c.mutation(ref))
	}
	return out
}

func (c choose) mutation(ref func(string) *gcfs.DocumentRef) mutation {
	m := mutation{op: pick(c, "set", "set", "merge", "mergeAll", "create", "update", "update", "delete",
		"deleteExists"), path: c.path()}
	m.data = c.fields(ref)
	switch m.op {
	case "merge":
		m.mask = []gcfs.FieldPath{{"k"}}
		if _, ok := m.data["m"]; ok {
			m.mask = append(m.mask, gcfs.FieldPath{"m", "y"})
		}
	case "mergeAll":
		m.data["k"] = c.transform(ref)
		if nested, ok := m.data["m"].(map[string]any); ok && c.chance(50) {
			nested["x"] = gcfs.Delete
		}
	case "update":
		for _, path := range []string{"a", "b", "k", "l", "m.x", "m.y.z"} {
			if c.chance(40) {
				m.ups = append(m.ups, gcfs.Update{Path: path, Value: pick[any](c, c.value(ref), c.transform(ref),
					c.transform(ref), gcfs.Delete)})
			}
		}
		if len(m.ups) == 0 {
			m.ups = []gcfs.Update{{Path: "k", Value: 1}}
		}
	}
	return m
}

func (c choose) transform(ref func(string) *gcfs.DocumentRef) any {
	number := pick[any](c, 1, -2, 1.5, int64(1)<<62, -(int64(1) << 62))
	switch c(5) {
	case 0:
		return gcfs.Increment(number)
	case 1:
		return gcfs.FieldTransformMaximum(number)
	case 2:
		return gcfs.FieldTransformMinimum(number)
	case 3:
		return gcfs.ArrayUnion(c.simple(ref), c.simple(ref), 1)
	}
	return gcfs.ArrayRemove(c.simple(ref), 1)
}

// send commits a batch and says which of its writes changed a document.
func send(ctx context.Context, client *gcfs.Client, batch []mutation) (string, error) {
	b := newBatch(client)
	for _, m := range batch {
		doc := client.Doc(m.path)
		data, _ := rebind(client, m.data).(map[string]any)
		switch m.op {
		case "set":
			b.Set(doc, data)
		case "merge":
			b.Set(doc, data, gcfs.Merge(m.mask...))
		case "mergeAll":
			b.Set(doc, data, gcfs.MergeAll)
		case "create":
			b.Create(doc, data)
		case "update":
			var ups []gcfs.Update
			for _, u := range m.ups {
				ups = append(ups, gcfs.Update{Path: u.Path, Value: rebind(client, u.Value)})
			}
			b.Update(doc, ups)
		case "delete":
			b.Delete(doc)
		case "deleteExists":
			b.Delete(doc, gcfs.Exists)
		}
	}
	results, err := b.Commit(ctx)
	if err != nil {
		return "", err
	}
	// For documents that the commit also deletes, the emulator reports a time or none, depending on what else the
	// commit does to them.
	counts := func(i int) bool { return !deletes(batch, batch[i].path) }
	newest := time.Time{}
	for i, r := range results {
		if counts(i) && r.UpdateTime.After(newest) {
			newest = r.UpdateTime
		}
	}
	var out strings.Builder
	for i, r := range results {
		if !counts(i) {
			continue
		}
		fmt.Fprintf(&out, "%s:%v ", batch[i].op, r.UpdateTime.Equal(newest))
	}
	return out.String(), nil
}

func deletes(batch []mutation, path string) bool {
	return slices.ContainsFunc(batch, func(m mutation) bool {
		return m.path == path && strings.HasPrefix(m.op, "delete")
	})
}

func sameDocument(ctx context.Context, t *testing.T, path string, ours, theirs *gcfs.Client) {
	t.Helper()
	a, errA := ours.Doc(path).Get(ctx)
	b, errB := theirs.Doc(path).Get(ctx)
	if status.Code(errA) != status.Code(errB) {
		t.Fatalf("%s: ours %v, theirs %v", path, errA, errB)
	}
	if errA != nil {
		return
	}
	if !sameFields(a.Data(), b.Data()) {
		t.Fatalf("%s:\nours   %#v\ntheirs %#v", path, a.Data(), b.Data())
	}
}

// sameFields compares values and their types.
func sameFields(a, b any) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	switch x := a.(type) {
	case map[string]any:
		y := b.(map[string]any)
		for k := range x {
			v, ok := y[k]
			if !ok || !sameFields(x[k], v) {
				return false
			}
		}
		return len(x) == len(y)
	case []any:
		return slices.EqualFunc(x, b.([]any), sameFields)
	case *gcfs.DocumentRef:
		return shortPath(x) == shortPath(b.(*gcfs.DocumentRef))
	}
	return compareValues(a, b) == 0
}

func sameQuery(ctx context.Context, t *testing.T, s spec, ours *world, theirs *gcfs.Client) {
	t.Helper()
	a, errA := ours.answerOf(ctx, s)
	b, errB := paths(ctx, s.query(theirs))
	if status.Code(errA) != status.Code(errB) {
		t.Errorf("%s:\nours %v\ntheirs %v", s, errA, errB)
		return
	}
	if !slices.Equal(a, b) {
		t.Errorf("%s:\nours   %v\ntheirs %v", s, a, b)
	}
	countOurs, errA := count(ctx, s.query(ours.Client))
	countTheirs, errB := count(ctx, s.query(theirs))
	if status.Code(errA) != status.Code(errB) || countOurs != countTheirs {
		t.Errorf("%s:\nours count %d %v, theirs %d %v", s, countOurs, errA, countTheirs, errB)
	}
}

// mark returns a time between two commits.
func mark(ctx context.Context, t *testing.T, client *gcfs.Client) time.Time {
	t.Helper()
	r, err := client.Doc("marks/m").Set(ctx, map[string]any{"now": gcfs.ServerTimestamp})
	if err != nil {
		t.Fatal(err)
	}
	return r.UpdateTime
}

// sameQueryAt compares queries at an earlier time.
func sameQueryAt(ctx context.Context, t *testing.T, s spec, ours *world, at time.Time, theirs *gcfs.Client,
	then time.Time) {
	t.Helper()
	if _, err := ours.answerOf(ctx, s); err != nil { // creates the indexes; other errors are reported below
		t.Log(err)
	}
	q, r := s.query(ours.Client), s.query(theirs)
	a, errA := paths(ctx, *q.WithReadOptions(gcfs.ReadTime(at)))
	b, errB := paths(ctx, *r.WithReadOptions(gcfs.ReadTime(then)))
	if status.Code(errA) != status.Code(errB) || !slices.Equal(a, b) {
		t.Errorf("at an earlier time: %s:\nours   %v %v\ntheirs %v %v", s, a, errA, b, errB)
	}
}

func count(ctx context.Context, q gcfs.Query) (int64, error) {
	r, err := q.NewAggregationQuery().WithCount("n").Get(ctx)
	if err != nil {
		return 0, err
	}
	return r["n"].(interface{ GetIntegerValue() int64 }).GetIntegerValue(), nil
}

func sameLists(ctx context.Context, t *testing.T, ours, theirs *gcfs.Client) {
	t.Helper()
	for _, path := range []string{"c", "c/d1/s", "z", "z/q/c", "nothing"} {
		a, errA := listed(ours.Collection(path).DocumentRefs(ctx).GetAll())
		b, errB := listed(theirs.Collection(path).DocumentRefs(ctx).GetAll())
		if cmp.Compare(a, b) != 0 || errA != nil || errB != nil {
			t.Errorf("documents of %s:\nours   %s %v\ntheirs %s %v", path, a, errA, b, errB)
		}
	}
}

func listed(refs []*gcfs.DocumentRef, err error) (string, error) {
	var out []string
	for _, r := range refs {
		out = append(out, r.ID)
	}
	return strings.Join(out, " "), err
}
