package firestore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/genproto/googleapis/type/dayofweek"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

func daily(keep time.Duration) *adminpb.BackupSchedule {
	return &adminpb.BackupSchedule{
		Retention:  durationpb.New(keep),
		Recurrence: &adminpb.BackupSchedule_DailyRecurrence{DailyRecurrence: &adminpb.DailyRecurrence{}},
	}
}

func weekly(keep time.Duration, on dayofweek.DayOfWeek) *adminpb.BackupSchedule {
	return &adminpb.BackupSchedule{
		Retention:  durationpb.New(keep),
		Recurrence: &adminpb.BackupSchedule_WeeklyRecurrence{WeeklyRecurrence: &adminpb.WeeklyRecurrence{Day: on}},
	}
}

func (o *office) schedule(t *testing.T, s *adminpb.BackupSchedule) (*adminpb.BackupSchedule, error) {
	t.Helper()
	return o.CreateBackupSchedule(t.Context(), &adminpb.CreateBackupScheduleRequest{Parent: content, BackupSchedule: s})
}

func (o *office) backups(t *testing.T, filter string) []*adminpb.Backup {
	t.Helper()
	resp, err := o.ListBackups(t.Context(), &adminpb.ListBackupsRequest{Parent: "projects/p/locations/-",
		Filter: filter})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetBackups()
}

func (o *office) sweep(t *testing.T) {
	t.Helper()
	if _, err := o.server.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestBackupSchedules(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), modeltest.NewClock(time.Time{})
	o := openOffice(t, dir, clock)
	if _, err := o.create(t, "content", native()); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		s    *adminpb.BackupSchedule
		want codes.Code
	}{
		"no retention":        {daily(0), codes.InvalidArgument},
		"more than 14 weeks":  {daily(14*week + time.Second), codes.InvalidArgument},
		"no recurrence":       {&adminpb.BackupSchedule{Retention: durationpb.New(week)}, codes.InvalidArgument},
		"no day":              {weekly(week, 0), codes.InvalidArgument},
		"a day too far":       {weekly(week, 8), codes.InvalidArgument},
		"nothing":             {nil, codes.InvalidArgument},
		"weekly for 14 weeks": {weekly(14*week, dayofweek.DayOfWeek_SUNDAY), codes.OK},
	} {
		_, err := o.schedule(t, c.s)
		wantCode(t, what, err, c.want)
	}
	made, err := o.schedule(t, daily(week))
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.schedule(t, daily(day))
	wantCode(t, "second daily", err, codes.AlreadyExists)
	_, err = o.schedule(t, weekly(day, dayofweek.DayOfWeek_MONDAY))
	wantCode(t, "second weekly", err, codes.AlreadyExists)
	_, err = o.CreateBackupSchedule(t.Context(), &adminpb.CreateBackupScheduleRequest{Parent: content + "x",
		BackupSchedule: daily(day)})
	wantCode(t, "no database", err, codes.NotFound)
	update := func(keep time.Duration, paths ...string) error {
		s := daily(keep)
		s.Name = made.GetName()
		_, err := o.UpdateBackupSchedule(t.Context(), &adminpb.UpdateBackupScheduleRequest{BackupSchedule: s,
			UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
		return err
	}
	wantCode(t, "no mask", update(day), codes.InvalidArgument)
	wantCode(t, "recurrence", update(day, "retention", "daily_recurrence"), codes.InvalidArgument)
	wantCode(t, "too long", update(14*week+1, "retention"), codes.InvalidArgument)
	wantCode(t, "retention", update(3*day, "retention"), codes.OK)
	o.close()
	o = openOffice(t, dir, clock)
	defer o.close()
	got, err := o.GetBackupSchedule(t.Context(), &adminpb.GetBackupScheduleRequest{Name: made.GetName()})
	if err != nil || got.GetRetention().AsDuration() != 3*day || got.GetDailyRecurrence() == nil {
		t.Errorf("after reopening: %v, %v", got, err)
	}
	all, err := o.ListBackupSchedules(t.Context(), &adminpb.ListBackupSchedulesRequest{Parent: content})
	if err != nil || len(all.GetBackupSchedules()) != 2 {
		t.Errorf("%v, %v", all, err)
	}
	remove := &adminpb.DeleteBackupScheduleRequest{Name: made.GetName()}
	wantCode(t, "delete", o.DeleteBackupSchedule(t.Context(), remove), codes.OK)
	wantCode(t, "delete again", o.DeleteBackupSchedule(t.Context(), remove), codes.NotFound)
	wantCode(t, "bad name", o.DeleteBackupSchedule(t.Context(), &adminpb.DeleteBackupScheduleRequest{Name: content}),
		codes.InvalidArgument)
}

// The clock starts on a Saturday evening.
func TestSweepFollowsSchedules(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), modeltest.NewClock(time.Time{})
	o := openOffice(t, dir, clock)
	if _, err := o.create(t, "content", native()); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*adminpb.BackupSchedule{daily(2 * day), weekly(2*week, dayofweek.DayOfWeek_MONDAY)} {
		if _, err := o.schedule(t, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		what    string
		advance time.Duration
		want    int
	}{
		{"at once", 0, 0},
		{"before midnight", 4 * time.Hour, 0},
		{"Sunday", time.Hour, 1},
		{"Sunday again", time.Hour, 1},
		{"Monday, daily and weekly", day, 3},
		{"Tuesday, the first is two days old", day, 3},
		{"the week after, one of each, and the weekly one of before", week, 3},
	} {
		clock.Advance(step.advance)
		o.sweep(t)
		o.close()
		o = openOffice(t, dir, clock)
		if got := o.backups(t, ""); len(got) != step.want {
			t.Errorf("%s: %d backups, want %d: %v", step.what, len(got), step.want, got)
		}
	}
	clock.Advance(10 * week)
	remove := &adminpb.DeleteDatabaseRequest{Name: content}
	if _, err := o.DeleteDatabase(t.Context(), remove); err != nil {
		t.Fatal(err)
	}
	if len(o.backups(t, "")) == 0 {
		t.Error("the backups went with their database")
	}
	o.sweep(t)
	if got := o.backups(t, ""); len(got) != 0 {
		t.Errorf("after their time there are still %v", got)
	}
	o.close()
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), modeltest.NewClock(time.Time{})
	o := openOffice(t, dir, clock)
	source := native()
	source.CmekConfig = &adminpb.Database_CmekConfig{KmsKeyName: dataKey}
	source.DeleteProtectionState = adminpb.Database_DELETE_PROTECTION_ENABLED
	made, err := o.create(t, "content", source)
	if err != nil {
		t.Fatal(err)
	}
	err = o.server.DeclareIndexes(content,
		[]firestore.Index{{Collection: "c", Fields: []firestore.IndexField{{Path: "k", Mode: firestore.Ascending},
			{Path: "n", Mode: firestore.Descending}}}},
		firestore.FieldOverride{Collection: "c", Path: "body"},
		firestore.FieldOverride{Collection: "c", Path: "at", Automatic: true, TTL: true},
		firestore.FieldOverride{Collection: "other", Path: "at", TTL: true})
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, o.conn, "content")
	seed(t, client, 10)
	deep := client.Doc("c/1/below/x")
	if _, err := deep.Set(t.Context(), map[string]any{"ref": client.Doc("c/1"), "body": "text"}); err != nil {
		t.Fatal(err)
	}
	b, err := o.server.BackUp(t.Context(), content, day)
	if err != nil {
		t.Fatal(err)
	}
	stats := b.GetStats()
	if b.GetState() != adminpb.Backup_READY || b.GetDatabase() != content || b.GetDatabaseUid() != made.GetUid() ||
		stats.GetDocumentCount() != 11 ||
		stats.GetIndexCount() == 0 || stats.GetSizeBytes() == 0 || b.GetExpireTime().AsTime().
		Sub(b.GetSnapshotTime().AsTime()) != day {
		t.Errorf("backup %v", b)
	}
	if _, err := client.Doc("c/3").Delete(t.Context()); err != nil { // later than the backup
		t.Fatal(err)
	}
	o.close()
	o = openOffice(t, dir, clock)
	defer o.close()
	if got, err := o.GetBackup(t.Context(), &adminpb.GetBackupRequest{Name: b.GetName()}); err != nil ||
		!proto.Equal(got, b) {
		t.Errorf("after reopening %v, %v", got, err)
	}
	o.checkRestored(t, b)
	o.refusesRestores(t, b)
}

func (o *office) restore(t *testing.T, ctx context.Context, r *adminpb.RestoreDatabaseRequest) (*adminpb.Database,
	error) {
	t.Helper()
	op, err := o.RestoreDatabase(ctx, r)
	if err != nil {
		return nil, err
	}
	return op.Wait(ctx)
}

func (o *office) checkRestored(t *testing.T, b *adminpb.Backup) {
	t.Helper()
	ctx := t.Context()
	got, err := o.restore(t, ctx, &adminpb.RestoreDatabaseRequest{Parent: "projects/p", DatabaseId: "restored",
		Backup: b.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetCmekConfig().GetKmsKeyName() != dataKey || got.GetLocationId() != "europe-west1" ||
		got.GetUid() == b.GetDatabaseUid() ||
		got.GetSourceInfo().GetBackup().GetBackup() != b.GetName() ||
		got.GetDeleteProtectionState() != adminpb.Database_DELETE_PROTECTION_DISABLED {
		t.Errorf("restored %v", got)
	}
	client := newClient(t, o.conn, "restored")
	if n := documents(t, client); n != 10 {
		t.Errorf("%d documents came back, want 10", n)
	}
	if n := documents(t, newClient(t, o.conn, "content")); n != 9 {
		t.Errorf("the source has %d documents, want 9", n)
	}
	found, err := client.Collection("c").Where("k", "==", 1).OrderBy("n", 2).Documents(ctx).GetAll()
	if err != nil || len(found) != 5 || found[0].Data()["n"] != int64(9) ||
		found[0].Ref.Path != "projects/p/databases/restored/documents/c/9" {
		t.Errorf("by the composite index: %v, %v", found, err)
	}
	if deep, err := client.Doc("c/1/below/x").Get(ctx); err != nil || deep.Data()["body"] != "text" {
		t.Errorf("below: %v, %v", deep, err)
	}
	_, err = client.Collection("c").Where("body", "==", "x").Documents(ctx).GetAll()
	wantCode(t, "query by an exempt field", err, codes.FailedPrecondition)
	if got := o.fields(t, got.GetName()+"/collectionGroups/-", "ttlConfig:*"); got != "" {
		t.Errorf("time to live came back on %s", got)
	}
	if got := o.fields(t, got.GetName()+"/collectionGroups/-", "indexConfig.usesAncestorConfig:false"); got !=
		"at body" {
		t.Errorf("exempt are %s", got)
	}
	if err := o.server.CheckConsistency(); err != nil {
		t.Error(err)
	}
}

func (o *office) refusesRestores(t *testing.T, b *adminpb.Backup) {
	t.Helper()
	encrypted := func(key string) *adminpb.Database_EncryptionConfig {
		return &adminpb.Database_EncryptionConfig{
			EncryptionType: &adminpb.Database_EncryptionConfig_CustomerManagedEncryption{
				CustomerManagedEncryption: &adminpb.Database_EncryptionConfig_CustomerManagedEncryptionOptions{
					KmsKeyName: key},
			}}
	}
	for what, c := range map[string]struct {
		r    *adminpb.RestoreDatabaseRequest
		want codes.Code
	}{
		"over the source": {&adminpb.RestoreDatabaseRequest{Parent: "projects/p", DatabaseId: "content",
			Backup: b.GetName()}, codes.AlreadyExists},
		"bad id": {&adminpb.RestoreDatabaseRequest{Parent: "projects/p", DatabaseId: "x", Backup: b.GetName()},
			codes.InvalidArgument},
		"another project": {&adminpb.RestoreDatabaseRequest{Parent: "projects/q", DatabaseId: "other",
			Backup: b.GetName()}, codes.InvalidArgument},
		"no backup": {&adminpb.RestoreDatabaseRequest{Parent: "projects/p", DatabaseId: "other",
			Backup: b.GetName() + "x"}, codes.NotFound},
		"bad backup": {&adminpb.RestoreDatabaseRequest{Parent: "projects/p", DatabaseId: "other", Backup: "b"},
			codes.InvalidArgument},
		"no such key": {&adminpb.RestoreDatabaseRequest{Parent: "projects/p", DatabaseId: "other",
			Backup: b.GetName(), EncryptionConfig: encrypted(dataKey + "x")}, codes.FailedPrecondition},
		"no key": {&adminpb.RestoreDatabaseRequest{Parent: "projects/p", DatabaseId: "other",
			Backup: b.GetName(), EncryptionConfig: encrypted("")}, codes.InvalidArgument},
	} {
		_, err := o.restore(t, t.Context(), c.r)
		wantCode(t, what, err, c.want)
	}
	if err := o.DeleteBackup(t.Context(), &adminpb.DeleteBackupRequest{Name: b.GetName()}); err != nil {
		t.Fatal(err)
	}
	_, err := o.GetBackup(t.Context(), &adminpb.GetBackupRequest{Name: b.GetName()})
	wantCode(t, "deleted backup", err, codes.NotFound)
	_, err = o.restore(t, t.Context(), &adminpb.RestoreDatabaseRequest{Parent: "projects/p", DatabaseId: "other",
		Backup: b.GetName()})
	wantCode(t, "restore of it", err, codes.NotFound)
	if d := o.get(t, "projects/p/databases/restored"); d.GetName() == "" {
		t.Error("the restored database went with its backup")
	}
}

// A backup larger than one write is restored too.
func TestLargeBackup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, err := o.create(t, "content", native()); err != nil {
		t.Fatal(err)
	}
	if err := o.server.DeclareIndexes(content, nil, firestore.FieldOverride{Collection: "c", Path: "body"}); err !=
		nil {
		t.Fatal(err)
	}
	client := newClient(t, o.conn, "content")
	for i := range 12 {
		if _, err := client.Doc(fmt.Sprint("c/", i)).Set(t.Context(),
			map[string]any{"body": strings.Repeat(fmt.Sprint(i%10), 900_000)}); err != nil {
			t.Fatal(err)
		}
	}
	b, err := o.server.BackUp(t.Context(), content, day)
	if err != nil || b.GetStats().GetDocumentCount() != 12 || b.GetStats().GetSizeBytes() < 12*900_000 {
		t.Fatalf("%v, %v", b, err)
	}
	if _, err := o.restore(t, t.Context(), &adminpb.RestoreDatabaseRequest{Parent: "projects/p", DatabaseId: "restored",
		Backup: b.GetName()}); err != nil {
		t.Fatal(err)
	}
	got, err := newClient(t, o.conn, "restored").Collection("c").Documents(t.Context()).GetAll()
	if err != nil || len(got) != 12 {
		t.Fatalf("%d documents came back, %v", len(got), err)
	}
	for _, doc := range got {
		id, body := doc.Ref.ID, doc.Data()["body"].(string)
		if len(body) != 900_000 || body[0] != id[len(id)-1] {
			t.Errorf("document %s has %d bytes that begin with %c", id, len(body), body[0])
		}
	}
}

func TestListBackupsByDatabase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var ids []string
	for _, id := range []string{"content", "other"} {
		d, err := o.create(t, id, native())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.server.BackUp(t.Context(), d.GetName(), day); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.GetUid())
	}
	if all := o.backups(t, ""); len(all) != 2 {
		t.Errorf("%v", all)
	}
	if one := o.backups(t, `database_uid="`+ids[1]+`"`); len(one) != 1 ||
		one[0].GetDatabase() != "projects/p/databases/other" {
		t.Errorf("%v", one)
	}
	for what, r := range map[string]*adminpb.ListBackupsRequest{
		"bad filter": {Parent: "projects/p/locations/-", Filter: "state=READY"},
		"bad parent": {Parent: "projects/p"},
	} {
		_, err := o.ListBackups(t.Context(), r)
		wantCode(t, what, err, codes.InvalidArgument)
	}
	elsewhere, err := o.ListBackups(t.Context(), &adminpb.ListBackupsRequest{Parent: "projects/p/locations/nam5"})
	if err != nil || len(elsewhere.GetBackups()) != 0 {
		t.Errorf("%v, %v", elsewhere, err)
	}
	_, err = o.server.BackUp(t.Context(), content, 14*week+1)
	wantCode(t, "too long", err, codes.InvalidArgument)
}

// watched is a context that calls back when it is asked whether it has ended.
type watched struct {
	context.Context
	asked func()
}

func (w watched) Err() error {
	w.asked()
	return w.Context.Err()
}

// A backup or restore that is interrupted leaves nothing behind.
func TestInterruptedBackupAndRestore(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), modeltest.NewClock(time.Time{})
	o := openOffice(t, dir, clock)
	if _, err := o.create(t, "content", native()); err != nil {
		t.Fatal(err)
	}
	seed(t, newClient(t, o.conn, "content"), 5)
	cut, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.server.BackUp(cut, content, day); err == nil {
		t.Error("a backup was made although nobody waited")
	}
	if got := o.backups(t, ""); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	b, err := o.server.BackUp(t.Context(), content, day)
	if err != nil {
		t.Fatal(err)
	}
	const name = "projects/p/databases/cut-short"
	looked := false
	peek := watched{cut, func() { looked = o.server.HalfRestored(name) }}
	for range 2 {
		if err := o.server.Restore(peek, b.GetName(), name); err == nil {
			t.Error("a restoration was made although nobody waited")
		}
	}
	if !looked || o.server.HalfRestored(name) {
		t.Errorf("while it was restored, marked: %v; afterwards: %v", looked, o.server.HalfRestored(name))
	}
	if err := o.server.LeaveHalfRestored("projects/p/databases/half-done"); err != nil {
		t.Fatal(err)
	}
	o.close()
	o = openOffice(t, dir, clock)
	defer o.close()
	for _, id := range []string{"cut-short", "half-done"} {
		_, err := o.GetDatabase(t.Context(), &adminpb.GetDatabaseRequest{Name: "projects/p/databases/" + id})
		wantCode(t, id, err, codes.NotFound)
		if got, err := o.restore(t, t.Context(), &adminpb.RestoreDatabaseRequest{Parent: "projects/p", DatabaseId: id,
			Backup: b.GetName()}); err != nil {
			t.Errorf("%s: %v, %v", id, got, err)
		}
		if n := documents(t, newClient(t, o.conn, id)); n != 5 {
			t.Errorf("%s has %d documents", id, n)
		}
	}
	if err := o.server.CheckConsistency(); err != nil {
		t.Error(err)
	}
}
