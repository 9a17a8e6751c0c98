package store_test

import (
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"
	gtransport "google.golang.org/api/transport/grpc"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/store/storetest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// page fills a workspace with documents of one kilobyte.
func page(b *testing.B, s *store.Store, scope model.Scope) []store.Ref {
	var writes []store.Write
	var refs []store.Ref
	for range 50 {
		d := kilobyte(scope, model.NewID())
		refs = append(refs, d.Ref)
		writes = append(writes, store.Create(d))
	}
	if _, err := s.Commit(b.Context(), writes...); err != nil {
		b.Fatal(err)
	}
	return refs
}

func kilobyte(scope model.Scope, id string) store.Doc {
	return store.Doc{
		Ref: store.Ref{Scope: scope, Collection: storetest.Kind, ID: id},
		Fields: store.Fields{
			"state": "filed", "production": "tosca", "number": int64(4), "sealed": true,
			"filed": time.Unix(1_700_000_000, 0), "tokens": []int64{1, 2, 3, 4, 5, 6, 7, 8},
		},
		Body: make([]byte, 1000), Version: 1,
	}
}

// official is the other client of cloud.google.com/go/firestore, for comparison.
func official(b *testing.B, c *storetest.Cloud) *gcfs.Client {
	client, err := gcfs.NewClientWithDatabase(b.Context(), storetest.Project, "content",
		gtransport.WithConnPool(c.Faults))
	if err != nil {
		b.Fatal(err)
	}
	return client
}

func BenchmarkGet(b *testing.B) {
	s, c := local(b, 0)
	ref := page(b, s, room)[0]
	b.Run("store", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Get(b.Context(), ref); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("official", func(b *testing.B) {
		client := official(b, c)
		b.ReportAllocs()
		for b.Loop() {
			d, err := client.Doc(ref.String()).Get(b.Context())
			if err != nil || d.Data() == nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkGetFour(b *testing.B) {
	s, c := local(b, 0)
	refs := page(b, s, room)[:4]
	b.Run("store", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.GetAll(b.Context(), refs...); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("official", func(b *testing.B) {
		client := official(b, c)
		var docs []*gcfs.DocumentRef
		for _, r := range refs {
			docs = append(docs, client.Doc(r.String()))
		}
		b.ReportAllocs()
		for b.Loop() {
			all, err := client.GetAll(b.Context(), docs)
			if err != nil {
				b.Fatal(err)
			}
			for _, d := range all {
				_ = d.Data()
			}
		}
	})
}

func BenchmarkCommitTwo(b *testing.B) {
	s, c := local(b, 0)
	b.Run("store", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := s.Commit(b.Context(), store.Create(kilobyte(room, model.NewID())),
				store.Create(kilobyte(room, model.NewID())))
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("official", func(b *testing.B) {
		client := official(b, c)
		b.ReportAllocs()
		for b.Loop() {
			batch := client.Batch() //lint:ignore SA1019 the only atomic commit without a transaction
			for range 2 {
				d := kilobyte(room, model.NewID())
				data := map[string]any{"body": d.Body, "version": d.Version, "created": testclock.Now(),
					"updated": testclock.Now(), "commit": make([]byte, 16)}
				for name, v := range d.Fields {
					data[name] = v
				}
				batch.Create(client.Doc(d.Ref.String()), data)
			}
			if _, err := batch.Commit(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkFindFifty(b *testing.B) {
	s, c := local(b, 0)
	page(b, s, room)
	b.Run("store", func(b *testing.B) {
		b.ReportAllocs()
		f := store.Find{Scope: room, Collection: storetest.Kind, Query: "recent", Limit: 50}
		for b.Loop() {
			if p, err := s.Find(b.Context(), f); err != nil || len(p.Docs) != 50 {
				b.Fatal(err)
			}
		}
	})
	b.Run("official", func(b *testing.B) {
		client := official(b, c)
		q := client.Collection(room.String()+"/"+storetest.Kind).OrderBy("filed", gcfs.Desc).Limit(50)
		b.ReportAllocs()
		for b.Loop() {
			docs, err := q.Documents(b.Context()).GetAll()
			if err != nil || len(docs) != 50 {
				b.Fatal(err)
			}
			for _, d := range docs {
				_ = d.Data()
			}
		}
	})
}
