package firestore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

// report is a document like those of the product: a sealed body of 1 KB and a few fields for lists.
func report(n int) map[string]any {
	body := make([]byte, 1024)
	for i := range body {
		body[i] = byte(rand.IntN(256))
	}
	return map[string]any{"body": body, "state": []string{"draft", "filed", "accepted"}[n%3],
		"created": time.Unix(int64(n), 0), "author": fmt.Sprint("a", n%50), "number": n}
}

// reports declares what the product would: the body is in no index, and lists have their own.
func reports(b testing.TB, w *world) {
	b.Helper()
	err := w.server.DeclareIndexes(database, []firestore.Index{
		{Collection: "reports", Fields: []firestore.IndexField{{Path: "state", Mode: firestore.Ascending},
			{Path: "created", Mode: firestore.Descending}}},
		{Collection: "reports", Fields: []firestore.IndexField{{Path: "author", Mode: firestore.Ascending},
			{Path: "created", Mode: firestore.Descending}}},
	}, firestore.FieldOverride{Collection: "reports", Path: "*"})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkGet(b *testing.B) {
	w := newWorld(b, firestore.Options{})
	reports(b, w)
	ctx := context.Background()
	doc := w.Doc("workspaces/w/reports/r")
	if _, err := doc.Set(ctx, report(1)); err != nil {
		b.Fatal(err)
	}
	for _, c := range []int{1, 16} {
		b.Run(fmt.Sprint("c=", c), func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(c / 2)
			if c == 1 {
				for b.Loop() {
					if _, err := doc.Get(ctx); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if _, err := doc.Get(ctx); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkSet(b *testing.B) {
	w := newWorld(b, firestore.Options{})
	reports(b, w)
	ctx := context.Background()
	for _, c := range []int{1, 16, 64} {
		b.Run(fmt.Sprint("c=", c), func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(max(c/2, 1))
			var n atomic.Int64
			set := func() {
				i := int(n.Add(1))
				if _, err := w.Doc(fmt.Sprint("workspaces/w/reports/r", i%5000)).Set(ctx, report(i)); err != nil {
					b.Error(err)
				}
			}
			if c == 1 {
				for b.Loop() {
					set()
				}
				return
			}
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					set()
				}
			})
		})
	}
}

func BenchmarkTransaction(b *testing.B) {
	w := newWorld(b, firestore.Options{})
	ctx := context.Background()
	for _, docs := range []int{1, 1000} {
		for i := range docs {
			if _, err := w.Doc(fmt.Sprint("c/", i)).Set(ctx, map[string]any{"n": 0}); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(fmt.Sprint("c=16/docs=", docs), func(b *testing.B) {
			b.SetParallelism(8)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					doc := w.Doc(fmt.Sprint("c/", rand.IntN(docs)))
					err := w.RunTransaction(ctx, func(_ context.Context, tx *gcfs.Transaction) error {
						s, err := tx.Get(doc)
						if err != nil {
							return err
						}
						return tx.Update(doc, []gcfs.Update{{Path: "n", Value: s.Data()["n"].(int64) + 1}})
					})
					if err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// fill writes many reports, several in a commit.
func fill(b testing.TB, w *world, n int) {
	b.Helper()
	for i := 0; i < n; i += 500 {
		batch := newBatch(w.Client)
		for j := i; j < min(i+500, n); j++ {
			batch.Set(w.Doc(fmt.Sprintf("workspaces/w/reports/r%06d", j)), report(j))
		}
		if _, err := batch.Commit(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkQuery(b *testing.B) {
	w := newWorld(b, firestore.Options{})
	reports(b, w)
	col := w.Collection("workspaces/w/reports")
	ctx := context.Background()
	filled := 0
	for _, size := range []int{2000, 200_000} {
		if filled < size {
			fill(b, w, size)
			filled = size
		}
		queries := map[string]gcfs.Query{
			"list50": col.Where("state", "==", "filed").OrderBy("created", gcfs.Desc).Limit(50),
			"page50": col.Where("state", "==", "filed").OrderBy("created", gcfs.Desc).
				StartAfter(time.Unix(int64(size/2), 0)).Limit(50),
			"in50": col.Where("state", "in", []string{"draft", "filed", "accepted"}).OrderBy("created", gcfs.Desc).
				Limit(50),
			"merge50": col.Where("state", "==", "filed").Where("author", "==", "a7").OrderBy("created", gcfs.Desc).
				Limit(50),
		}
		for name, q := range queries {
			b.Run(fmt.Sprint(name, "/of=", size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if docs, err := q.Documents(ctx).GetAll(); err != nil || len(docs) > 50 || len(docs) < 10 {
						b.Fatal(len(docs), err)
					}
				}
			})
		}
		b.Run(fmt.Sprint("count/of=", size), func(b *testing.B) {
			q := col.Where("state", "==", "filed")
			q = q.OrderBy("created", gcfs.Desc)
			for b.Loop() {
				if n, err := count(ctx, q); err != nil || n < int64(size/3)-1 {
					b.Fatal(n, err)
				}
			}
		})
	}
}
