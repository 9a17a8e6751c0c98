package firestore

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// floorKey holds the time up to which changes of a database were forgotten; at number 0, those of all databases.
func floorKey(id uint32) []byte { return tableKey(tableFloor, id) }

// history is how long changes are kept. The caller holds mu.
func (d *database) history() time.Duration {
	settings, err := d.record.settings()
	if err == nil && settings.GetPointInTimeRecoveryEnablement() == adminpb.Database_POINT_IN_TIME_RECOVERY_ENABLED {
		return longHistory
	}
	return shortHistory
}

// keptSince is the earliest time that can be read.
func (d *database) keptSince(r viewer, created, now time.Time, history time.Duration) (time.Time, error) {
	kept := now.Add(-history)
	if kept.Before(created) {
		kept = created
	}
	for _, id := range []uint32{0, d.id} {
		err := r.View(floorKey(id), func(v []byte) error {
			if floor := time.UnixMicro(int64(binary.BigEndian.Uint64(v))); kept.Before(floor) { // #nosec G115 -- as written
				kept = floor.UTC()
			}
			return nil
		})
		if err != nil && !errors.Is(err, kv.ErrNotFound) {
			return kept, err
		}
	}
	return kept, nil
}

func setFloor(b *kv.Batch, id uint32, at time.Time) {
	b.Set(floorKey(id), binary.BigEndian.AppendUint64(nil, micros(at)))
}

// forgetOld removes the changes that can no longer be requested.
func (s *Server) forgetOld(ctx context.Context) error {
	var failed []error
	for _, d := range s.databasesUnder("") {
		failed = append(failed, s.forgetOf(ctx, d))
	}
	return errors.Join(failed...)
}

func (s *Server) forgetOf(ctx context.Context, d *database) error {
	d.mu.RLock()
	until := s.clock().Add(-d.history())
	d.mu.RUnlock()
	w := s.writer()
	from := tableKey(tableChanges, d.id)
	var last []byte
	err := s.kv.Scan(kv.Range{Lo: from, Hi: changesAfter(d.id, until)}, func(key, _ []byte) error {
		if last == nil { // the floor must be on disk before what it stands for is removed
			setFloor(w.batch, d.id, until)
		}
		last = append(last[:0], key...)
		at, doc := docOfChange(key)
		w.batch.Delete(versionKey(doc, at))
		return w.next(ctx)
	})
	if last != nil { // changes are in the order of time, so one range removes them all
		w.batch.DeleteRange(from, append(last, 0))
	}
	return errors.Join(err, w.end())
}
