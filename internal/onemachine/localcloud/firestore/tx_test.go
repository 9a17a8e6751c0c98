package firestore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

func number(t *testing.T, ctx context.Context, doc *gcfs.DocumentRef) int64 {
	t.Helper()
	s, err := doc.Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := s.Data()["n"].(int64)
	return n
}

func mustSet(t *testing.T, ctx context.Context, doc *gcfs.DocumentRef, n int) {
	t.Helper()
	if _, err := doc.Set(ctx, map[string]any{"n": n}); err != nil {
		t.Fatal(err)
	}
}

func addOne(doc *gcfs.DocumentRef) func(context.Context, *gcfs.Transaction) error {
	return func(_ context.Context, tx *gcfs.Transaction) error {
		s, err := tx.Get(doc)
		if err != nil {
			return err
		}
		return tx.Set(doc, map[string]any{"n": s.Data()["n"].(int64) + 1})
	}
}

func TestFiftyTransactionsOnOneDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	doc := w.Doc("c/hot")
	mustSet(t, ctx, doc, 0)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if err := w.RunTransaction(ctx, addOne(doc), gcfs.MaxAttempts(1)); err != nil {
				t.Error(err)
			}
			if _, err := doc.Update(ctx, []gcfs.Update{{Path: "n", Value: gcfs.Increment(1)}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := number(t, ctx, doc); n != 100 {
		t.Errorf("50 transactions and 50 increments made %d", n)
	}
}

// Money moves between accounts in both directions; the sum is the same in every snapshot.
func TestTransfersKeepTheSum(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	account := func(i int) *gcfs.DocumentRef { return w.Doc(fmt.Sprint("accounts/", i)) }
	for i := range 4 {
		mustSet(t, ctx, account(i), 100)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				from, to := account((g+i)%4), account((g+i+1+i%3)%4)
				err := w.RunTransaction(ctx, func(_ context.Context, tx *gcfs.Transaction) error {
					both, err := tx.GetAll([]*gcfs.DocumentRef{from, to})
					if err != nil {
						return err
					}
					a, b := both[0].Data()["n"].(int64), both[1].Data()["n"].(int64)
					return errors.Join(tx.Set(from, map[string]any{"n": a - 1}), tx.Set(to, map[string]any{"n": b + 1}))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 50 {
			err := w.RunTransaction(ctx, func(_ context.Context, tx *gcfs.Transaction) error {
				docs, err := tx.Documents(w.Collection("accounts")).GetAll()
				if err != nil {
					return err
				}
				sum := int64(0)
				for _, d := range docs {
					sum += d.Data()["n"].(int64)
				}
				if sum != 400 {
					t.Errorf("the sum is %d", sum)
				}
				return nil
			}, gcfs.ReadOnly)
			if err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
}

// rawTx is a transaction driven call by call.
type rawTx struct {
	pb.FirestoreClient
	id []byte
}

func begin(t *testing.T, ctx context.Context, w *world, o *pb.TransactionOptions) rawTx {
	t.Helper()
	raw := pb.NewFirestoreClient(w.conn)
	r, err := raw.BeginTransaction(ctx, &pb.BeginTransactionRequest{Database: database, Options: o})
	if err != nil {
		t.Fatal(err)
	}
	return rawTx{raw, r.GetTransaction()}
}

func readOnly() *pb.TransactionOptions {
	return &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadOnly_{ReadOnly: &pb.TransactionOptions_ReadOnly{}}}
}

func (x rawTx) get(ctx context.Context, path string) (int64, error) {
	stream, err := x.BatchGetDocuments(ctx, &pb.BatchGetDocumentsRequest{Database: database,
		Documents: []string{root + "/" + path}, ConsistencySelector: &pb.BatchGetDocumentsRequest_Transaction{
			Transaction: x.id}})
	if err != nil {
		return 0, err
	}
	r, err := stream.Recv()
	return r.GetFound().GetFields()["n"].GetIntegerValue(), err
}

func (x rawTx) query(ctx context.Context, collection string) (int, error) {
	stream, err := x.RunQuery(ctx, &pb.RunQueryRequest{Parent: root,
		ConsistencySelector: &pb.RunQueryRequest_Transaction{Transaction: x.id},
		QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: &pb.StructuredQuery{
			From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: collection}}}}})
	for n := 0; err == nil; n++ {
		var r *pb.RunQueryResponse
		if r, err = stream.Recv(); err != nil && err.Error() == "EOF" {
			return n, nil
		} else if err == nil && r.GetDocument() == nil {
			n--
		}
	}
	return 0, err
}

func (x rawTx) commit(ctx context.Context, writes ...*pb.Write) error {
	_, err := x.Commit(ctx, &pb.CommitRequest{Database: database, Transaction: x.id, Writes: writes})
	return err
}

func TestAWriteWaitsForTheTransactionThatReadTheDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	mustSet(t, ctx, w.Doc("c/d"), 1)
	tx := begin(t, ctx, w, nil)
	if n, err := tx.get(ctx, "c/d"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := w.Doc("c/d").Set(short, map[string]any{"n": 9}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a write that cannot wait: %v", err)
	}
	if n := number(t, ctx, w.Doc("c/d")); n != 1 {
		t.Errorf("a plain read sees %d", n)
	}
	var done atomic.Bool
	result := make(chan error, 1)
	go func() {
		_, err := w.Doc("c/d").Set(ctx, map[string]any{"n": 5})
		done.Store(true)
		result <- err
	}()
	if done.Load() {
		t.Error("the write did not wait")
	}
	if err := tx.commit(ctx, update(root+"/c/d", "n", num(2))); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
	if n := number(t, ctx, w.Doc("c/d")); n != 5 {
		t.Errorf("at the end %d", n)
	}
}

func TestAQueryInATransactionKeepsNewDocumentsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	mustSet(t, ctx, w.Doc("c/d"), 1)
	tx := begin(t, ctx, w, nil)
	if n, err := tx.query(ctx, "c"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := w.Doc("c/new").Set(short, map[string]any{"n": 9}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a new document came in: %v", err)
	}
	mustSet(t, ctx, w.Doc("other/new"), 1)
	mustSet(t, ctx, w.Doc("c/d/sub/new"), 1)
	if n, err := tx.query(ctx, "c"); n != 1 || err != nil {
		t.Error(n, err)
	}
	if err := tx.commit(ctx, update(root+"/c/mine", "n", num(1))); err != nil {
		t.Error(err)
	}
	mustSet(t, ctx, w.Doc("c/new"), 1)
}

// Two transactions each count the members and take one away when two are left; one must stay.
func TestTwoCountsCannotBothTakeTheLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	mustSet(t, ctx, w.Doc("m/a"), 1)
	mustSet(t, ctx, w.Doc("m/b"), 1)
	var wg sync.WaitGroup
	for _, id := range []string{"a", "b"} {
		wg.Go(func() {
			err := w.RunTransaction(ctx, func(_ context.Context, tx *gcfs.Transaction) error {
				docs, err := tx.Documents(w.Collection("m")).GetAll()
				if err != nil || len(docs) < 2 {
					return err
				}
				return tx.Delete(w.Doc("m/" + id))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	docs, err := w.Collection("m").Documents(ctx).GetAll()
	if err != nil || len(docs) != 1 {
		t.Errorf("%d are left, %v", len(docs), err)
	}
}

func TestTheYoungerOfTwoInACircleIsAbortedAtOnce(t *testing.T) {
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	for _, id := range []string{"c/a", "c/b"} {
		mustSet(t, ctx, w.Doc(id), 1)
	}
	older, younger := begin(t, ctx, w, nil), begin(t, ctx, w, nil)
	if _, err := older.get(ctx, "c/a"); err != nil {
		t.Fatal(err)
	}
	if _, err := younger.get(ctx, "c/b"); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() {
		_, err := older.get(ctx, "c/b")
		result <- err
	}()
	started := testclock.Start()
	_, err := younger.get(ctx, "c/a")
	if status.Code(err) != codes.Aborted {
		t.Errorf("the younger: %v", err)
	}
	if err := <-result; err != nil {
		t.Errorf("the older: %v", err)
	}
	if started.Elapsed() > time.Second {
		t.Error("it took its time")
	}
	if err := younger.commit(ctx); status.Code(err) != codes.InvalidArgument {
		t.Errorf("commit after abort: %v", err)
	}
	if err := older.commit(ctx, update(root+"/c/b", "n", num(2))); err != nil {
		t.Error(err)
	}
}

func TestReadOnlyTransactionSeesOneMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	mustSet(t, ctx, w.Doc("c/d"), 1)
	tx := begin(t, ctx, w, readOnly())
	mustSet(t, ctx, w.Doc("c/d"), 2)
	mustSet(t, ctx, w.Doc("c/e"), 2)
	if n, err := tx.get(ctx, "c/d"); n != 1 || err != nil {
		t.Error(n, err)
	}
	if n, err := tx.query(ctx, "c"); n != 1 || err != nil {
		t.Error(n, err)
	}
	if err := tx.commit(ctx, update(root+"/c/d", "n", num(3))); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a write in it: %v", err)
	}
	if err := tx.commit(ctx); err != nil {
		t.Error(err)
	}
	if _, err := tx.get(ctx, "c/d"); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a read after its end: %v", err)
	}
	past := &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadOnly_{ReadOnly: &pb.TransactionOptions_ReadOnly{
		ConsistencySelector: &pb.TransactionOptions_ReadOnly_ReadTime{ReadTime: &timestamppb.Timestamp{Seconds: 1}}}}}
	if _, err := tx.BeginTransaction(ctx, &pb.BeginTransactionRequest{Database: database, Options: past}); status.Code(
		err) != codes.FailedPrecondition {
		t.Errorf("the past: %v", err)
	}
}

func TestEndsOfTransactions(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	w := newWorld(t, firestore.Options{Clock: func() time.Time {
		return testclock.Now().Add(time.Duration(ahead.Load()))
	}})
	ctx := testContext(t)
	mustSet(t, ctx, w.Doc("c/d"), 1)

	rolled := begin(t, ctx, w, nil)
	if _, err := rolled.get(ctx, "c/d"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := rolled.Rollback(ctx, &pb.RollbackRequest{Database: database, Transaction: rolled.id}); err != nil {
			t.Error(err)
		}
	}
	mustSet(t, ctx, w.Doc("c/d"), 2)
	if err := rolled.commit(ctx); status.Code(err) != codes.InvalidArgument {
		t.Errorf("commit after rollback: %v", err)
	}
	failed := begin(t, ctx, w, nil)
	if err := failed.commit(ctx, exists(update(root+"/c/none", "n", num(1)), true)); status.Code(
		err) != codes.NotFound {
		t.Error(err)
	}
	if err := failed.commit(ctx); status.Code(err) != codes.InvalidArgument {
		t.Errorf("commit after a failed one: %v", err)
	}
	garbage := rawTx{pb.NewFirestoreClient(w.conn), []byte("garbage")}
	if err := garbage.commit(ctx); status.Code(err) != codes.InvalidArgument {
		t.Errorf("garbage: %v", err)
	}

	idle := begin(t, ctx, w, nil)
	if _, err := idle.get(ctx, "c/d"); err != nil {
		t.Fatal(err)
	}
	ahead.Store(int64(59 * time.Second))
	w.server.ExpireTransactions()
	if _, err := idle.get(ctx, "c/d"); err != nil {
		t.Errorf("idle for 59 seconds: %v", err)
	}
	ahead.Store(int64(120 * time.Second))
	w.server.ExpireTransactions()
	mustSet(t, ctx, w.Doc("c/d"), 3)
	if _, err := idle.get(ctx, "c/d"); status.Code(err) != codes.InvalidArgument {
		t.Errorf("idle for over a minute: %v", err)
	}
	busy := begin(t, ctx, w, nil)
	for i := range 5 {
		ahead.Store(int64(time.Duration(120+50*(i+1)) * time.Second))
		w.server.ExpireTransactions()
		if _, err := busy.get(ctx, "c/d"); err != nil {
			t.Errorf("after %d: %v", i, err)
		}
	}
	ahead.Store(int64(391 * time.Second))
	w.server.ExpireTransactions()
	if _, err := busy.get(ctx, "c/d"); status.Code(err) != codes.InvalidArgument {
		t.Errorf("after 271 seconds: %v", err)
	}
}

// A read while the results of a query are still streaming must not wait for them.
func TestReadsInTheMiddleOfAQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	for i := range 100 {
		mustSet(t, ctx, w.Doc(fmt.Sprint("c/", i)), i)
	}
	err := w.RunTransaction(ctx, func(_ context.Context, tx *gcfs.Transaction) error {
		it := tx.Documents(w.Collection("c"))
		defer it.Stop()
		for range 10 {
			s, err := it.Next()
			if err != nil {
				return err
			}
			if _, err := tx.Get(s.Ref); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
