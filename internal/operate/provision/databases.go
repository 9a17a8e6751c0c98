package provision

import (
	"context"
	"strings"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
)

// databases are created under the data key, which can be chosen only at creation. What the keys database holds must be
// gone soon after it is erased, so it keeps no old versions.
func (s Spec) databases() []Resource {
	return []Resource{
		s.firestore(ContentDatabase, adminpb.Database_POINT_IN_TIME_RECOVERY_ENABLED),
		s.firestore(KeysDatabase, adminpb.Database_POINT_IN_TIME_RECOVERY_DISABLED),
	}
}

const freshDatabase = "it is chosen when a database is made: restore a backup into a new database with this setting, " +
	"and move to it"

func (s Spec) firestore(id string, recovery adminpb.Database_PointInTimeRecoveryEnablement) Resource {
	want := &adminpb.Database{
		LocationId:                    s.Region,
		Type:                          adminpb.Database_FIRESTORE_NATIVE,
		ConcurrencyMode:               adminpb.Database_PESSIMISTIC,
		DatabaseEdition:               adminpb.Database_STANDARD,
		PointInTimeRecoveryEnablement: recovery,
		DeleteProtectionState:         adminpb.Database_DELETE_PROTECTION_ENABLED,
		CmekConfig:                    &adminpb.Database_CmekConfig{KmsKeyName: s.key(DataKey)},
	}
	rs := rules{
		"location_id":              {advice: always(freshDatabase)},
		"type":                     {advice: always(freshDatabase)},
		"database_edition":         {advice: always(freshDatabase)},
		"cmek_config":              {advice: always(freshDatabase)},
		"cmek_config.kms_key_name": {advice: always(freshDatabase)},
	}
	name := s.database(id)
	t := thing[*adminpb.Database]{
		read: func(ctx context.Context, c *session) (*adminpb.Database, error) {
			return c.Databases.GetDatabase(ctx, &adminpb.GetDatabaseRequest{Name: name})
		},
		create: func(ctx context.Context, c *session) error {
			op, err := c.Databases.CreateDatabase(ctx, &adminpb.CreateDatabaseRequest{Parent: s.project(),
				DatabaseId: id, Database: want})
			if err != nil {
				return err
			}
			return finish(ctx, op.Wait)
		},
		differ: func(have *adminpb.Database) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *adminpb.Database, found []difference) error {
			rs.overlay(have, want)
			op, err := c.Databases.UpdateDatabase(ctx, &adminpb.UpdateDatabaseRequest{Database: have,
				UpdateMask: mask(found)})
			if err != nil {
				return err
			}
			return finish(ctx, op.Wait)
		},
	}
	return Resource{
		Kind: "Firestore database", Name: name, api: apiFirestore, look: t.look, fresh: true,
		block: tf("google_firestore_database", id,
			set("name", id), set("location_id", s.Region), set("type", "FIRESTORE_NATIVE"),
			set("concurrency_mode", "PESSIMISTIC"),
			set("database_edition", "STANDARD"), set("point_in_time_recovery_enablement", recovery.String()),
			set("delete_protection_state", "DELETE_PROTECTION_ENABLED"), set("deletion_policy", "ABANDON"),
			sub("cmek_config", set("kms_key_name", s.key(DataKey))), forKeeps()),
	}
}

// databaseRef is a database in Terraform, which names it by its id.
func databaseRef(id string) arg {
	return set("database", ref("google_firestore_database."+strings.ReplaceAll(id, "-", "_")+".name"))
}
