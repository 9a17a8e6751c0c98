package firestore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/protobuf/proto"
)

// schedule is a backup schedule as it is kept with its database.
type schedule struct {
	PB   []byte    `json:"schedule"` // an encoded adminpb.BackupSchedule
	Last time.Time `json:"last,omitzero"`
}

func encodeSchedule(pb *adminpb.BackupSchedule, last time.Time) (schedule, error) {
	raw, err := proto.Marshal(pb)
	if err != nil {
		return schedule{}, fmt.Errorf("backup schedule: %w", err)
	}
	return schedule{PB: raw, Last: last}, nil
}

func (c schedule) decode() (*adminpb.BackupSchedule, error) {
	pb := &adminpb.BackupSchedule{}
	if err := proto.Unmarshal(c.PB, pb); err != nil {
		return nil, fmt.Errorf("backup schedule: %w", err)
	}
	return pb, nil
}

// next is when a backup is due: at the first midnight, of the right day of the week, after the last one or the schedule
// was made.
func next(pb *adminpb.BackupSchedule, last time.Time) time.Time {
	from := pb.GetCreateTime().AsTime()
	if last.After(from) {
		from = last
	}
	at := from.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	weekly := pb.GetWeeklyRecurrence()
	for weekly != nil && int(at.Weekday()) != int(weekly.GetDay())%7 {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

// makeDueBackups makes one backup for each schedule whose time has come. Missed times are not made up for.
func (s *Server) makeDueBackups(ctx context.Context) error {
	for _, d := range s.databasesUnder("") {
		due, err := d.dueSchedules(s.clock())
		if err != nil {
			return err
		}
		for _, pb := range due {
			if err := s.followSchedule(ctx, d, pb); err != nil && !isNotFound(err) {
				return fmt.Errorf("back up %s: %w", d.name, err)
			}
		}
	}
	return nil
}

func (d *database) dueSchedules(now time.Time) (due []*adminpb.BackupSchedule, err error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, c := range d.record.Schedules {
		pb, err := c.decode()
		if err != nil {
			return nil, err
		}
		if !next(pb, c.Last).After(now) {
			due = append(due, pb)
		}
	}
	return due, nil
}

// followSchedule makes a backup and records that it was made.
func (s *Server) followSchedule(ctx context.Context, d *database, pb *adminpb.BackupSchedule) error {
	made, err := s.backUp(ctx, d, pb.GetRetention().AsDuration())
	if err != nil {
		return err
	}
	return s.changeSchedule(d, pb.GetName(), func(stored *adminpb.BackupSchedule,
		last time.Time) (*adminpb.BackupSchedule, time.Time, error) {
		return stored, made.GetSnapshotTime().AsTime(), nil
	})
}

// changeSchedule replaces a schedule of a database by what edit returns; nil removes it.
func (s *Server) changeSchedule(d *database, name string, edit func(*adminpb.BackupSchedule,
	time.Time) (*adminpb.BackupSchedule, time.Time, error)) error {
	return s.changeRecord(d, func(rec *record) error {
		at, pb, err := rec.schedule(name)
		if err != nil {
			return err
		}
		pb, last, err := edit(pb, rec.Schedules[at].Last)
		if err != nil {
			return err
		}
		rec.Schedules = slices.Clone(rec.Schedules)
		if pb == nil {
			rec.Schedules = slices.Delete(rec.Schedules, at, at+1)
			return nil
		}
		rec.Schedules[at], err = encodeSchedule(pb, last)
		return err
	})
}

// schedule finds a schedule by name.
func (r *record) schedule(name string) (at int, pb *adminpb.BackupSchedule, err error) {
	for at, c := range r.Schedules {
		pb, err := c.decode()
		if err != nil || pb.GetName() == name {
			return at, pb, err
		}
	}
	return 0, nil, notFound("The backup schedule %s does not exist.", name)
}
