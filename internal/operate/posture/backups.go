package posture

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
)

// How long backups are kept, as the attestation wants it and as the public page of data says it.
const (
	DailyKept    = 14 * day     // content: daily backups for two weeks
	WeeklyKept   = 14 * 7 * day // and weekly ones for fourteen
	RecoveryKept = 7 * day      // and any state since then: what Firestore gives with point-in-time recovery
	KeysKept     = 7 * day      // what is erased cannot be read any more when no backup holds its keys
	backupAge    = 49 * time.Hour
)

func schedules(ctx context.Context, c *cloud, f *findings, id, expected string) (daily, weekly time.Duration, ok bool) {
	t := thing{"backup schedules of", c.database(id).name}
	list, ok := look(ctx, c, f, ofFirestore, t, expected,
		func(ctx context.Context) (*adminpb.ListBackupSchedulesResponse, error) {
			return c.Databases.ListBackupSchedules(ctx, &adminpb.ListBackupSchedulesRequest{Parent: c.database(id).
				name})
		})
	for _, s := range list.GetBackupSchedules() {
		keep := s.GetRetention().AsDuration()
		if s.GetDailyRecurrence() != nil {
			daily = max(daily, keep)
		} else {
			weekly = max(weekly, keep)
		}
	}
	return daily, weekly, ok
}

func backedUp(ctx context.Context, c *cloud, f *findings) {
	if daily, weekly, ok := schedules(ctx, c, f, contentDatabase, "a backup each day and each week"); ok {
		f.expect(daily >= DailyKept, c.database(contentDatabase), "has daily backups "+kept(daily),
			"kept 14 days or longer")
		f.expect(weekly >= WeeklyKept, c.database(contentDatabase), "has weekly backups "+kept(weekly),
			"kept 98 days, the longest that Firestore keeps one")
	}
	if daily, _, ok := schedules(ctx, c, f, keysDatabase, "a backup each day"); ok {
		f.expect(daily > 0, c.database(keysDatabase), "has daily backups "+kept(daily), "a backup each day")
	}
}

func kept(d time.Duration) string {
	if d == 0 {
		return "not at all"
	}
	return "kept " + span(d)
}

// keysForgotten: what is erased is gone with its keys, and the keys are gone when no old state of their database is
// left.
func keysForgotten(ctx context.Context, c *cloud, f *findings) {
	if daily, weekly, ok := schedules(ctx, c, f, keysDatabase, "backups kept 7 days at most"); ok {
		longest := max(daily, weekly)
		f.expect(longest <= KeysKept, c.database(keysDatabase), "has backups "+kept(longest),
			"kept 7 days at most: an erasure is complete when they are gone")
	}
	if d, ok := database(ctx, c, f, keysDatabase, "no point-in-time recovery"); ok {
		s := d.GetPointInTimeRecoveryEnablement()
		f.expect(s == adminpb.Database_POINT_IN_TIME_RECOVERY_DISABLED, c.database(keysDatabase), "has recovery "+
			s.String(), "POINT_IN_TIME_RECOVERY_DISABLED: erased keys must not come back")
	}
	backups, ok := backups(ctx, c, f)
	for _, b := range backups {
		if !ok || b.GetDatabase() != c.database(keysDatabase).name || b.GetState() == adminpb.Backup_NOT_AVAILABLE {
			continue
		}
		keep := b.GetExpireTime().AsTime().Sub(b.GetSnapshotTime().AsTime()).Round(time.Hour)
		f.expect(keep <= KeysKept, thing{"backup", b.GetName()}, "of the keys is "+kept(keep), "kept 7 days at most")
	}
}

func backups(ctx context.Context, c *cloud, f *findings) ([]*adminpb.Backup, bool) {
	t := thing{"backups of", c.project().name}
	resp, ok := look(ctx, c, f, ofFirestore, t, "a list of backups",
		func(ctx context.Context) (*adminpb.ListBackupsResponse, error) {
			resp, err := c.Databases.ListBackups(ctx, &adminpb.ListBackupsRequest{Parent: c.project().name +
				"/locations/-"})
			if err == nil && len(resp.GetUnreachable()) > 0 {
				err = fmt.Errorf("%d locations did not answer", len(resp.GetUnreachable()))
			}
			return resp, err
		})
	return resp.GetBackups(), ok
}

// backupsMade: a schedule is only a plan; what counts is that there is a backup. A database that is younger than two
// days need not have one.
func backupsMade(ctx context.Context, c *cloud, f *findings) {
	list, ok := backups(ctx, c, f)
	if !ok {
		return
	}
	for _, id := range databases {
		d, ok := database(ctx, c, f, id, "a recent backup")
		if !ok {
			continue
		}
		newest := d.GetCreateTime().AsTime()
		made := 0
		for _, b := range list {
			if b.GetDatabase() == c.database(id).name && b.GetState() == adminpb.Backup_READY {
				made++
				if at := b.GetSnapshotTime().AsTime(); at.After(newest) {
					newest = at
				}
			}
		}
		age := c.now.Sub(newest).Round(time.Minute)
		f.expect(age <= backupAge, c.database(id),
			fmt.Sprintf("has %s; the newest, or the database if it is younger, is %s old", plural(made, "backup"), age),
			"not older than 49 hours")
	}
}

// otherBackups: a backup of a database that is not the installation's holds that database's content, for as long as it
// is kept.
func otherBackups(ctx context.Context, c *cloud, f *findings) {
	list, ok := backups(ctx, c, f)
	if !ok {
		return
	}
	n := 0
	for _, b := range list {
		if b.GetState() == adminpb.Backup_NOT_AVAILABLE || slices.ContainsFunc(databases, func(id string) bool {
			return b.GetDatabase() == c.database(id).name
		}) {
			continue
		}
		n++
		f.expect(false, thing{"backup", b.GetName()}, "is of "+b.GetDatabase(), "backups of "+strings.Join(databases,
			" and ")+" alone")
	}
	f.expect(n == 0, thing{"backups of", c.project().name}, "are "+fmt.Sprint(len(list))+", "+fmt.Sprint(n)+
		" of them of other databases", "none of another database")
}
