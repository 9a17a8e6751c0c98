package firestore

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"

	"github.com/tinyoperahouse/toh/internal/localcloud/firestore/resource"
)

// field finds what a field's name means.
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
	at = slices.IndexFunc(r.Fields, func(o FieldOverride) bool { return o.Collection == f.Collection && o.Path == f.Path })
	if at < 0 {
		return f, at
	}
	return r.Fields[at], at
}

func (s adminService) UpdateField(_ context.Context, r *adminpb.UpdateFieldRequest) (*longrunningpb.Operation, error) {
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
	return done(d.name, fieldProto(d.name, f))
}

// update takes over what the request's mask names; without a mask, both.
func (f *FieldOverride) update(r *adminpb.UpdateFieldRequest) error {
	paths := r.GetUpdateMask().GetPaths()
	names := func(p string) bool { return len(paths) == 0 || slices.Contains(paths, p) }
	if names("ttl_config") {
		f.TTL = r.GetField().GetTtlConfig() != nil
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
		f.Indexes = append(f.Indexes, FieldIndex{Mode: mode.Mode, GroupScope: p.GetQueryScope() == adminpb.Index_COLLECTION_GROUP})
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

func (s adminService) ListFields(_ context.Context, r *adminpb.ListFieldsRequest) (*adminpb.ListFieldsResponse, error) {
	d, group, _, _, err := s.indexes(r.GetParent())
	if err != nil {
		return nil, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := &adminpb.ListFieldsResponse{}
	for _, f := range d.record.Fields {
		if f.Collection == group || group == "-" {
			out.Fields = append(out.Fields, fieldProto(d.name, f))
		}
	}
	return out, nil
}

func fieldProto(database string, f FieldOverride) *adminpb.Field {
	out := &adminpb.Field{Name: collectionName(database, f.Collection) + "/fields/" + f.Path, IndexConfig: &adminpb.Field_IndexConfig{}}
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
