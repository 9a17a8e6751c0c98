package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// RoundsScope is the scope that a report of the rounds names.
const RoundsScope = "rounds"

// checkRounds checks the rounds that name the scope: each has a checkpoint, and each checkpoint has its place in a
// round that our key signed.
func (c *check) checkRounds(ctx context.Context) error {
	named := map[int64]bool{}
	for _, p := range c.checkpoints {
		named[p.Round] = true
		if err := c.place(ctx, p); err != nil {
			return err
		}
	}
	var last *storedRound
	for _, n := range slices.Sorted(maps.Keys(c.rounds)) {
		r := c.rounds[n]
		if last != nil && last.Number == r.Number-1 {
			c.report.follows(last, r)
		}
		if last = r; named[n] || c.head == nil || n > c.head.Number || !kept(r.Made, keepCheckpoint, c.now) {
			continue
		}
		if known := slices.ContainsFunc(c.report.Findings, func(f Finding) bool {
			return f.Kind == CheckpointRemoved && f.Round == n
		}); !known {
			c.gaps = true
			c.report.find(roundFinding(CheckpointRemoved, r, "The checkpoint that was made in round %d is gone.", n))
		}
	}
	return nil
}

// place checks whether a checkpoint is in its round.
func (c *check) place(ctx context.Context, p *storedCheckpoint) error {
	r := c.rounds[p.Round]
	if r == nil {
		if kept(p.Made, keepRound, c.now) {
			c.report.find(checkpointFinding(RoundRemoved, p, "Round %d is gone or was changed, in which checkpoint "+
				"%d was made.", p.Round, p.Number))
		}
		return nil
	}
	place, _ := p.doc.Fields["place"].(int64)
	proof, err := unpacked(p.doc.Proof)
	if err == nil {
		err = tlog.CheckRecord(proof, r.Size, r.Root, place, p.hash)
	}
	if err != nil {
		c.report.find(checkpointFinding(CheckpointChanged, p, "Checkpoint %d is not the one that was made in round %d.",
			p.Number, p.Round))
	}
	return c.signed(ctx, c.report, r)
}

// signed checks the signature of a round.
func (v *Verifier) signed(ctx context.Context, report *Report, r *storedRound) error {
	err := v.Keys.Check(ctx, signedRounds, r.Key, r.doc.Body, r.doc.Proof)
	switch {
	case err == nil:
	case errors.Is(err, signing.ErrNoKey):
		report.find(roundFinding(ForeignKey, r, "Round %d was signed by another key than ours.", r.Number))
	case errors.Is(err, signing.ErrBadSignature):
		report.find(roundFinding(BadSignature, r, "The signature of round %d is not that of our key: it was changed, "+
			"or signed by somebody else.", r.Number))
	case ctx.Err() != nil:
		return model.Unavailable(ctx.Err())
	default:
		report.doubt("The signatures could not be checked: the public key of %s was not available.", r.Key)
	}
	return nil
}

// follows compares the round before with what its successor says about it.
func (report *Report) follows(last, r *storedRound) {
	switch b := r.Before; {
	case b == nil:
		report.find(roundFinding(ChainBroken, r, "Round %d says that there is none before it, and there is.", r.Number))
	case b.Number > last.Number:
		report.find(Finding{
			Kind: RoundRemoved, Round: b.Number, At: b.Made,
			Says: fmt.Sprintf("Round %d is gone, which round %d follows.", b.Number, r.Number),
		})
	case b.Number != last.Number || b.Hash != last.hash:
		report.find(roundFinding(ChainBroken, r, "Round %d does not follow the one before it.", r.Number))
	}
}

// Rounds checks the rounds of all scopes: that they follow each other without a gap, that our key signed them, and that
// each has the checkpoints that it names.
func (v *Verifier) Rounds(ctx context.Context) (report Report, scopes []model.Scope, err error) {
	now := v.Clock.Now()
	c := &check{Verifier: v, now: now, report: &Report{Scope: RoundsScope, At: now}}
	var list []*storedRound
	find := store.Find{Collection: RoundsName, Query: "newest", Scope: model.Platform(), Limit: store.MaxLimit}
	err = c.each(ctx, find, 2*mostKept, func(d *store.Doc) {
		r, err := readRound(d)
		if err != nil {
			c.report.find(roundFinding(RoundChanged, r, "Round %d is not what was written.", numberOf(d.Ref.ID)))
			return
		}
		list = append(list, r)
	})
	if err != nil {
		return Report{}, nil, err
	}
	slices.Reverse(list)
	seen := map[string]bool{}
	var last *storedRound
	for _, r := range list {
		if err := c.round(ctx, last, r); err != nil {
			return Report{}, nil, err
		}
		for _, s := range r.scopes {
			seen[s] = true
		}
		last = r
	}
	if c.report.Rounds = int64(len(list)); last != nil {
		c.report.Since, c.report.LastRound, c.report.UpTo = last.Since, last.Number, last.Horizon
	} else {
		c.report.doubt("No checkpoint was made yet.")
	}
	for _, s := range slices.Sorted(maps.Keys(seen)) {
		if scope, ok := parseScope(s); ok {
			scopes = append(scopes, scope)
		}
	}
	c.report.end()
	return *c.report, scopes, nil
}

func (c *check) round(ctx context.Context, last, r *storedRound) error {
	if last != nil {
		c.report.follows(last, r)
	} else if r.Before != nil && kept(r.Before.Made, keepRound, c.now) {
		c.report.find(Finding{
			Kind: RoundRemoved, Round: r.Before.Number, At: r.Before.Made,
			Says: fmt.Sprintf("Round %d is gone, which round %d follows.", r.Before.Number, r.Number),
		})
	}
	if err := c.signed(ctx, c.report, r); err != nil {
		return err
	}
	return c.whole(ctx, r)
}

// whole checks whether a round has the checkpoints that it names.
func (c *check) whole(ctx context.Context, r *storedRound) error {
	records := make([]tlog.Hash, 0, len(r.scopes))
	for some := range slices.Chunk(r.scopes, store.MaxLimit) {
		refs := make([]store.Ref, len(some))
		for i, text := range some {
			scope, _ := parseScope(text)
			refs[i] = checkpointRef(scope, r.Number)
		}
		docs, err := c.Store.GetAll(ctx, refs...)
		if err != nil {
			return c.unreadable(err)
		}
		for i, d := range docs {
			if d != nil {
				records = append(records, checkpointHash(some[i], d.Body))
				continue
			}
			if kept(r.Made, keepCheckpoint, c.now) {
				f := roundFinding(CheckpointRemoved, r, "The checkpoint that was made in round %d is gone.", r.Number)
				f.Scope = some[i]
				c.report.find(f)
			}
		}
	}
	if c.report.Checkpoints += int64(len(records)); len(records) != len(r.scopes) {
		return nil
	}
	t, err := newTree(records)
	if err != nil {
		return err
	}
	if root, err := t.root(); err != nil || root != r.Root {
		c.report.find(roundFinding(CheckpointChanged, r, "A checkpoint is not the one that was made in round %d.",
			r.Number))
	}
	return nil
}

// All checks the rounds, and then the trail of every scope that has one. It calls f with each report as it is made.
func (v *Verifier) All(ctx context.Context, f func(Report) error) error {
	report, scopes, err := v.Rounds(ctx)
	if err != nil {
		return err
	}
	if err := f(report); err != nil {
		return err
	}
	more, err := v.scopes(ctx)
	if err != nil {
		return err
	}
	all := append(scopes, more...)
	slices.SortFunc(all, func(a, b model.Scope) int { return strings.Compare(a.String(), b.String()) })
	for _, scope := range slices.Compact(all) {
		report, err := v.Verify(ctx, scope)
		if err != nil {
			return fmt.Errorf("%s: %w", scope, err)
		}
		if err := f(report); err != nil {
			return err
		}
	}
	return nil
}

// scopes are those that have entries. It reads every entry.
func (v *Verifier) scopes(ctx context.Context) ([]model.Scope, error) {
	var list []model.Scope
	walk := store.Walk{Collection: audit.EntriesName, Limit: store.MaxLimit}
	for {
		docs, err := v.Store.Walk(ctx, walk)
		if err != nil {
			return nil, fmt.Errorf("find the scopes that have a trail: %w", err)
		}
		for _, d := range docs {
			if n := len(list); n == 0 || list[n-1] != d.Ref.Scope {
				list = append(list, d.Ref.Scope)
			}
			walk.After = d.Ref
		}
		if len(docs) < walk.Limit {
			return list, nil
		}
	}
}
