package firestore

import (
	"context"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/genproto/googleapis/type/dayofweek"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// longestBackup is the longest time for which Google keeps a backup.
const longestBackup = 14 * 7 * 24 * time.Hour

func checkBackupRetention(d *durationpb.Duration) error {
	if d.CheckValid() != nil || d.AsDuration() <= 0 || d.AsDuration() > longestBackup {
		return invalid("retention must be more than nothing and at most 14 weeks.")
	}
	return nil
}

// databaseOfSchedule finds the database of projects/P/databases/D/backupSchedules/S.
func (s *Server) databaseOfSchedule(name string) (*database, error) {
	database, id, ok := strings.Cut(name, "/backupSchedules/")
	if !ok || id == "" || strings.Contains(id, "/") {
		return nil, invalid("%q does not name a backup schedule.", name)
	}
	return s.database(database)
}

func (s adminService) CreateBackupSchedule(_ context.Context, r *adminpb.CreateBackupScheduleRequest) (
	*adminpb.BackupSchedule, error) {
	d, err := s.database(r.GetParent())
	if err != nil {
		return nil, err
	}
	given := r.GetBackupSchedule()
	if err := checkSchedule(given); err != nil {
		return nil, err
	}
	pb := &adminpb.BackupSchedule{
		Name:       d.name + "/backupSchedules/" + newUUID(),
		CreateTime: timestamppb.New(s.now()),
		Retention:  given.GetRetention(),
		Recurrence: given.GetRecurrence(),
	}
	pb.UpdateTime = pb.GetCreateTime()
	err = s.changeRecord(d, func(rec *record) error { return rec.addSchedule(pb) })
	return pb, answer(err)
}

func checkSchedule(pb *adminpb.BackupSchedule) error {
	if err := checkBackupRetention(pb.GetRetention()); err != nil {
		return err
	}
	switch pb.GetRecurrence().(type) {
	case *adminpb.BackupSchedule_DailyRecurrence:
		return nil
	case *adminpb.BackupSchedule_WeeklyRecurrence:
		if day := pb.GetWeeklyRecurrence().GetDay(); day < dayofweek.DayOfWeek_MONDAY ||
			day > dayofweek.DayOfWeek_SUNDAY {
			return invalid("weekly_recurrence.day is required.")
		}
		return nil
	}
	return invalid("A backup schedule needs a recurrence.")
}

// addSchedule adds a schedule, unless one of its kind exists.
func (r *record) addSchedule(pb *adminpb.BackupSchedule) error {
	for _, c := range r.Schedules {
		other, err := c.decode()
		if err != nil {
			return err
		}
		if (other.GetDailyRecurrence() == nil) == (pb.GetDailyRecurrence() == nil) {
			return status.Error(codes.AlreadyExists, "A database has at most one daily and one weekly backup schedule.")
		}
	}
	made, err := encodeSchedule(pb, time.Time{})
	if err != nil {
		return err
	}
	r.Schedules = append(slices.Clone(r.Schedules), made)
	return nil
}

func (s adminService) GetBackupSchedule(_ context.Context, r *adminpb.GetBackupScheduleRequest) (
	*adminpb.BackupSchedule, error) {
	d, err := s.databaseOfSchedule(r.GetName())
	if err != nil {
		return nil, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	_, pb, err := d.record.schedule(r.GetName())
	return pb, answer(err)
}

func (s adminService) ListBackupSchedules(_ context.Context, r *adminpb.ListBackupSchedulesRequest) (
	*adminpb.ListBackupSchedulesResponse, error) {
	d, err := s.database(r.GetParent())
	if err != nil {
		return nil, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := &adminpb.ListBackupSchedulesResponse{}
	for _, c := range d.record.Schedules {
		pb, err := c.decode()
		if err != nil {
			return nil, answer(err)
		}
		out.BackupSchedules = append(out.BackupSchedules, pb)
	}
	return out, nil
}

func (s adminService) UpdateBackupSchedule(_ context.Context, r *adminpb.UpdateBackupScheduleRequest) (
	*adminpb.BackupSchedule, error) {
	given := r.GetBackupSchedule()
	d, err := s.databaseOfSchedule(given.GetName())
	if err != nil {
		return nil, err
	}
	if paths := r.GetUpdateMask().GetPaths(); len(paths) != 1 || paths[0] != "retention" {
		return nil, invalid("update_mask must be exactly \"retention\": nothing else of a backup schedule can " +
			"be changed.")
	}
	if err := checkBackupRetention(given.GetRetention()); err != nil {
		return nil, err
	}
	var changed *adminpb.BackupSchedule
	err = s.changeSchedule(d, given.GetName(), func(stored *adminpb.BackupSchedule,
		last time.Time) (*adminpb.BackupSchedule, time.Time, error) {
		stored.Retention, stored.UpdateTime = given.GetRetention(), timestamppb.New(s.now())
		changed = stored
		return stored, last, nil
	})
	if err != nil {
		return nil, answer(err)
	}
	return changed, nil
}

func (s adminService) DeleteBackupSchedule(_ context.Context, r *adminpb.DeleteBackupScheduleRequest) (*emptypb.Empty,
	error) {
	d, err := s.databaseOfSchedule(r.GetName())
	if err != nil {
		return nil, err
	}
	err = s.changeSchedule(d, r.GetName(), func(*adminpb.BackupSchedule, time.Time) (*adminpb.BackupSchedule, time.Time,
		error) {
		return nil, time.Time{}, nil
	})
	return &emptypb.Empty{}, answer(err)
}
