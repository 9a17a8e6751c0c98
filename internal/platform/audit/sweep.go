package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// shippers are the marks of the instances, in the platform's scope.
var shippers = store.Collection{
	Name: "shippers",
	About: model.About{
		Heading: model.OfService, Name: "How far the trail was copied",
		Purpose: "Which entries of the trail are in the log already. Nothing of yours.",
		Until:   "Until a server has stopped and all its entries are copied.",
	},
	Fields: []store.Field{
		{Name: "mark", Type: store.Time},
		{Name: "settled", Type: store.Time},
		{Name: "alive", Type: store.Time, Indexed: true},
	},
	Queries: []store.Query{{Name: "all", Order: []store.Order{{Field: "alive"}}}},
}

func shipperRef(instance string) store.Ref {
	return store.Ref{Scope: model.Platform(), Collection: shippers.Name, ID: instance}
}

func (s *Shipper) lastMark() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marked
}

// KeepMark writes how far this instance has shipped, and that it is alive. The shipper also does this by itself at
// intervals.
func (s *Shipper) KeepMark(ctx context.Context) error {
	return s.writeMark(ctx, s.o.Clock.Now())
}

// writeMark writes the mark, together with further writes.
func (s *Shipper) writeMark(ctx context.Context, now time.Time, beside ...store.Write) error {
	settled := s.tracker.settled(now) // first, so that the mark stays valid when the clock goes back
	mark := store.Put(store.Doc{
		Ref: shipperRef(s.o.Instance), Version: 1, Created: now, Updated: now,
		Fields: store.Fields{"mark": s.tracker.mark(now), "settled": settled, "alive": now},
	})
	if _, err := s.o.Store.Commit(ctx, append(beside, mark)...); err != nil {
		return fmt.Errorf("write audit mark: %w", err)
	}
	s.mu.Lock()
	s.marked = now
	s.mu.Unlock()
	return nil
}

// enter writes the first mark, and the reader that says that everything of this instance is still to be read for
// checkpoints.
func (s *Shipper) enter(ctx context.Context) error {
	now := s.o.Clock.Now()
	return s.writeMark(ctx, now, (&Instance{ID: s.o.Instance, read: readOf(nil, time.UnixMicro(0))}).Write(now, false))
}

// leave removes the mark if everything has been shipped; otherwise it stays for the sweep of another instance.
func (s *Shipper) leave(ctx context.Context) error {
	if err := s.KeepMark(ctx); err != nil {
		return err
	}
	s.tracker.mu.Lock()
	left := len(s.tracker.entries)
	s.tracker.mu.Unlock()
	if left > 0 {
		return nil
	}
	_, err := s.o.Store.Commit(ctx, store.Delete(shipperRef(s.o.Instance), time.Time{}))
	return err
}

// Sweep ships what instances that are gone left behind, and what this one had to drop from memory. It returns how many
// entries it shipped. If it runs twice, or in two places at once, some entries are shipped twice, and Cloud Logging
// drops the copies.
func (s *Shipper) Sweep(ctx context.Context) (int, error) {
	total := 0
	cursor := ""
	for {
		page, err := s.o.Store.Find(ctx, store.Find{Collection: shippers.Name, Query: "all", Scope: model.Platform(),
			Limit: 100, Cursor: cursor})
		if err != nil {
			return total, fmt.Errorf("list audit marks: %w", err)
		}
		for _, d := range page.Docs {
			n, err := s.sweepOne(ctx, d)
			total += n
			if err != nil {
				return total, err
			}
		}
		if cursor = page.Next; cursor == "" {
			return total, nil
		}
	}
}

func (s *Shipper) sweepOne(ctx context.Context, d *store.Doc) (int, error) {
	mark, _ := d.Fields["mark"].(time.Time)
	if d.Ref.ID == s.o.Instance {
		return s.catchUp(ctx)
	}
	if !s.gone(d, s.o.Clock.Now()) {
		return 0, nil
	}
	n, err := s.shipSince(ctx, d.Ref.ID, mark)
	if err != nil {
		return n, err
	}
	_, err = s.o.Store.Commit(ctx, store.Delete(d.Ref, d.Stamp))
	if errors.Is(err, model.ErrConflict) { // another instance swept it as well
		err = nil
	}
	return n, err
}

// gone reports whether another instance ended without removing its mark.
func (s *Shipper) gone(mark *store.Doc, now time.Time) bool {
	alive, _ := mark.Fields["alive"].(time.Time)
	return s.o.Alone || now.Sub(alive) >= deadAfter
}

// catchUp ships what this instance dropped from memory while Cloud Logging was unavailable.
func (s *Shipper) catchUp(ctx context.Context) (int, error) {
	s.mu.Lock()
	behind := s.behind
	s.mu.Unlock()
	if !behind {
		return 0, nil
	}
	dropped := s.tracker.durable()
	n, err := s.shipSince(ctx, s.o.Instance, s.tracker.mark(s.o.Clock.Now()))
	if err != nil {
		return n, err
	}
	s.mu.Lock()
	s.behind = false
	s.mu.Unlock()
	s.tracker.set(shipped, dropped...)
	return n, nil
}

// shipSince ships all entries of an instance from an instant on.
func (s *Shipper) shipSince(ctx context.Context, instance string, mark time.Time) (int, error) {
	total := 0
	for shard := range shards {
		n, err := s.shipShard(ctx, shardName(instance, shard), mark)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (s *Shipper) shipShard(ctx context.Context, by string, mark time.Time) (int, error) {
	total, cursor := 0, ""
	for {
		page, err := s.o.Store.Find(ctx, store.Find{
			Collection: collection, Query: "unshipped", Equal: store.Fields{"by": by}, From: mark, Limit: 300,
			Cursor: cursor,
		})
		if err != nil {
			return total, fmt.Errorf("find unshipped audit entries: %w", err)
		}
		batch := make([]SealedEntry, len(page.Docs))
		for i, d := range page.Docs {
			batch[i] = SealedEntry{fromDoc(d), d.Body}
		}
		if len(batch) > 0 {
			if err := s.o.Log.Write(ctx, batch); err != nil {
				return total, fmt.Errorf("ship audit entries: %w", err)
			}
		}
		total += len(batch)
		if cursor = page.Next; cursor == "" {
			return total, nil
		}
	}
}

// Behind is the age of the oldest entry of this instance that has not arrived. It makes no call.
func (s *Shipper) Behind() time.Duration {
	now := s.o.Clock.Now()
	return max(now.Sub(s.tracker.mark(now)), 0)
}

// Oldest is the age of the oldest mark: no entry older than that is unshipped. A check of the promises uses it.
func (s *Shipper) Oldest(ctx context.Context) (time.Duration, error) {
	now := s.o.Clock.Now()
	oldest := now.Sub(s.tracker.mark(now))
	page, err := s.o.Store.Find(ctx, store.Find{Collection: shippers.Name, Query: "all", Scope: model.Platform(),
		Limit: 500})
	if err != nil {
		return 0, fmt.Errorf("list audit marks: %w", err)
	}
	for _, d := range page.Docs {
		mark, _ := d.Fields["mark"].(time.Time)
		if d.Ref.ID != s.o.Instance {
			oldest = max(oldest, now.Sub(mark))
		}
	}
	return oldest, nil
}
