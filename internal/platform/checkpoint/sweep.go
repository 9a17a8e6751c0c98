package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

const (
	// after which a round reads no further; it can have up to 3,600, and so can a checkpoint
	mostEntries = 2000
	mostRounds  = 10               // of one sweep, when there are more entries than fit into one
	sweepTime   = 10 * time.Second // after which a sweep begins no further round
	abreast     = 16               // concurrent queries to the database
)

// Options are what a Sweeper needs.
type Options struct {
	// Store is the content database, with patience: a round is one commit of up to 7,200 documents.
	Store   *store.Store
	Shipper *audit.Shipper // knows which instances exist
	Keys    *signing.Keys
	Log     Log
	Clock   model.Clock
	Most    int // entries after which a round reads no further; 0 is 2,000
}

// Sweeper makes checkpoints and rounds. Several may work at once, in this process or elsewhere: a round is made
// completely, once, or not at all.
type Sweeper struct {
	o      Options
	behind atomic.Pointer[measure]
}

type measure struct {
	age time.Duration
	at  time.Time
}

// New makes a Sweeper.
func New(o Options) *Sweeper {
	if o.Most == 0 {
		o.Most = mostEntries
	}
	return &Sweeper{o: o}
}

// Behind is the age of the oldest entry that a sweep of this process could not bring into a checkpoint, and when that
// was found. It makes no call.
func (s *Sweeper) Behind() (time.Duration, time.Time) {
	if m := s.behind.Load(); m != nil {
		return m.age, m.at
	}
	return 0, time.Time{}
}

// Sweep brings what is new into checkpoints: in one round normally, in several if there is more than fits into one.
// Whatever a failed sweep leaves is in the next one.
func (s *Sweeper) Sweep(ctx context.Context) error {
	began := time.Now()
	if err := s.o.Shipper.KeepMark(ctx); err != nil { // so that what this instance wrote is included
		return err
	}
	err := s.ship(ctx)
	for range mostRounds {
		more, failed := s.round(ctx)
		if failed != nil {
			return errors.Join(failed, err)
		}
		if !more || time.Since(began) > sweepTime {
			break
		}
	}
	return errors.Join(err, s.ship(ctx))
}

// round makes one round of what is new. It reports whether something was left that did not fit.
func (s *Sweeper) round(ctx context.Context) (more bool, err error) {
	head, err := newestRound(ctx, s.o.Store)
	if err != nil {
		return false, err
	}
	now := s.o.Clock.Now()
	since := now
	if head != nil {
		since = head.Since
	}
	g := &gathering{store: s.o.Store, since: since, now: now, most: s.o.Most}
	if g.instances, err = s.o.Shipper.Instances(ctx, since); err != nil {
		return false, err
	}
	for _, i := range g.instances {
		for shard := range audit.Shards {
			g.reached = later(g.reached, i.Read(shard))
		}
	}
	err = g.gather(ctx)
	if err == nil {
		err = s.make(ctx, head, g)
	}
	s.measure(g, err)
	var clash *store.Clash
	if errors.Is(err, errOvertaken) || errors.As(err, &clash) && clash.Ref.Collection == RoundsName {
		return false, nil
	}
	return g.cut, err
}

// measure records how far the trail's checkpoints are behind after an attempt.
func (s *Sweeper) measure(g *gathering, err error) {
	m := &measure{at: s.o.Clock.Now()}
	oldest := g.horizon()
	if err != nil {
		oldest = g.oldest()
	}
	if (err != nil || g.cut) && oldest.Before(g.now) {
		m.age = g.now.Sub(oldest)
	}
	s.behind.Store(m)
}

// make commits a round with its checkpoints and how far was read, all or nothing.
func (s *Sweeper) make(ctx context.Context, head *head, g *gathering) error {
	if len(g.entries) == 0 {
		return g.close(ctx)
	}
	scopes := g.scopes()
	before, err := s.newestOf(ctx, scopes)
	if err != nil {
		return err
	}
	number, err := s.number(ctx, head, before)
	if err != nil {
		return err
	}
	made := g.now
	list := make([]store.Doc, len(scopes))
	records := make([]tlog.Hash, len(scopes))
	for i, scope := range scopes {
		if list[i], err = newCheckpoint(scope, number, made, before[i], g.entries[scope]); err != nil {
			return err
		}
		records[i] = checkpointHash(scope.String(), list[i].Body)
	}
	if g.totals, err = s.countDays(ctx, g); err != nil {
		return err
	}
	return s.seal(ctx, Round{Schema: schema, Number: number, Made: made, Since: g.since, Horizon: g.horizon(),
		Totals: totalsFrom(head, g), Before: linkOf(head)}, head, list, records, g)
}

// errOvertaken says that another sweeper made the same round.
var errOvertaken = errors.New("another sweeper made the round")

// number is the number of the next round. If a scope has a checkpoint of a round that does not exist, rounds were
// removed: the next one then gets a higher number, and the gap is detected.
func (s *Sweeper) number(ctx context.Context, head *head, before []*storedCheckpoint) (int64, error) {
	number := int64(1)
	if head != nil {
		number = head.above + 1
	}
	highest := number - 1
	for _, c := range before {
		if c != nil {
			highest = max(highest, c.named())
		}
	}
	if highest < number {
		return number, nil
	}
	again, err := newestRound(ctx, s.o.Store) // it may have been made in the meantime
	if err != nil {
		return 0, err
	}
	if again != nil && again.above >= number {
		return 0, errOvertaken
	}
	logging.From(ctx).ErrorContext(ctx, "rounds of checkpoints are missing", "from", number, "to", highest)
	return highest + 1, nil
}

// seal signs a round and commits it with everything that belongs to it.
func (s *Sweeper) seal(ctx context.Context, r Round, head *head, list []store.Doc, records []tlog.Hash,
	g *gathering) error {
	t, err := newTree(records)
	if err != nil {
		return err
	}
	scopes := make([]string, len(list))
	writes := make([]store.Write, 0, len(list)+1+len(g.instances))
	for i := range list {
		scopes[i] = list[i].Ref.Scope.String()
		proof, err := t.prove(int64(i))
		if err != nil {
			return err
		}
		list[i].Proof = packed(proof)
		list[i].Fields["place"] = int64(i)
		writes = append(writes, store.Create(list[i]))
	}
	r.Size, r.Scopes = int64(len(list)), scopesHash(scopes)
	if r.Root, err = t.root(); err != nil {
		return err
	}
	signed, err := s.o.Keys.Sign(ctx, signedRounds, func(version string) ([]byte, error) {
		r.Key = version
		return json.Marshal(r)
	})
	if err != nil {
		return err
	}
	round := store.Doc{
		Ref: roundRef(r.Number), Version: 1, Created: r.Made, Updated: r.Made, Body: signed.Text,
		Proof:  signed.Signature,
		Fields: store.Fields{"number": r.Number, "scopes": scopes, "shipped": false, "expires": r.Made.Add(keepRound)},
	}
	// The round comes first, so that a clash names it if another sweeper made it. Whoever follows a round also changes
	// it, so that no two rounds can follow the same one, whatever their numbers.
	first := []store.Write{store.Create(round)}
	if head != nil {
		first = append(first, head.followed(r.Number))
	}
	writes = slices.Concat(first, writes, g.totals)
	if _, err := s.o.Store.Commit(ctx, append(writes, g.writes()...)...); err != nil {
		return fmt.Errorf("store a round of checkpoints: %w", err)
	}
	return nil
}

// followed records in a round which one follows it, unless it was changed since it was read.
func (h *head) followed(by int64) store.Write {
	d := *h.doc
	d.Version++
	d.Fields = maps.Clone(d.Fields)
	d.Fields["next"] = by
	return store.Replace(d, h.doc.Stamp)
}

func linkOf(r *head) *Link {
	if r == nil {
		return nil
	}
	return &Link{Number: r.Number, Round: r.Number, Made: r.Made, Hash: r.hash}
}

// newCheckpoint makes the document of a checkpoint, complete but for its proof.
func newCheckpoint(scope model.Scope, round int64, made time.Time, before *storedCheckpoint,
	entries []*store.Doc) (store.Doc, error) {
	c := Checkpoint{Schema: schema, Scope: scope.String(), Number: 1, Round: round, Made: made,
		Count: int64(len(entries))}
	if before != nil {
		c.Number = before.Number + 1
		c.Before = &Link{Number: before.Number, Round: before.Round, Made: before.Made, Hash: before.hash}
	}
	for _, d := range entries {
		leaf, err := leafOf(d)
		if err != nil {
			return store.Doc{}, err
		}
		c.Leaves = append(c.Leaves, leaf)
	}
	inOrder(c.Leaves)
	c.From, c.Until = c.Leaves[0].at(), c.Leaves[len(c.Leaves)-1].at()
	c.Tallies = tally(entries)
	var err error
	if c.Root, err = leafRoot(c.Leaves); err != nil {
		return store.Doc{}, err
	}
	body, err := json.Marshal(c)
	if err != nil {
		return store.Doc{}, fmt.Errorf("checkpoint: %w", err)
	}
	end := made
	if c.Until.After(end) {
		end = c.Until
	}
	return store.Doc{
		Ref: checkpointRef(scope, round), Version: 1, Created: made, Updated: made, Body: body,
		Fields: store.Fields{"round": round, "expires": end.Add(keepCheckpoint)},
	}, nil
}

// tally counts entries by day, action and outcome.
func tally(entries []*store.Doc) []Tally {
	counts := map[Tally]int64{}
	for _, d := range entries {
		at, _ := d.Fields["at"].(time.Time)
		action, _ := d.Fields["action"].(string)
		outcome, _ := d.Fields["outcome"].(string)
		counts[Tally{Day: at.UTC().Format(time.DateOnly), Action: action, Outcome: outcome}]++
	}
	list := make([]Tally, 0, len(counts))
	for t, n := range counts {
		t.Count = n
		list = append(list, t)
	}
	slices.SortFunc(list, compareTallies)
	return list
}

// newestOf reads the last checkpoint of each scope; nil where there is none.
func (s *Sweeper) newestOf(ctx context.Context, scopes []model.Scope) ([]*storedCheckpoint, error) {
	list := make([]*storedCheckpoint, len(scopes))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(abreast)
	for i, scope := range scopes {
		group.Go(func() error {
			page, err := s.o.Store.Find(ctx, store.Find{Collection: CheckpointsName, Query: "newest", Scope: scope,
				Limit: 1})
			if err != nil || len(page.Docs) == 0 {
				return err
			}
			list[i], err = readCheckpoint(page.Docs[0])
			if err != nil { // the check of the trail will find it; this sweep continues from what is there
				logging.From(ctx).ErrorContext(ctx, "a checkpoint is not what was written", "scope", scope.String(),
					"checkpoint", page.Docs[0].Ref.ID)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("read the last checkpoints: %w", err)
	}
	return list, nil
}

// named is the round that a checkpoint's name implies.
func (c *storedCheckpoint) named() int64 { return numberOf(c.doc.Ref.ID) }

// head is the round that the next one follows.
type head struct {
	*storedRound
	above  int64          // the highest number that the name of a round has, whatever its content says
	unlike []*storedRound // those above that cannot be read
}

// errNoHead says that there are rounds, but that none of the newest can be read.
var errNoHead = errors.New("the last rounds are not what was written")

// headsRead is how many of the newest rounds are read to find one to continue from.
const headsRead = 5

// newestRound is the newest round, nil if there is none. One that cannot be read is skipped; the check of the trail
// will find it.
func newestRound(ctx context.Context, s *store.Store) (*head, error) {
	page, err := s.Find(ctx, store.Find{Collection: RoundsName, Query: "newest", Scope: model.Platform(),
		Limit: headsRead})
	if err != nil {
		return nil, fmt.Errorf("read the last round: %w", err)
	}
	if len(page.Docs) == 0 {
		return nil, nil
	}
	h := &head{}
	for _, d := range page.Docs {
		h.above = max(h.above, numberOf(d.Ref.ID))
		r, failed := readRound(d)
		switch {
		case failed != nil:
			err = fmt.Errorf("%w: round %s: %w", errNoHead, d.Ref.ID, failed)
			h.unlike = append(h.unlike, r)
			logging.From(ctx).ErrorContext(ctx, "a round of checkpoints is not what was written", "round", d.Ref.ID,
				"error", failed)
		case h.storedRound == nil:
			h.storedRound = r
		}
	}
	if h.storedRound == nil {
		return nil, err
	}
	return h, nil
}
