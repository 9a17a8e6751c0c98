package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Property sends the same random operations to every store and to a model in memory, and compares all results. With one
// store it is a property test of that store; with several it also compares them with each other.
func Property(t *testing.T, stores ...*store.Store) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{scopes: []model.Scope{newWorkspace(), newWorkspace()}}
		for _, s := range stores {
			m.sides = append(m.sides, &side{store: s, stamps: map[store.Ref]time.Time{}})
		}
		m.docs = map[store.Ref]store.Doc{}
		rt.Repeat(map[string]func(*rapid.T){
			"commit": m.commit, "get": m.get, "find": m.find, "count": m.count, "transact": m.transact,
		})
	})
}

// machine is the model and the stores that it is compared with.
type machine struct {
	scopes []model.Scope
	docs   map[store.Ref]store.Doc
	sides  []*side
	serial int64
}

// side is one store under test. The stamps are its own.
type side struct {
	store  *store.Store
	stamps map[store.Ref]time.Time
}

// step is a write before it has a stamp of one side.
type step struct {
	verb    string
	doc     store.Doc
	stamped bool
	stale   bool
}

// longAgo is a stamp that no document has.
var longAgo = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func (st step) write(s *side) store.Write {
	var stamp time.Time
	if st.stamped {
		stamp = s.stamps[st.doc.Ref]
		if st.stale || stamp.IsZero() {
			stamp = longAgo
		}
	}
	switch st.verb {
	case "create":
		return store.Create(st.doc)
	case "replace":
		return store.Replace(st.doc, stamp)
	case "delete":
		return store.Delete(st.doc.Ref, stamp)
	}
	return store.Put(st.doc)
}

// holds says whether the step's conditions hold in the model.
func (m *machine) holds(st step) bool {
	_, there := m.docs[st.doc.Ref]
	switch {
	case st.verb == "create":
		return !there
	case st.stamped && (st.verb == "replace" || st.verb == "delete"):
		return there && !st.stale
	case st.verb == "replace":
		return there
	}
	return true
}

func (m *machine) ref(t *rapid.T) store.Ref {
	scope := rapid.SampledFrom(m.scopes).Draw(t, "scope")
	return report(scope, fmt.Sprintf("r%d", rapid.IntRange(0, 9).Draw(t, "id")))
}

func (m *machine) doc(t *rapid.T) store.Doc {
	m.serial++
	d := store.Doc{Ref: m.ref(t), Fields: store.Fields{}, Version: m.serial, Created: day(0), Updated: day(1)}
	maybe := func(name string, v any) {
		if rapid.IntRange(0, 9).Draw(t, "has "+name) > 0 {
			d.Fields[name] = v
		}
	}
	maybe("state", rapid.SampledFrom([]string{"draft", "filed"}).Draw(t, "state"))
	maybe("production", rapid.SampledFrom([]string{"", "a", "ab", "b", "ä", "\U0001F600"}).Draw(t, "production"))
	maybe("number", rapid.Int64Range(-2, 2).Draw(t, "number"))
	maybe("sealed", rapid.Bool().Draw(t, "sealed"))
	maybe("filed", day(rapid.IntRange(0, 4).Draw(t, "filed")))
	maybe("tokens", rapid.SliceOfN(rapid.Int64Range(0, 4), 0, 3).Draw(t, "tokens"))
	maybe("people", rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "z"}), 0, 3).Draw(t, "people"))
	if body := rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "body"); len(body) > 0 {
		d.Body = body
	}
	return d
}

// steps draws writes of different documents.
func (m *machine) steps(t *rapid.T) []step {
	var list []step
	seen := map[store.Ref]bool{}
	for range rapid.IntRange(1, 4).Draw(t, "writes") {
		st := step{
			verb:    rapid.SampledFrom([]string{"create", "create", "replace", "put", "delete"}).Draw(t, "verb"),
			doc:     m.doc(t),
			stamped: rapid.Bool().Draw(t, "stamped"),
			stale:   rapid.IntRange(0, 4).Draw(t, "stale") == 0,
		}
		if !seen[st.doc.Ref] {
			seen[st.doc.Ref] = true
			list = append(list, st)
		}
	}
	return list
}

// culprit is the first step whose condition does not hold.
func (m *machine) culprit(steps []step) *store.Ref {
	for _, st := range steps {
		if !m.holds(st) {
			return &st.doc.Ref
		}
	}
	return nil
}

func (m *machine) commit(t *rapid.T) {
	steps := m.steps(t)
	m.outcome(t, steps, func(s *side) (time.Time, error) {
		var writes []store.Write
		for _, st := range steps {
			writes = append(writes, st.write(s))
		}
		return s.store.Commit(t.Context(), writes...)
	})
}

func (m *machine) transact(t *rapid.T) {
	steps, read := m.steps(t), m.ref(t)
	undo := rapid.Bool().Draw(t, "undo")
	if undo {
		for _, s := range m.sides {
			if err := s.run(t, steps, read, errUndo); !errors.Is(err, errUndo) {
				t.Fatalf("an undone transaction: %v", err)
			}
		}
		return
	}
	m.outcome(t, steps, func(s *side) (time.Time, error) {
		err := s.run(t, steps, read, nil)
		if err != nil {
			return time.Time{}, err
		}
		docs, err := s.store.GetAll(t.Context(), steps[0].doc.Ref)
		if err != nil || docs[0] == nil {
			return time.Time{}, err
		}
		return docs[0].Stamp, nil
	})
}

var errUndo = errors.New("undone")

// outcome compares the result of a commit with the model's, then changes the model.
func (m *machine) outcome(t *rapid.T, steps []step, commit func(*side) (time.Time, error)) {
	culprit := m.culprit(steps)
	for _, s := range m.sides {
		at, err := commit(s)
		var clash *store.Clash
		switch {
		case culprit == nil && err != nil:
			t.Fatalf("refused: %v", err)
		case culprit != nil && (!errors.As(err, &clash) || clash.Ref != *culprit):
			t.Fatalf("got %v, want a clash at %s", err, culprit)
		case culprit == nil:
			s.note(t, steps, at)
		}
	}
	if culprit != nil {
		return
	}
	for _, st := range steps {
		if st.verb == "delete" {
			delete(m.docs, st.doc.Ref)
		} else {
			m.docs[st.doc.Ref] = st.doc
		}
	}
}

// note records the stamps of what was written. A zero time means that they have to be read.
func (s *side) note(t *rapid.T, steps []step, at time.Time) {
	for _, st := range steps {
		if st.verb == "delete" {
			delete(s.stamps, st.doc.Ref)
			continue
		}
		s.stamps[st.doc.Ref] = at
		if at.IsZero() {
			d, err := s.store.Get(t.Context(), st.doc.Ref)
			if err != nil {
				t.Fatal(err)
			}
			s.stamps[st.doc.Ref] = d.Stamp
		}
	}
}
