package firestore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"regexp"
	"time"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// How far back Google can read, with and without point-in-time recovery.
const (
	longHistory  = 7 * 24 * time.Hour
	shortHistory = time.Hour
)

var (
	databaseIDPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{2,61}[a-z0-9]$`)
	uuidPattern       = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	projectPattern    = regexp.MustCompile(`^projects/[^/]+$`)
	locationPattern   = regexp.MustCompile(`^[a-z]+(-[a-z]+)*[0-9]+$`)
)

// keyLocations are the places where the keys of multi-region databases must be.
var keyLocations = map[string]string{"nam5": "us", "nam7": "us", "eur3": "europe"}

func checkNewDatabase(parent, id string) error {
	if !projectPattern.MatchString(parent) {
		return invalid("Parent %q must be projects/{project_id}.", parent)
	}
	if id != "(default)" && (!databaseIDPattern.MatchString(id) || uuidPattern.MatchString(id)) {
		return invalid("Invalid database ID %q: it must have 4 to 63 lower-case letters, digits and hyphens, begin "+
			"with a letter, "+
			"end with a letter or digit, and not look like a UUID.", id)
	}
	return nil
}

// newSettings are the settings of a database that an operator makes, with Google's defaults.
func (s *Server) newSettings(ctx context.Context, project string, given *adminpb.Database) (*adminpb.Database, error) {
	switch {
	case !locationPattern.MatchString(given.GetLocationId()):
		return nil, invalid("Invalid location_id %q.", given.GetLocationId())
	case given.GetType() == adminpb.Database_DATABASE_TYPE_UNSPECIFIED:
		return nil, invalid("The type of the database is required.")
	case given.GetType() != adminpb.Database_FIRESTORE_NATIVE:
		return nil, errUnserved("a database of type " + given.GetType().String())
	case given.GetDatabaseEdition() == adminpb.Database_ENTERPRISE:
		return nil, errUnserved("a database in Enterprise edition")
	case len(given.GetTags()) > 0:
		return nil, errUnserved("binding tags")
	}
	out := plainSettings()
	out.LocationId = given.GetLocationId()
	for _, path := range mutable {
		if err := changeSettings(out, given, path); err != nil {
			return nil, err
		}
	}
	var err error
	out.CmekConfig, err = s.encryption(ctx, project, out.GetLocationId(), given.GetCmekConfig().GetKmsKeyName())
	return out, err
}

// plainSettings are those of a database that the product itself makes on one machine.
func plainSettings() *adminpb.Database {
	return &adminpb.Database{
		Uid:                             newUUID(),
		LocationId:                      "local",
		Type:                            adminpb.Database_FIRESTORE_NATIVE,
		ConcurrencyMode:                 adminpb.Database_PESSIMISTIC,
		DatabaseEdition:                 adminpb.Database_STANDARD,
		PointInTimeRecoveryEnablement:   adminpb.Database_POINT_IN_TIME_RECOVERY_DISABLED,
		DeleteProtectionState:           adminpb.Database_DELETE_PROTECTION_DISABLED,
		AppEngineIntegrationMode:        adminpb.Database_DISABLED,
		FirestoreDataAccessMode:         adminpb.Database_DATA_ACCESS_MODE_ENABLED,
		MongodbCompatibleDataAccessMode: adminpb.Database_DATA_ACCESS_MODE_DISABLED,
	}
}

// mutable are the settings that can be changed later.
var mutable = []string{"concurrency_mode", "point_in_time_recovery_enablement", "delete_protection_state",
	"app_engine_integration_mode"}

// changeSettings applies what one path of a mask names. Settings that were left open stay as they are.
func changeSettings(to, from *adminpb.Database, path string) error {
	switch path {
	case "concurrency_mode":
		if m := from.GetConcurrencyMode(); m > adminpb.Database_CONCURRENCY_MODE_UNSPECIFIED &&
			m != adminpb.Database_PESSIMISTIC {
			return errUnserved("concurrency mode " + m.String())
		}
	case "point_in_time_recovery_enablement":
		if v := from.GetPointInTimeRecoveryEnablement(); v !=
			adminpb.Database_POINT_IN_TIME_RECOVERY_ENABLEMENT_UNSPECIFIED {
			to.PointInTimeRecoveryEnablement = v
		}
	case "delete_protection_state":
		if v := from.GetDeleteProtectionState(); v != adminpb.Database_DELETE_PROTECTION_STATE_UNSPECIFIED {
			to.DeleteProtectionState = v
		}
	case "app_engine_integration_mode":
		if from.GetAppEngineIntegrationMode() == adminpb.Database_ENABLED {
			return errUnserved("App Engine integration")
		}
	default:
		return invalid("update_mask: %q cannot be changed.", path)
	}
	return nil
}

// agent is the domain of the accounts with which Google uses the keys of databases.
const agent = "gcp-sa-firestore"

// encryption checks the key of a database; an empty name means Google's own.
func (s *Server) encryption(ctx context.Context, project, location, key string) (*adminpb.Database_CmekConfig, error) {
	if key == "" {
		return nil, nil
	}
	if multi, ok := keyLocations[location]; ok {
		location = multi
	}
	if err := s.key.Check(ctx, key, project, location, agent); err != nil {
		return nil, err
	}
	return &adminpb.Database_CmekConfig{KmsKeyName: key}, nil
}

// settings decodes what is stored; a database of an earlier version has none.
func (r *record) settings() (*adminpb.Database, error) {
	if r.Settings == nil {
		out := plainSettings()
		out.Uid = fmt.Sprint(r.ID)
		return out, nil
	}
	out := &adminpb.Database{}
	if err := proto.Unmarshal(r.Settings, out); err != nil {
		return nil, fmt.Errorf("settings of a database: %w", err)
	}
	return out, nil
}

func (r *record) setSettings(settings *adminpb.Database) (err error) {
	if r.Settings, err = proto.Marshal(settings); err != nil {
		return fmt.Errorf("settings of a database: %w", err)
	}
	return nil
}

func (r *record) etag() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %x", r.ID, r.Created, r.Settings))
	return fmt.Sprintf("%x", sum[:8])
}

func (r *record) checkEtag(given string) error {
	if given != "" && given != r.etag() {
		return precondition("The etag does not match: the database was changed meanwhile.")
	}
	return nil
}

// proto is the database as an operator sees it.
func (d *database) proto(now time.Time) (*adminpb.Database, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out, err := d.record.settings()
	if err != nil {
		return nil, answer(err)
	}
	out.Name, out.CreateTime, out.Etag = d.name, timestamppb.New(d.record.Created), d.record.etag()
	if out.UpdateTime == nil {
		out.UpdateTime = out.GetCreateTime()
	}
	history := d.history()
	out.VersionRetentionPeriod = durationpb.New(history)
	earliest, err := d.keptSince(d.numbers.kv, d.record.Created, now, history)
	if err != nil {
		return nil, answer(err)
	}
	out.EarliestVersionTime = timestamppb.New(earliest)
	return out, nil
}

// newUUID is a random one, version 4.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
