package provision

import (
	"context"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/genproto/googleapis/type/dayofweek"
	"google.golang.org/protobuf/types/known/durationpb"
)

// How long backups are kept. The content in them is sealed, so it is gone with its keys. The keys' own backups
// determine how long an erasure can be undone, so they are kept only briefly.
const (
	contentDaily  = 14 * day
	contentWeekly = 14 * 7 * day // the longest that Firestore keeps one
	keysDaily     = 7 * day
)

func (s Spec) backups() []Resource {
	return []Resource{
		s.backup(ContentDatabase, daily(contentDaily), rules{"retention": {will: longer}}),
		s.backup(ContentDatabase, weekly(contentWeekly), rules{"retention": {will: longer}}),
		s.backup(KeysDatabase, daily(keysDaily), rules{"retention": {will: shorter}}),
	}
}

func daily(keep time.Duration) *adminpb.BackupSchedule {
	return &adminpb.BackupSchedule{
		Retention:  durationpb.New(keep),
		Recurrence: &adminpb.BackupSchedule_DailyRecurrence{DailyRecurrence: &adminpb.DailyRecurrence{}},
	}
}

func weekly(keep time.Duration) *adminpb.BackupSchedule {
	return &adminpb.BackupSchedule{
		Retention: durationpb.New(keep),
		Recurrence: &adminpb.BackupSchedule_WeeklyRecurrence{
			WeeklyRecurrence: &adminpb.WeeklyRecurrence{Day: dayofweek.DayOfWeek_SUNDAY}},
	}
}

// backup is a schedule. A database has at most one for each recurrence, and Firestore generates their names.
func (s Spec) backup(database string, want *adminpb.BackupSchedule, rs rules) Resource {
	recurrence, body := "daily", sub("daily_recurrence")
	if w := want.GetWeeklyRecurrence(); w != nil {
		recurrence, body = "weekly", sub("weekly_recurrence", set("day", w.GetDay().String()))
		rs["weekly_recurrence"] = rule{first: true} // the operator chooses the day
	}
	parent := s.database(database)
	t := thing[*adminpb.BackupSchedule]{
		read: func(ctx context.Context, c *session) (*adminpb.BackupSchedule, error) {
			return findBackup(ctx, c, parent, want)
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Databases.CreateBackupSchedule(ctx, &adminpb.CreateBackupScheduleRequest{Parent: parent,
				BackupSchedule: want})
			return err
		},
		differ: func(have *adminpb.BackupSchedule) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *adminpb.BackupSchedule, found []difference) error {
			rs.overlay(have, want)
			_, err := c.Databases.UpdateBackupSchedule(ctx, &adminpb.UpdateBackupScheduleRequest{BackupSchedule: have,
				UpdateMask: mask(found)})
			return err
		},
	}
	return Resource{
		Kind: "backup schedule", Name: parent + "/backupSchedules/" + recurrence, api: apiFirestore, look: t.look,
		fresh: true,
		block: tf("google_firestore_backup_schedule", database+"-"+recurrence,
			databaseRef(database), set("retention", seconds(want.GetRetention().AsDuration())), body),
	}
}

func findBackup(ctx context.Context, c *session, parent string, want *adminpb.BackupSchedule) (*adminpb.BackupSchedule,
	error) {
	resp, err := c.Databases.ListBackupSchedules(ctx, &adminpb.ListBackupSchedulesRequest{Parent: parent})
	if err != nil {
		return nil, err
	}
	for _, b := range resp.GetBackupSchedules() {
		if (b.GetDailyRecurrence() != nil) == (want.GetDailyRecurrence() != nil) {
			return b, nil
		}
	}
	return nil, errNotThere
}
