package cost_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/cost"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

var scales = []float64{100, 10_000, 1_000_000}

// TestNoIndexIsHot fails when somebody declares a query whose index grows at one end over all workspaces.
func TestNoIndexIsHot(t *testing.T) {
	t.Parallel()
	spots := cost.Hotspots(cost.DefaultProfile(), scales, cost.Place(app.ContentCollections(), app.ContentPlaces()))
	spots = append(spots, cost.Hotspots(cost.DefaultProfile(), scales, cost.Place(app.KeysCollections(), nil))...)
	for _, bad := range cost.Unsharded(spots) {
		t.Error(bad)
	}
	count := map[cost.Verdict]int{}
	for _, s := range spots {
		count[s.Verdict]++
		if s.Reason == "" || len(s.Writes) != len(scales) {
			t.Errorf("%+v", s)
		}
	}
	t.Logf("%d indexes: %v", len(spots), count)
	i := slices.IndexFunc(spots, func(s cost.Spot) bool { return s.Index == "**/audit(by ASCENDING, at ASCENDING)" })
	if i < 0 || spots[i].Verdict != cost.Sharded || spots[i].Over != "all" {
		t.Error("the index by which the trail is swept is not seen as sharded")
	}
}

func TestHotIndexesAreFound(t *testing.T) {
	t.Parallel()
	at := []store.Field{{Name: "at", Type: store.Time}, {Name: "state", Type: store.String}}
	newest := []store.Order{{Field: "at", Desc: true}}
	for name, c := range map[string]cost.Placed{
		"over all": {store.Collection{Name: "things", Fields: at,
			Queries: []store.Query{{Name: "q", Order: newest, Group: true}}}, model.WorkspaceScope},
		"of the platform": {store.Collection{Name: "things", Fields: at,
			Queries: []store.Query{{Name: "q", Order: newest}}}, model.PlatformScope},
		"behind few": {store.Collection{Name: "things", Fields: at,
			Queries: []store.Query{{Name: "q", Equal: []string{"state"}, All: true, Order: newest}}},
			model.PlatformScope},
		"the trail's time": {store.Collection{Name: "things", Fields: []store.Field{{Name: "at", Type: store.Time,
			Indexed: true}}}, model.PlatformScope},
	} {
		bad := cost.Unsharded(cost.Hotspots(cost.DefaultProfile(), scales, []cost.Placed{c}))
		if len(bad) != 1 || !strings.Contains(bad[0], "at ") {
			t.Errorf("%s: %q", name, bad)
		}
	}
	fine := cost.Placed{Collection: store.Collection{Name: "things", Fields: at,
		Queries: []store.Query{{Name: "q", Order: newest}}}, In: model.WorkspaceScope}
	if bad := cost.Unsharded(cost.Hotspots(cost.DefaultProfile(), scales, []cost.Placed{fine})); len(bad) > 0 {
		t.Errorf("within a workspace: %q", bad)
	}
}

// TestTooManyIsHotEvenWhenSharded: shards help only so far.
func TestTooManyIsHotEvenWhenSharded(t *testing.T) {
	t.Parallel()
	p := cost.DefaultProfile()
	p.Mails = 1e6
	spots := cost.Hotspots(p, scales, cost.Place(app.ContentCollections(), app.ContentPlaces()))
	if bad := strings.Join(cost.Unsharded(spots), "\n"); !strings.Contains(bad, "jobs(due") ||
		!strings.Contains(bad, "tickets(") {
		t.Errorf("a million mails of each workspace are not too many: %s", bad)
	}
}
