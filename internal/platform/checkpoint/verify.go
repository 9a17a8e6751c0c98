package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

const (
	mostChecked = 200_000 // entries of one scope
	mostKept    = 25_000  // checkpoints of one scope: more than the minutes for which they are kept
	tolerance   = time.Minute
	lateAfter   = 10 * time.Minute // after which an entry in no checkpoint says that none are being made
)

// Seals tells which entries are not what was written, by their own proofs.
type Seals interface {
	Altered(ctx context.Context, scope model.Scope, docs []*store.Doc) ([]bool, error)
}

// Verifier checks the trail. It only reads.
type Verifier struct {
	Store *store.Store
	Keys  *signing.Keys
	Seals Seals
	Clock model.Clock
}

// check is one check of one scope.
type check struct {
	*Verifier
	scope  model.Scope
	now    time.Time
	report *Report

	head        *head
	checkpoints []*storedCheckpoint // the oldest first
	rounds      map[int64]*storedRound
	entries     map[string]entry
	gaps        bool // a checkpoint is missing or cannot be read
}

// entry is what is remembered of an existing entry.
type entry struct {
	at      time.Time
	hash    tlog.Hash
	altered bool
	covered bool
}

// Verify checks everything in a scope's trail: that each existing entry is in a checkpoint, unchanged; that each entry
// which should exist does; that the checkpoints follow each other; and that each is in its round, which our key signed.
// An error says that the check could not be carried out at all.
func (v *Verifier) Verify(ctx context.Context, scope model.Scope) (Report, error) {
	c := &check{
		Verifier: v, scope: scope, now: v.Clock.Now(), rounds: map[int64]*storedRound{}, entries: map[string]entry{},
		report: &Report{Scope: scope.String()},
	}
	c.report.At = c.now
	// The order of reading matters, because checkpoints are made in the meantime. A checkpoint that was read has its
	// round in what is read after it, and its entries existed before. What the newest round says about its time is
	// judged only by what was read later.
	for _, read := range []func(context.Context) error{c.readHead, c.readCheckpoints, c.readRounds, c.readEntries} {
		if err := read(ctx); err != nil {
			return Report{}, err
		}
	}
	c.checkChain()
	if err := c.checkRounds(ctx); err != nil {
		return Report{}, err
	}
	c.checkEntries()
	c.checkRest()
	c.report.end()
	return *c.report, nil
}

func (c *check) readHead(ctx context.Context) (err error) {
	c.head, err = newestRound(ctx, c.Store)
	if errors.Is(err, errNoHead) {
		c.report.find(Finding{Kind: RoundChanged, Says: "The last rounds are not what was written."})
		return nil
	}
	if c.head != nil {
		for _, r := range c.head.unlike {
			c.report.find(roundFinding(RoundChanged, r, "Round %d is not what was written.", numberOf(r.doc.Ref.ID)))
		}
		c.report.Since, c.report.LastRound = c.head.Since, c.head.Number
	}
	return err
}

func (c *check) readCheckpoints(ctx context.Context) error {
	find := store.Find{Collection: CheckpointsName, Query: "newest", Scope: c.scope, Limit: store.MaxLimit}
	return c.each(ctx, find, mostKept, func(d *store.Doc) {
		p, err := readCheckpoint(d)
		if err != nil {
			c.gaps = true
			c.report.find(Finding{
				Kind: CheckpointChanged, Round: numberOf(d.Ref.ID), At: d.Created,
				Says: "A checkpoint is not what was written: " + err.Error() + ".",
			})
			return
		}
		c.report.Checkpoints++
		c.checkpoints = slices.Insert(c.checkpoints, 0, p)
	})
}

func (c *check) readRounds(ctx context.Context) error {
	find := store.Find{Collection: RoundsName, Query: "of", Scope: model.Platform(), AnyOf: []any{c.scope.String()},
		Limit: store.MaxLimit}
	err := c.each(ctx, find, mostKept, func(d *store.Doc) {
		r, err := readRound(d)
		if err != nil {
			c.report.once(roundFinding(RoundChanged, r, "Round %d is not what was written.", numberOf(d.Ref.ID)))
			return
		}
		c.report.Rounds++
		c.rounds[r.Number] = r
	})
	return err
}

func (c *check) readEntries(ctx context.Context) error {
	find := store.Find{Collection: audit.EntriesName, Query: "trail", Scope: c.scope, Limit: store.MaxLimit}
	for n := 0; ; {
		page, err := c.Store.Find(ctx, find)
		if err != nil {
			return c.unreadable(err)
		}
		if err := c.take(ctx, page.Docs); err != nil {
			return err
		}
		n += len(page.Docs)
		if find.Cursor = page.Next; find.Cursor == "" {
			return nil
		}
		if n >= mostChecked {
			c.report.doubt("The trail has more than %d entries; the older ones were not looked at.", mostChecked)
			return nil
		}
	}
}

// unreadable interprets a failed read: either the database does not answer, or something in it is not of its type.
func (c *check) unreadable(err error) error {
	if errors.Is(err, model.ErrUnavailable) {
		return fmt.Errorf("check the trail: %w", err)
	}
	c.report.doubt("Something could not be read: %v.", err)
	return nil
}

func (c *check) take(ctx context.Context, docs []*store.Doc) error {
	altered := make([]bool, len(docs))
	if c.Seals != nil && len(docs) > 0 {
		list, err := c.Seals.Altered(ctx, c.scope, docs)
		switch {
		case errors.Is(err, model.ErrLocked), errors.Is(err, model.ErrNotFound):
			c.report.doubt("The entries' own seals could not be looked at: the key is not available.")
		case err != nil:
			return fmt.Errorf("check the seals of the trail: %w", err)
		default:
			altered = list
		}
	}
	for i, d := range docs {
		leaf, err := leafOf(d)
		if err != nil {
			c.report.doubt("Something could not be read: %v.", err)
			continue
		}
		c.entries[d.Ref.ID] = entry{at: leaf.at(), hash: leaf.Hash, altered: altered[i]}
		c.report.Entries++
	}
	return nil
}

// each calls f with every document of a query.
func (c *check) each(ctx context.Context, find store.Find, most int, f func(*store.Doc)) error {
	for n := 0; ; {
		page, err := c.Store.Find(ctx, find)
		if err != nil {
			return c.unreadable(err)
		}
		for _, d := range page.Docs {
			f(d)
		}
		n += len(page.Docs)
		if find.Cursor = page.Next; find.Cursor == "" {
			return nil
		}
		if n >= most {
			c.report.doubt("There are more than %d %s; the older ones were not looked at.", most, find.Collection)
			return nil
		}
	}
}

// checkChain checks each checkpoint by itself, and whether they follow each other.
func (c *check) checkChain() {
	var last *storedCheckpoint
	for _, p := range c.checkpoints {
		for _, problem := range p.problems() {
			c.report.find(checkpointFinding(CheckpointChanged, p, "Checkpoint %d is not what was written: %s.",
				p.Number, problem))
		}
		c.follow(last, p)
		last = p
	}
}

// follow compares the checkpoint before with what its successor says about it.
func (c *check) follow(last, p *storedCheckpoint) {
	switch b := p.Before; {
	case last == nil && b == nil && p.Number == 1:
	// the one before is gone because it expired
	case last == nil && b != nil && !kept(b.Made, keepCheckpoint, c.now):
	case last == nil && b != nil:
		c.missing(p, b)
	case b == nil:
		c.report.find(checkpointFinding(ChainBroken, p, "Checkpoint %d says that there is none before it, "+
			"and there is.", p.Number))
	case b.Number > last.Number:
		c.missing(p, b)
	case b.Hash != last.hash || b.Number != last.Number || b.Round != last.Round || p.Number != b.Number+1:
		c.report.find(checkpointFinding(ChainBroken, p, "Checkpoint %d does not follow the one before it.", p.Number))
	}
}

func (c *check) missing(p *storedCheckpoint, b *Link) {
	c.gaps = true
	c.report.find(Finding{
		Kind: CheckpointRemoved, Checkpoint: b.Number, Round: b.Round, At: b.Made,
		Says: fmt.Sprintf("Checkpoint %d is gone, which checkpoint %d follows.", b.Number, p.Number),
	})
}

// problems are the contradictions within a checkpoint. Whether it is the one that was made is shown by its round.
func (p *storedCheckpoint) problems() []string {
	var list []string
	root, err := leafRoot(p.Leaves)
	if err != nil || root != p.Root || int64(len(p.Leaves)) != p.Count || p.Count == 0 {
		return append(list, "its root or its count is not that of its entries")
	}
	var sum int64
	for _, t := range p.Tallies {
		sum += t.Count
	}
	if sum != p.Count {
		list = append(list, "its counts do not add up")
	}
	if !p.From.Equal(p.Leaves[0].at()) || !p.Until.Equal(p.Leaves[len(p.Leaves)-1].at()) {
		list = append(list, "its times are not those of its entries")
	}
	return list
}

func checkpointFinding(kind Kind, p *storedCheckpoint, format string, args ...any) Finding {
	return Finding{Kind: kind, Checkpoint: p.Number, Round: p.Round, At: p.Made, Says: fmt.Sprintf(format, args...)}
}
