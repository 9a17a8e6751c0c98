package checkpoint

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Log is where rounds and checkpoints are shipped to, beside the entries. One that is sent again is dropped there.
type Log interface {
	WriteNotes(ctx context.Context, notes []audit.LogNote) error
}

const (
	shipRounds = 20  // of one sweep; the rest is in the next one
	shipNotes  = 200 // in one request
)

// The names of the two in the log's labels.
const (
	CheckpointMade = "trail.checkpoint"
	RoundMade      = "trail.round"
)

// ship copies to the log what was not yet shipped. Checkpoints of a round that have expired since are left out.
func (s *Sweeper) ship(ctx context.Context) error {
	page, err := s.o.Store.Find(ctx, store.Find{
		Collection: RoundsName, Query: "unshipped", Scope: model.Platform(), Equal: store.Fields{"shipped": false},
		Limit: shipRounds,
	})
	if err != nil {
		return fmt.Errorf("find rounds to ship: %w", err)
	}
	for _, d := range slices.Backward(page.Docs) {
		if err := s.shipRound(ctx, d); err != nil {
			return fmt.Errorf("ship round %s: %w", d.Ref.ID, err)
		}
	}
	return nil
}

func (s *Sweeper) shipRound(ctx context.Context, d *store.Doc) error {
	r, err := readRound(d)
	if err != nil {
		return err
	}
	refs := make([]store.Ref, 0, len(r.scopes))
	for _, text := range r.scopes {
		if scope, ok := parseScope(text); ok {
			refs = append(refs, checkpointRef(scope, r.Number))
		}
	}
	notes := []audit.LogNote{roundNote(r)}
	for some := range slices.Chunk(refs, store.MaxLimit) {
		docs, err := s.o.Store.GetAll(ctx, some...)
		if err != nil {
			return err
		}
		for _, d := range docs {
			if d == nil {
				continue
			}
			if c, err := readCheckpoint(d); err == nil {
				notes = append(notes, checkpointNote(c))
			}
		}
	}
	for some := range slices.Chunk(notes, shipNotes) {
		if err := s.o.Log.WriteNotes(ctx, some); err != nil {
			return err
		}
	}
	d.Version++
	d.Fields["shipped"] = true
	_, err = s.o.Store.Commit(ctx, store.Replace(*d, d.Stamp))
	if errors.Is(err, model.ErrConflict) { // another instance shipped it as well
		return nil
	}
	return err
}

func roundNote(r *storedRound) audit.LogNote {
	n := audit.LogNote{
		ID: "round/" + strconv.FormatInt(r.Number, 10), At: r.Made, Scope: model.Platform(), Action: RoundMade,
		Fields: map[string]string{
			"statement": string(r.doc.Body), "signature": base64.StdEncoding.EncodeToString(r.doc.Proof),
			"hash": r.hash.String(),
		},
	}
	return n
}

// checkpointNote is a checkpoint without its list of entries, which are in the log themselves.
func checkpointNote(c *storedCheckpoint) audit.LogNote {
	before := ""
	if c.Before != nil {
		before = c.Before.Hash.String()
	}
	place, _ := c.doc.Fields["place"].(int64)
	return audit.LogNote{
		ID: c.doc.Ref.String(), At: c.Made, Scope: c.doc.Ref.Scope, Action: CheckpointMade,
		Fields: map[string]string{
			"number": strconv.FormatInt(c.Number, 10), "round": strconv.FormatInt(c.Round, 10),
			"count": strconv.FormatInt(c.Count, 10),
			"from":  c.From.Format(time.RFC3339Nano), "until": c.Until.Format(time.RFC3339Nano),
			"root": c.Root.String(),
			"hash": c.hash.String(), "before": before, "place": strconv.FormatInt(place, 10),
			"proof": base64.StdEncoding.EncodeToString(c.doc.Proof),
		},
	}
}

func compareTallies(a, b Tally) int {
	return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Outcome, b.Outcome))
}
