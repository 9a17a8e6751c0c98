package firestore

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// field resolves a field's name.
func (s *Server) field(name string) (*database, FieldOverride, error) {
	database, group, rest, err := cutCollection(name)
	if err != nil {
		return nil, FieldOverride{}, err
	}
	path, ok := strings.CutPrefix(rest, "fields/")
	if !ok {
		return nil, FieldOverride{}, invalid("%q does not name a field", name)
	}
	if path != "*" {
		f, err := resource.ParseField(path)
		if err != nil {
			return nil, FieldOverride{}, err
		}
		path = f.Text
	}
	d, err := s.database(database)
	return d, FieldOverride{Collection: group, Path: path, Automatic: true}, err
}

// override returns the override like f, or f itself when there is none.
func (r *record) override(f FieldOverride) (found FieldOverride, at int) {
	at = slices.IndexFunc(r.Fields, func(o FieldOverride) bool {
		return o.Collection == f.Collection && o.Path == f.Path
	})
	if at < 0 {
		return f, at
	}
	return r.Fields[at], at
}

func (s adminService) UpdateField(_ context.Context, r *adminpb.UpdateFieldRequest) (*longrunningpb.Operation, error) {
	started := s.clock()
	d, f, err := s.field(r.GetField().GetName())
	if err != nil {
		return nil, err
	}
	err = s.changeIndexing(d, func(rec *record) error {
		var at int
		f, at = rec.override(f)
		if err := f.update(r); err != nil {
			return err
		}
		if f.TTL && rec.expiresOtherwise(f) {
			return precondition("The collection group %s has a TTL policy on another field already.", f.Collection)
		}
		if at >= 0 {
			rec.Fields = slices.Delete(rec.Fields, at, at+1)
		}
		if !f.Automatic || f.TTL {
			rec.Fields = append(rec.Fields, f)
		}
		return nil
	})
	if err != nil {
		return nil, answer(err)
	}
	return s.operations.Done(d.name, fieldProto(d.name, f), &adminpb.FieldOperationMetadata{
		StartTime: timestamppb.New(started), EndTime: timestamppb.New(s.clock()),
		State: adminpb.OperationState_SUCCESSFUL,
		Field: r.GetField().GetName(),
	})
}

// expiresOtherwise tells whether another field of the group has a TTL policy; a group has at most one.
func (r *record) expiresOtherwise(f FieldOverride) bool {
	return slices.ContainsFunc(r.Fields, func(o FieldOverride) bool {
		return o.TTL && o.Collection == f.Collection && o.Path != f.Path
	})
}

// update applies what the request's mask names; without a mask, both.
func (f *FieldOverride) update(r *adminpb.UpdateFieldRequest) error {
	paths := r.GetUpdateMask().GetPaths()
	for _, p := range paths {
		if p != "ttl_config" && p != "index_config" {
			return invalid("update_mask: %q cannot be changed.", p)
		}
	}
	names := func(p string) bool { return len(paths) == 0 || slices.Contains(paths, p) }
	if names("ttl_config") {
		if r.GetField().GetTtlConfig().GetExpirationOffset().AsDuration() != 0 {
			return errUnserved("an offset of expiration")
		}
		f.TTL = r.GetField().GetTtlConfig() != nil
		if f.TTL && f.Path == "*" {
			return invalid("A TTL policy needs the name of a field.")
		}
	}
	if !names("index_config") {
		return nil
	}
	config := r.GetField().GetIndexConfig()
	f.Automatic, f.Indexes = config == nil, nil
	for _, p := range config.GetIndexes() {
		if len(p.GetFields()) != 1 {
			return invalid("the index of a field has one field")
		}
		mode, err := indexFieldOf(p.GetFields()[0])
		if err != nil {
			return err
		}
		f.Indexes = append(f.Indexes, FieldIndex{Mode: mode.Mode,
			GroupScope: p.GetQueryScope() == adminpb.Index_COLLECTION_GROUP})
	}
	return nil
}

func (s adminService) GetField(_ context.Context, r *adminpb.GetFieldRequest) (*adminpb.Field, error) {
	d, f, err := s.field(r.GetName())
	if err != nil {
		return nil, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	f, _ = d.record.override(f)
	return fieldProto(d.name, f), nil
}

// ListFields lists the fields whose indexing or time to live was set explicitly. It must be called with the filter that
// Google requires.
func (s adminService) ListFields(_ context.Context, r *adminpb.ListFieldsRequest) (*adminpb.ListFieldsResponse, error) {
	wanted, err := fieldFilter(r.GetFilter())
	if err != nil {
		return nil, err
	}
	d, group, _, _, err := s.indexes(r.GetParent())
	if err != nil {
		return nil, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	found := map[string]*adminpb.Field{}
	for _, f := range d.record.Fields {
		if (f.Collection == group || group == "-") && wanted(f) {
			pb := fieldProto(d.name, f)
			found[pb.GetName()] = pb
		}
	}
	out := &adminpb.ListFieldsResponse{}
	var names []string
	names, out.NextPageToken, err = table.Names(found, func(string) bool {
		return true
	}, r.GetPageSize(), r.GetPageToken())
	for _, name := range names {
		out.Fields = append(out.Fields, found[name])
	}
	return out, err
}

// fieldFilter reads the two conditions that Google knows, alone or joined by OR.
func fieldFilter(text string) (func(FieldOverride) bool, error) {
	var indexed, expiring bool
	for _, part := range strings.Split(text, " OR ") {
		switch strings.ReplaceAll(strings.ReplaceAll(part, " ", ""), "=", ":") {
		case "indexConfig.usesAncestorConfig:false":
			indexed = true
		case "ttlConfig:*":
			expiring = true
		default:
			return nil, invalid("The filter must include indexConfig.usesAncestorConfig:false or ttlConfig:*.")
		}
	}
	return func(f FieldOverride) bool { return indexed && !f.Automatic || expiring && f.TTL }, nil
}

func fieldProto(database string, f FieldOverride) *adminpb.Field {
	out := &adminpb.Field{Name: collectionName(database, f.Collection) + "/fields/" + f.Path,
		IndexConfig: &adminpb.Field_IndexConfig{}}
	if f.TTL {
		out.TtlConfig = &adminpb.Field_TtlConfig{State: adminpb.Field_TtlConfig_ACTIVE}
	}
	indexes := f.Indexes
	if f.Automatic {
		out.IndexConfig.UsesAncestorConfig = true
		indexes = []FieldIndex{{Mode: Ascending}, {Mode: Descending}, {Mode: Contains}}
	}
	for _, i := range indexes {
		out.IndexConfig.Indexes = append(out.IndexConfig.Indexes, &adminpb.Index{
			QueryScope: scopeProto(i.GroupScope),
			State:      adminpb.Index_READY,
			Fields:     []*adminpb.Index_IndexField{indexFieldProto(IndexField{Path: f.Path, Mode: i.Mode})},
		})
	}
	return out
}
