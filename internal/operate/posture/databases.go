package posture

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

const day = 24 * time.Hour

// eachDatabase looks at both databases.
func eachDatabase(expected string, see func(c *cloud, f *findings, id string, d *adminpb.Database)) func(
	context.Context, *cloud, *findings) {
	return func(ctx context.Context, c *cloud, f *findings) {
		for _, id := range databases {
			if d, ok := database(ctx, c, f, id, expected); ok {
				see(c, f, id, d)
			}
		}
	}
}

func database(ctx context.Context, c *cloud, f *findings, id, expected string) (*adminpb.Database, bool) {
	t := c.database(id)
	return look(ctx, c, f, ofFirestore, t, expected, func(ctx context.Context) (*adminpb.Database, error) {
		return c.Databases.GetDatabase(ctx, &adminpb.GetDatabaseRequest{Name: t.name})
	})
}

var databasesNative = eachDatabase("Firestore in native mode", func(c *cloud, f *findings, id string,
	d *adminpb.Database) {
	f.expect(d.GetType() == adminpb.Database_FIRESTORE_NATIVE, c.database(id), "is of type "+d.GetType().String(),
		"FIRESTORE_NATIVE")
	f.expect(d.GetLocationId() == c.region, c.database(id), "lies in "+d.GetLocationId(), c.region)
})

// drillPrefix begins the names of databases that a restore drill creates and removes; longestDrill is how long a drill
// may take.
const (
	drillPrefix  = "drill-"
	longestDrill = day
)

// otherDatabases: what is in a database that is not the installation's is subject to other rules. A copy of ours keeps
// what was erased.
func otherDatabases(ctx context.Context, c *cloud, f *findings) {
	list, ok := look(ctx, c, f, ofFirestore, thing{"databases of", c.project().name}, "the installation's databases",
		func(ctx context.Context) (*adminpb.ListDatabasesResponse, error) {
			return c.Databases.ListDatabases(ctx, &adminpb.ListDatabasesRequest{Parent: c.project().name})
		})
	if !ok {
		return
	}
	if n := len(list.GetUnreachable()); n > 0 {
		f.undecided(thing{"databases of", c.project().name}, "the installation's databases",
			fmt.Errorf("%s did not answer", plural(n, "location")))
	}
	for _, d := range list.GetDatabases() {
		switch id := short(d.GetName()); {
		case slices.Contains(databases, id):
			f.expect(true, c.database(id), "is among "+plural(len(list.GetDatabases()), "database"), "named databases")
		case c.drills(id, d):
			f.remark(c.database(id), "exists, made by a restore drill", "removed as soon as the drill has ended")
		default:
			f.expect(false, c.database(id), "exists, lies in "+d.GetLocationId()+" and is encrypted under "+
				keyOrGoogles(d.GetCmekConfig().GetKmsKeyName()),
				"no database but "+strings.Join(databases, " and "))
		}
	}
}

// drills reports whether a database may belong to a drill in progress: it is configured as ours are, and is not old.
func (c *cloud) drills(id string, d *adminpb.Database) bool {
	return strings.HasPrefix(id, drillPrefix) && d.GetLocationId() == c.region &&
		d.GetCmekConfig().GetKmsKeyName() == c.key(dataKey).name &&
		c.now.Sub(d.GetCreateTime().AsTime()) <= longestDrill
}

var databasesEncrypted = eachDatabase("a key of ours", func(c *cloud, f *findings, id string, d *adminpb.Database) {
	underDataKey(c, f, c.database(id), d.GetCmekConfig().GetKmsKeyName())
})

var databasesProtected = eachDatabase("protection against deletion", func(c *cloud, f *findings, id string,
	d *adminpb.Database) {
	s := d.GetDeleteProtectionState()
	f.expect(s == adminpb.Database_DELETE_PROTECTION_ENABLED, c.database(id), "has protection against deletion "+
		s.String(), "DELETE_PROTECTION_ENABLED")
})

func contentRecoverable(ctx context.Context, c *cloud, f *findings) {
	if d, ok := database(ctx, c, f, contentDatabase, "point-in-time recovery"); ok {
		s := d.GetPointInTimeRecoveryEnablement()
		f.expect(s == adminpb.Database_POINT_IN_TIME_RECOVERY_ENABLED, c.database(contentDatabase), "has recovery "+
			s.String(), "POINT_IN_TIME_RECOVERY_ENABLED")
	}
}

// fieldsOf reads the configuration of single fields in a database, by "collection.field".
func fieldsOf(ctx context.Context, c *cloud, f *findings, database, expected string) (map[string]*adminpb.Field, bool) {
	t := thing{"fields of", c.database(database).name}
	list, ok := look(ctx, c, f, ofFirestore, t, expected, func(ctx context.Context) ([]*adminpb.Field, error) {
		return all(c.Databases.ListFields(ctx, &adminpb.ListFieldsRequest{
			Parent: c.database(database).name + "/collectionGroups/-", Filter: "indexConfig.usesAncestorConfig:false " +
				"OR ttlConfig:*",
		}).Next)
	})
	found := map[string]*adminpb.Field{}
	for _, x := range list {
		found[strings.TrimPrefix(x.GetName(), c.database(database).name+"/collectionGroups/")] = x
	}
	return found, ok
}

func (c *cloud) declared(id string) []store.FieldIndexes {
	if id == keysDatabase {
		return store.Indexes(c.keys).Fields
	}
	return store.Indexes(c.content).Fields
}

func (c *cloud) field(database string, x store.FieldIndexes) (key string, t thing) {
	key = x.Collection + "/fields/" + x.Field
	return key, thing{"field", c.database(database).name + "/collectionGroups/" + key}
}

// expiring: Firestore removes what is declared to expire, in each collection.
func expiring(ctx context.Context, c *cloud, f *findings) {
	for _, id := range databases {
		found, ok := fieldsOf(ctx, c, f, id, "a time to live where one is declared")
		if !ok {
			continue
		}
		for _, x := range c.declared(id) {
			key, t := c.field(id, x)
			live := found[key].GetTtlConfig()
			switch {
			case x.TTL:
				f.expect(live != nil && live.GetState() != adminpb.Field_TtlConfig_NEEDS_REPAIR &&
					live.GetExpirationOffset().AsDuration() == 0,
					t, "has time to live "+lives(live), "from its time, ACTIVE")
			case live != nil:
				f.expect(false, t, "has time to live "+lives(live), "none: documents would be lost")
			}
		}
	}
}

func lives(l *adminpb.Field_TtlConfig) string {
	if l == nil {
		return "none"
	}
	return fmt.Sprintf("%s, %s after its time", l.GetState(), span(l.GetExpirationOffset().AsDuration()))
}

// unindexed: fields that no query uses, including sealed ones, are in no index.
func unindexed(ctx context.Context, c *cloud, f *findings) {
	for _, id := range databases {
		found, ok := fieldsOf(ctx, c, f, id, "sealed and unasked fields exempt from indexes")
		if !ok {
			continue
		}
		for _, x := range c.declared(id) {
			if len(x.Single) > 0 {
				continue
			}
			key, t := c.field(id, x)
			have, said := found[key]
			n := len(have.GetIndexConfig().GetIndexes())
			exempt := said && n == 0 && !have.GetIndexConfig().GetUsesAncestorConfig()
			read := "is in " + fmt.Sprintf("%d indexes of its own", n)
			if !said {
				read = "is in the automatic indexes"
			}
			f.expect(exempt, t, read, "in none")
		}
	}
}

// span writes a duration in days where it is a whole number of them.
func span(d time.Duration) string {
	if d >= day && d%day == 0 {
		return plural(int(d/day), "day")
	}
	return d.String()
}
