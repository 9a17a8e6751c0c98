package drill

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"

	"github.com/tinyoperahouse/toh/internal/model"
)

// prefix begins the names of databases that drills create.
const prefix = "drill-"

func (d *drill) project() string { return "projects/" + d.Project }

func (d *drill) full(database string) string { return d.project() + "/databases/" + database }

// newName has the date, and something that two drills on the same day do not share.
func (d *drill) newName() string {
	return prefix + d.now().Format("20060102") + "-" + strings.ToLower(rand.Text()[:6])
}

// pick finds the backup, and what earlier drills left behind.
func (d *drill) pick(ctx context.Context) (*adminpb.Backup, error) {
	if err := d.leftovers(ctx); err != nil {
		return nil, err
	}
	if d.Backup != "" {
		b, err := d.Databases.GetBackup(ctx, &adminpb.GetBackupRequest{Name: d.Backup})
		if err != nil {
			return nil, fmt.Errorf("look at the backup: %w", err)
		}
		if b.GetState() != adminpb.Backup_READY {
			return nil, fmt.Errorf("the backup is %s: %w", b.GetState(), model.ErrConflict)
		}
		return b, nil
	}
	list, err := d.Databases.ListBackups(ctx, &adminpb.ListBackupsRequest{Parent: d.project() + "/locations/-"})
	if err != nil {
		return nil, fmt.Errorf("list the backups: %w", err)
	}
	if len(list.GetUnreachable()) > 0 {
		d.problem("not all backups could be listed: %s did not answer", strings.Join(list.GetUnreachable(), ", "))
	}
	if b := newest(list.GetBackups(), d.full(d.Database)); b != nil {
		return b, nil
	}
	return nil, fmt.Errorf("no backup of %s is ready: the schedules that tohctl provision creates make the first "+
		"within a day: %w", d.full(d.Database), model.ErrNotFound)
}

func newest(list []*adminpb.Backup, database string) (found *adminpb.Backup) {
	for _, b := range list {
		if b.GetDatabase() != database || b.GetState() != adminpb.Backup_READY {
			continue
		}
		if found == nil || b.GetSnapshotTime().AsTime().After(found.GetSnapshotTime().AsTime()) {
			found = b
		}
	}
	return found
}

func (d *drill) leftovers(ctx context.Context) error {
	list, err := d.Databases.ListDatabases(ctx, &adminpb.ListDatabasesRequest{Parent: d.project()})
	if err != nil {
		return fmt.Errorf("list the databases: %w", err)
	}
	for _, db := range list.GetDatabases() {
		if strings.HasPrefix(db.GetName(), d.full(prefix)) {
			d.out.LeftOver = append(d.out.LeftOver, db.GetName())
		}
	}
	return nil
}

// restore creates the new database. It reports whether one may exist now, whatever the error.
func (d *drill) restore(ctx context.Context) (started bool, err error) {
	op, err := d.Databases.RestoreDatabase(ctx, &adminpb.RestoreDatabaseRequest{
		Parent: d.project(), DatabaseId: d.out.Database, Backup: d.out.Backup,
	})
	if err != nil {
		return true, fmt.Errorf("restore the backup: %w", err)
	}
	if _, err := op.Wait(ctx); err != nil {
		return true, fmt.Errorf("wait for the restored database: %w", err)
	}
	return true, nil
}

// remove removes the new database, and says so if it still exists.
func (d *drill) remove(ctx context.Context) error {
	name := d.full(d.out.Database)
	if !strings.HasPrefix(d.out.Database, prefix) {
		return errors.New("drill: not removing a database that was not made by a drill")
	}
	d.Tell("removing " + d.out.Database)
	op, err := d.Databases.DeleteDatabase(ctx, &adminpb.DeleteDatabaseRequest{Name: name})
	if notThere(err) {
		return nil
	}
	if err == nil {
		_, err = op.Wait(ctx)
	}
	if err != nil {
		return fmt.Errorf("remove %s, which holds everything that was restored: do so by hand: %w", name, err)
	}
	d.out.Removed = true
	return nil
}
