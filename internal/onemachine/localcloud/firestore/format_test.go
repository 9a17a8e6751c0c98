package firestore_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

func TestAnotherFormatIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ key, value, words string }{
		"without a mark": {"fmprojects/p/databases/d", `{"id":1}`, "has format 1, and this version reads format"},
		"from later":     {"fv", "99", "has format 99, and this version reads format"},
		"of others":      {"pubsub", "x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := kv.Open(t.TempDir(), kv.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = store.Close() }()
			b := store.Batch()
			b.Set([]byte(c.key), []byte(c.value))
			if err := b.Commit(); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				s, err := firestore.New(store, firestore.Options{})
				if (err == nil) != (c.words == "") || err != nil && !strings.Contains(err.Error(), c.words) {
					t.Error(err)
				}
				if err == nil {
					_ = s.Close()
				}
			}
		})
	}
}
