package cost

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// SequentialWrites is the most writes per second that Firestore recommends where an index receives values in their
// order.
const SequentialWrites = 500

// Placed is a collection with the kind of scope that holds it.
type Placed struct {
	store.Collection
	In model.ScopeKind
}

// Verdict is what happens to an index under load.
type Verdict string

// The verdicts, from good to bad.
const (
	Spread  Verdict = "spread"  // neighbouring writes go to different places
	Scoped  Verdict = "scoped"  // in order, but within one workspace or account, which cannot write that fast
	Sharded Verdict = "sharded" // in order, over all scopes, after a leading value with several shards
	Rare    Verdict = "rare"    // in order, over all scopes, and so rarely that it does not matter; the reason says why
	Hot     Verdict = "hot"     // in order, over all scopes, without shards: it ends at 500 writes a second
)

// Spot is one index and what it does to neighbouring writes.
type Spot struct {
	Index     string `json:"index"`
	Leading   string `json:"leading"`   // the first field whose values decide where an entry goes
	Monotonic bool   `json:"monotonic"` // that field grows with time
	Over      string `json:"over"`      // workspace, account, all
	// a second in the busiest minute, at each scale, to the same end of the index
	Writes     []float64 `json:"writes"`
	Verdict    Verdict   `json:"verdict"`    //
	Reason     string    `json:"reason"`     //
	Exceeds500 bool      `json:"exceeds500"` // at the largest scale
}

// Hotspots looks at every index of the collections, at each number of workspaces.
func Hotspots(p Profile, scales []float64, all []Placed) []Spot {
	var spots []Spot
	for _, c := range all {
		spec := store.Indexes([]store.Collection{c.Collection})
		for _, x := range spec.Composites {
			spots = append(spots, spot(p, scales, c, x))
		}
		for _, f := range spec.Fields {
			for _, s := range f.Single {
				x := store.Index{Collection: c.Name, Group: s.Group,
					Fields: []store.IndexField{{Name: f.Field, Mode: s.Mode}}}
				spots = append(spots, spot(p, scales, c, x))
			}
		}
	}
	return spots
}

func spot(p Profile, scales []float64, c Placed, x store.Index) Spot {
	field, monotonic := leading(c, x)
	s := Spot{Index: x.String(), Leading: field, Monotonic: monotonic, Over: over(c.In, x.Group)}
	known := facts[c.Name]
	for _, n := range scales {
		s.Writes = append(s.Writes, known.rate(p, n, s.Over, x.Group, known.shards(field, p, n)))
	}
	s.Verdict, s.Reason = judge(s, known, field)
	s.Exceeds500 = monotonic && s.Writes[len(s.Writes)-1] > SequentialWrites
	return s
}

// leading is the field that decides whether neighbouring writes are spread: the first one whose values differ between
// documents of the same moment. Fields with few values (states, types) do not spread anything: after them the order of
// time continues.
func leading(c Placed, x store.Index) (field string, monotonic bool) {
	for _, f := range x.Fields {
		switch {
		case facts[c.Name].spreads[f.Name]:
			return f.Name, false
		case facts[c.Name].sharding[f.Name] != nil:
			return f.Name, true
		case isTime(c.Collection, f.Name):
			return f.Name, true
		}
	}
	return x.Fields[0].Name, false
}

func isTime(c store.Collection, name string) bool {
	return slices.ContainsFunc(c.Fields, func(f store.Field) bool { return f.Name == name && f.Type == store.Time }) ||
		name == "created" || name == "updated"
}

func over(in model.ScopeKind, group bool) string {
	switch {
	case group || in == model.PlatformScope:
		return "all"
	case in == model.AccountScope:
		return "account"
	}
	return "workspace"
}

func judge(s Spot, f fact, field string) (Verdict, string) {
	switch {
	case !s.Monotonic:
		return Spread, "values do not grow with time"
	case s.Over != "all":
		return Scoped, "one " + s.Over + " writes at most a few times a second"
	case f.sharding[field] != nil:
		return Sharded, f.sharding[field].says
	case f.rare != "":
		return Rare, f.rare
	}
	return Hot, fmt.Sprintf("grows with time over all workspaces: put a shard before %s, or say in "+
		"internal/operate/cost/facts.go why it is rare", field)
}

// Unsharded are the indexes that must not exist: monotonic, over all scopes, neither sharded nor known to be rare.
func Unsharded(spots []Spot) []string {
	var bad []string
	for _, s := range spots {
		if s.Verdict == Hot || s.Exceeds500 {
			bad = append(bad, strings.Join([]string{s.Index, string(s.Verdict), s.Reason}, ": "))
		}
	}
	return bad
}

// Place says for collections which scopes hold them. What every kind of scope holds ("" or not named) is examined
// twice: in a workspace, and in the platform.
func Place(all []store.Collection, in map[string]model.ScopeKind) []Placed {
	var placed []Placed
	for _, c := range all {
		if kind := in[c.Name]; kind != "" {
			placed = append(placed, Placed{c, kind})
			continue
		}
		placed = append(placed, Placed{c, model.WorkspaceScope}, Placed{c, model.PlatformScope})
	}
	return placed
}
