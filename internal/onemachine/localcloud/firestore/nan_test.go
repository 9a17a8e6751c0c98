package firestore_test

import (
	"math"
	"testing"

	gcfs "cloud.google.com/go/firestore"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

// The maximum and the minimum of a number and NaN are NaN.
func TestExtremesWithNaN(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	nan := math.NaN()
	for name, c := range map[string]struct{ old, transform any }{
		"max of a number and NaN": {int64(1 << 62), gcfs.FieldTransformMaximum(nan)},
		"max of NaN and a number": {nan, gcfs.FieldTransformMaximum(3)},
		"min of a number and NaN": {-1.5, gcfs.FieldTransformMinimum(nan)},
		"min of NaN and a number": {nan, gcfs.FieldTransformMinimum(math.Inf(-1))},
	} {
		doc := w.Doc("c/" + name)
		if _, err := doc.Set(ctx, map[string]any{"v": c.old}); err != nil {
			t.Fatal(err)
		}
		if _, err := doc.Update(ctx, []gcfs.Update{{Path: "v", Value: c.transform}}); err != nil {
			t.Fatal(err)
		}
		got, err := doc.Get(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := got.Data()["v"].(float64); !ok || !math.IsNaN(v) {
			t.Errorf("%s: %v", name, got.Data()["v"])
		}
	}
}
