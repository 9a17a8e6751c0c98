package checkpoint_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// plot is a world with a trail of three checkpoints of five entries each, beside another scope's trail.
type plot struct {
	*world
	t       *testing.T
	scope   model.Scope
	entries [][]*audit.Entry
	one     *instance
}

func newPlot(t *testing.T) *plot {
	t.Helper()
	p := &plot{world: newWorld(t), t: t}
	p.scope, p.one = p.Workspace(t), p.instance(t)
	other := p.Workspace(t)
	p.write(t, p.one, other, 1)
	p.tick(t, p.one) // checkpoints begin
	for range 3 {
		p.entries = append(p.entries, p.write(t, p.one, p.scope, 5))
		p.write(t, p.one, other, 2)
		p.tick(t, p.one)
		p.write(t, p.one, other, 1) // a round that does not name the scope
		p.tick(t, p.one)
	}
	p.well(t, p.scope)
	return p
}

// change changes an entry past the product.
func (p *plot) change(e *audit.Entry, f func(*store.Doc)) {
	p.t.Helper()
	d := p.get(p.t, entryRef(e))
	f(d)
	p.put(p.t, d)
}

// edit changes the body of a checkpoint.
func (p *plot) edit(n int, f func(*checkpoint.Checkpoint)) {
	p.t.Helper()
	d := p.checkpointsOf(p.t, p.scope)[n]
	var c checkpoint.Checkpoint
	must(p.t, json.Unmarshal(d.Body, &c))
	f(&c)
	body, err := json.Marshal(c)
	must(p.t, err)
	d.Body = body
	p.put(p.t, d)
}

func (p *plot) round(n int) *store.Doc {
	p.t.Helper()
	c, err := checkpoint.Read(p.checkpointsOf(p.t, p.scope)[n])
	must(p.t, err)
	return p.get(p.t, checkpoint.RoundRef(c.Round))
}

// inserted are findings of entries whose checkpoint cannot be trusted.
func inserted(list []*audit.Entry) (texts []string) {
	for _, e := range list {
		texts = append(texts, "entry-inserted "+e.ID)
	}
	return texts
}

func TestTamperingShows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(*plot)
		want func(*plot) []string
	}{
		"the actor": {
			func(p *plot) { p.change(p.entries[1][2], func(d *store.Doc) { d.Fields["actor"] = "bob" }) },
			func(p *plot) []string { return []string{"entry-changed " + p.entries[1][2].ID} },
		},
		"the time": {
			func(p *plot) {
				p.change(p.entries[0][0], func(d *store.Doc) {
					d.Fields["at"] = p.entries[0][0].At.Add(time.Microsecond)
				})
			},
			func(p *plot) []string { return []string{"entry-changed " + p.entries[0][0].ID} },
		},
		"a field more": {
			func(p *plot) { p.change(p.entries[0][0], func(d *store.Doc) { d.Fields["trace"] = "x" }) },
			func(p *plot) []string { return []string{"entry-changed " + p.entries[0][0].ID} },
		},
		"a field less": {
			func(p *plot) { p.change(p.entries[0][0], func(d *store.Doc) { delete(d.Fields, "record") }) },
			func(p *plot) []string { return []string{"entry-changed " + p.entries[0][0].ID} },
		},
		"the version": {
			func(p *plot) { p.change(p.entries[0][0], func(d *store.Doc) { d.Version = 2 }) },
			func(p *plot) []string { return []string{"entry-changed " + p.entries[0][0].ID} },
		},
		"the sealed body": {
			func(p *plot) { p.change(p.entries[0][0], func(d *store.Doc) { d.Body[len(d.Body)-1] ^= 1 }) },
			func(p *plot) []string { return []string{"entry-changed " + p.entries[0][0].ID} },
		},
		"the proof": {
			func(p *plot) { p.change(p.entries[0][0], func(d *store.Doc) { d.Proof[len(d.Proof)-1] ^= 1 }) },
			func(p *plot) []string { return []string{"entry-changed " + p.entries[0][0].ID} },
		},
		"an early end": {
			func(p *plot) { p.change(p.entries[2][0], func(d *store.Doc) { d.Fields["expires"] = p.Clock.Now() }) },
			func(p *plot) []string { return []string{"entry-changed " + p.entries[2][0].ID} },
		},
		"an early end, and gone": {
			func(p *plot) {
				p.change(p.entries[2][0], func(d *store.Doc) { d.Fields["expires"] = p.Clock.Now() })
				p.remove(p.t, entryRef(p.entries[2][0]))
			},
			func(p *plot) []string { return []string{"entry-removed " + p.entries[2][0].ID} },
		},
		"an entry removed": {
			func(p *plot) { p.remove(p.t, entryRef(p.entries[1][4])) },
			func(p *plot) []string { return []string{"entry-removed " + p.entries[1][4].ID} },
		},
		"an entry put back as it was": {
			func(p *plot) {
				d := p.get(p.t, entryRef(p.entries[0][1]))
				p.remove(p.t, d.Ref)
				p.put(p.t, d)
			},
			func(*plot) []string { return nil },
		},
		"an entry copied": {
			func(p *plot) {
				d := p.get(p.t, entryRef(p.entries[0][1]))
				d.Ref.ID = "copied"
				p.put(p.t, d)
			},
			func(*plot) []string { return []string{"entry-changed copied", "entry-inserted copied"} },
		},
		"an entry copied into the next checkpoint": {
			func(p *plot) {
				fresh := p.write(p.t, p.one, p.scope, 1)[0]
				d := p.get(p.t, entryRef(fresh))
				d.Ref.ID = "copied"
				p.put(p.t, d)
				p.tick(p.t, p.one)
			},
			func(*plot) []string { return []string{"entry-changed copied"} },
		},
		"an older entry in the place of another": {
			func(p *plot) {
				old := p.get(p.t, entryRef(p.entries[0][3]))
				old.Ref.ID = p.entries[2][3].ID
				p.put(p.t, old)
			},
			func(p *plot) []string { return []string{"entry-changed " + p.entries[2][3].ID} },
		},
		"two swapped": {
			func(p *plot) {
				a, b := p.get(p.t, entryRef(p.entries[1][0])), p.get(p.t, entryRef(p.entries[1][1]))
				a.Ref, b.Ref = b.Ref, a.Ref
				p.put(p.t, a)
				p.put(p.t, b)
			},
			func(p *plot) []string {
				return []string{"entry-changed " + p.entries[1][0].ID, "entry-changed " + p.entries[1][1].ID}
			},
		},
		"the first checkpoint removed": {
			func(p *plot) { p.remove(p.t, p.checkpointsOf(p.t, p.scope)[0].Ref) },
			func(p *plot) []string { return append(inserted(p.entries[0]), "checkpoint-removed #1") },
		},
		"a checkpoint removed": {
			func(p *plot) { p.remove(p.t, p.checkpointsOf(p.t, p.scope)[1].Ref) },
			func(p *plot) []string { return append(inserted(p.entries[1]), "checkpoint-removed #2") },
		},
		"the last checkpoint removed": {
			func(p *plot) { p.remove(p.t, p.checkpointsOf(p.t, p.scope)[2].Ref) },
			func(p *plot) []string { return append(inserted(p.entries[2]), "checkpoint-removed") },
		},
		"the last two removed, with their entries": {
			func(p *plot) {
				list := p.checkpointsOf(p.t, p.scope)
				p.remove(p.t, append(entryRefs(p.entries[1]), list[1].Ref)...)
				p.remove(p.t, append(entryRefs(p.entries[2]), list[2].Ref)...)
			},
			func(*plot) []string { return []string{"checkpoint-removed"} },
		},
		"the counts": {
			func(p *plot) {
				p.edit(1, func(c *checkpoint.Checkpoint) { c.Tallies[0].Count++; c.Tallies[1].Count-- })
			},
			func(*plot) []string { return []string{"chain-broken #3", "checkpoint-changed #2"} },
		},
		"the root": {
			func(p *plot) { p.edit(2, func(c *checkpoint.Checkpoint) { c.Root[0] ^= 1 }) },
			func(*plot) []string { return []string{"checkpoint-changed #3"} },
		},
		"an entry taken out of its checkpoint, too": {
			func(p *plot) {
				p.remove(p.t, entryRef(p.entries[2][1]))
				p.edit(2, func(c *checkpoint.Checkpoint) {
					c.Leaves = slices.Delete(c.Leaves, 1, 2)
					c.Count, c.Root = int64(len(c.Leaves)), root(c.Leaves)
					c.Tallies[0].Count--
				})
			},
			func(*plot) []string { return []string{"checkpoint-changed #3"} },
		},
		"an entry made old in its checkpoint": {
			func(p *plot) {
				p.remove(p.t, entryRef(p.entries[2][0]))
				p.edit(2, func(c *checkpoint.Checkpoint) {
					c.Leaves[0].At -= (15 * 24 * time.Hour).Microseconds()
					c.Root, c.From = root(c.Leaves), time.UnixMicro(c.Leaves[0].At).UTC()
				})
			},
			func(*plot) []string { return []string{"checkpoint-changed #3"} },
		},
		"what stands beside a checkpoint": {
			func(p *plot) {
				d := p.checkpointsOf(p.t, p.scope)[1]
				d.Fields["place"] = int64(1) - d.Fields["place"].(int64)
				p.put(p.t, d)
			},
			func(*plot) []string { return []string{"checkpoint-changed #2"} },
		},
		"a round removed": {
			func(p *plot) { p.remove(p.t, p.round(1).Ref) },
			func(*plot) []string { return []string{"round-removed #2"} },
		},
		"a round changed": {
			func(p *plot) {
				d := p.round(1)
				r, err := checkpoint.ReadRound(d)
				must(p.t, err)
				r.Horizon = r.Horizon.Add(-time.Hour)
				d.Body, err = json.Marshal(r)
				must(p.t, err)
				p.put(p.t, d)
			},
			func(*plot) []string { return []string{"bad-signature"} },
		},
		"a round and its checkpoint, signed with another key": {
			func(p *plot) { p.resign(otherKey(p.t, p.world), "") },
			func(*plot) []string { return []string{"foreign-key"} },
		},
		"a round signed with another key in the name of ours": {
			func(p *plot) { p.resign(otherKey(p.t, p.world), p.Config.SigningKey()+"/cryptoKeyVersions/1") },
			func(*plot) []string { return []string{"bad-signature"} },
		},
		"a round signed with a version that is not there": {
			func(p *plot) { p.resign(otherKey(p.t, p.world), p.Config.SigningKey()+"/cryptoKeyVersions/99") },
			func(*plot) []string { return []string{"foreign-key"} },
		},
		"a field of another type": {
			func(p *plot) {
				d := p.round(2)
				d.Fields["scopes"] = []string{p.scope.String()}
				p.put(p.t, d)
			},
			func(*plot) []string { return []string{"round-changed", "round-removed #3"} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlot(t)
			c.do(p)
			got, want := kinds(p.verify(t, p.scope)), c.want(p)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("found\n%q, want\n%q", got, want)
			}
		})
	}
}

func root(leaves []checkpoint.Leaf) [32]byte {
	r, err := checkpoint.Root(leaves)
	if err != nil {
		panic(err)
	}
	return r
}

// resign changes an entry and everything that refers to it, as somebody could who can write everything and has a key of
// their own.
func (p *plot) resign(keys *signing.Keys, says string) {
	p.t.Helper()
	p.change(p.entries[2][0], func(d *store.Doc) {})
	d := p.round(2)
	r, err := checkpoint.ReadRound(d)
	must(p.t, err)
	d.Body, d.Proof, err = checkpoint.SignRound(p.t.Context(), keys, r, says)
	must(p.t, err)
	p.put(p.t, d)
}

// otherKey is somebody else's key in the same project.
func otherKey(t *testing.T, w *world) *signing.Keys {
	t.Helper()
	ring := fmt.Sprintf("projects/%s/locations/%s/keyRings/toh", w.Config.Project, w.Config.Region)
	_, err := w.Clients.KMS.CreateCryptoKey(t.Context(), &kmspb.CreateCryptoKeyRequest{
		Parent: ring, CryptoKeyId: "mine", CryptoKey: &kmspb.CryptoKey{
			Purpose:         kmspb.CryptoKey_ASYMMETRIC_SIGN,
			VersionTemplate: &kmspb.CryptoKeyVersionTemplate{Algorithm: kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256},
		},
	})
	must(t, err)
	return &signing.Keys{Client: w.Clients.KMS, Name: ring + "/cryptoKeys/mine", Clock: w.Clock}
}

// TestForkShows: somebody who may use our key replaces a round by another one.
func TestForkShows(t *testing.T) {
	t.Parallel()
	p := newPlot(t)
	p.change(p.entries[1][0], func(d *store.Doc) {})
	d := p.round(1)
	r, err := checkpoint.ReadRound(d)
	must(t, err)
	r.Made = r.Made.Add(time.Second)
	d.Body, d.Proof, err = checkpoint.SignRound(t.Context(), p.keys, r, "")
	must(t, err)
	p.put(t, d)
	rounds, _, err := p.verifier.Rounds(t.Context())
	if must(t, err); !slices.Equal(kinds(rounds), []string{"chain-broken"}) {
		t.Errorf("%q", kinds(rounds))
	}
}

func TestRoundsThatAreGoneShow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		remove []int64
		want   []string
	}{
		"one in between": {[]int64{4}, []string{"round-removed"}},
		"the first":      {[]int64{1}, []string{"round-removed"}},
		"two":            {[]int64{2, 3}, []string{"round-removed"}},
	} {
		p := newPlot(t)
		for _, n := range c.remove {
			p.remove(t, checkpoint.RoundRef(n))
		}
		rounds, _, err := p.verifier.Rounds(t.Context())
		if must(t, err); !slices.Equal(kinds(rounds), c.want) {
			t.Errorf("%s: %q", name, kinds(rounds))
		}
	}
}

// TestTheEndCutOff: if somebody removes the last checkpoint of a trail with its entries, and its name from the round,
// the check of all rounds finds it.
func TestTheEndCutOff(t *testing.T) {
	t.Parallel()
	p := newPlot(t)
	last := p.round(2)
	names := last.Fields["scopes"].([]string)
	last.Fields["scopes"] = slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == p.scope.String() })
	p.remove(t, append(entryRefs(p.entries[2]), p.checkpointsOf(t, p.scope)[2].Ref)...)
	p.put(t, last)
	if rounds, _, err := p.verifier.Rounds(t.Context()); err != nil || !slices.Contains(kinds(rounds),
		"round-changed") {
		t.Errorf("%q, %v", kinds(rounds), err)
	}
}

func TestWhatExpiredMayBeGone(t *testing.T) {
	t.Parallel()
	p := newPlot(t)
	p.pass(t, audit.Lifetime-3*time.Minute-30*time.Second, p.one) // the first two checkpoints' entries are old enough
	later := p.write(t, p.one, p.scope, 2)
	p.tick(t, p.one)
	gone := 0
	for _, list := range p.entries {
		for _, e := range list {
			if !e.At.Add(audit.Lifetime).After(p.Clock.Now()) {
				p.remove(t, entryRef(e))
				gone++
			}
		}
	}
	if gone == 0 || gone == 15 {
		t.Fatalf("%d are gone, which tells nothing", gone)
	}
	if r := p.well(t, p.scope); r.Expired != int64(gone) || r.Covered != int64(15-gone+2) {
		t.Errorf("%+v", r)
	}
	p.remove(t, entryRef(later[0]))
	if got := kinds(p.verify(t, p.scope)); !slices.Equal(got, []string{"entry-removed " + later[0].ID}) {
		t.Errorf("%q", got)
	}
	p.put(t, &store.Doc{Ref: store.Ref{Scope: p.scope, Collection: audit.EntriesName, ID: "again"}, Version: 1,
		Fields: store.Fields{"at": p.entries[0][0].At}})
	if got := kinds(p.verify(t, p.scope)); !slices.Contains(got, "entry-inserted again") {
		t.Errorf("an entry of before that was put there: %q", got)
	}
}

// TestCheckpointsThatExpiredMayBeGone: after they have expired, what is left can still be checked.
func TestCheckpointsThatExpiredMayBeGone(t *testing.T) {
	t.Parallel()
	p := newPlot(t)
	p.pass(t, audit.Lifetime+20*time.Hour, p.one)
	p.write(t, p.one, p.scope, 1)
	p.tick(t, p.one)
	first := p.checkpointsOf(t, p.scope)[0]
	for _, list := range p.entries {
		p.remove(t, entryRefs(list)...)
	}
	p.well(t, p.scope)
	p.remove(t, first.Ref)
	if got := kinds(p.verify(t, p.scope)); !slices.Equal(got, []string{"checkpoint-removed #1"}) {
		t.Errorf("before its time: %q", got)
	}
	p.pass(t, 4*time.Hour, p.one)
	p.well(t, p.scope)
	p.remove(t, checkpoint.RoundRef(1))
	rounds, _, err := p.verifier.Rounds(t.Context())
	if must(t, err); !slices.Equal(kinds(rounds), []string{"round-removed"}) {
		t.Errorf("before its time: %q", kinds(rounds))
	}
	p.pass(t, 24*time.Hour, p.one)
	if rounds, _, err = p.verifier.Rounds(t.Context()); err != nil || len(rounds.Findings) > 0 {
		t.Errorf("%q, %v", kinds(rounds), err)
	}
}
