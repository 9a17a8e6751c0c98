package provision

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// fields give every declared field exactly the single-field indexes that are used, and a time to live where one is
// declared. A collection can have a time to live on only one field, so fields that must not have one come first.
func (s Spec) fields() []Resource {
	var list []Resource
	for _, d := range s.indexed() {
		var living []Resource
		for _, f := range d.spec.Fields {
			if f.TTL {
				living = append(living, s.field(d.id, f))
			} else {
				list = append(list, s.field(d.id, f))
			}
		}
		list = append(list, living...)
	}
	return list
}

// field is entirely ours: a surplus index costs money with every write, and a surplus time to live deletes data.
func (s Spec) field(database string, f store.FieldIndexes) Resource {
	want := fieldProto(s.database(database), f)
	change := func(ctx context.Context, c *session) error {
		// the change continues at Google, and nothing waits for it
		_, err := c.Databases.UpdateField(ctx, &adminpb.UpdateFieldRequest{
			Field: want, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"index_config", "ttl_config"}},
		})
		return err
	}
	t := thing[*adminpb.Field]{
		read: func(ctx context.Context, c *session) (*adminpb.Field, error) {
			have, err := c.Databases.GetField(ctx, &adminpb.GetFieldRequest{Name: want.GetName()})
			if err == nil && have.GetIndexConfig().GetUsesAncestorConfig() && have.GetTtlConfig() == nil {
				err = errNotThere // the field was never configured
			}
			return have, err
		},
		create: change,
		differ: func(have *adminpb.Field) []difference { return fieldDifferences(have, want) },
		update: func(ctx context.Context, c *session, _ *adminpb.Field, _ []difference) error { return change(ctx, c) },
	}
	return Resource{
		Kind: "field", Name: want.GetName(), api: apiFirestore, look: t.look, fresh: true, block: fieldBlock(database,
			f),
	}
}

func fieldProto(database string, f store.FieldIndexes) *adminpb.Field {
	out := &adminpb.Field{
		Name:        database + "/collectionGroups/" + f.Collection + "/fields/" + f.Field,
		IndexConfig: &adminpb.Field_IndexConfig{},
	}
	for _, one := range f.Single {
		out.IndexConfig.Indexes = append(out.IndexConfig.Indexes, &adminpb.Index{
			QueryScope: scope(one.Group), Fields: []*adminpb.Index_IndexField{indexField(f.Field, one.Mode)},
		})
	}
	if f.TTL {
		out.TtlConfig = &adminpb.Field_TtlConfig{}
	}
	return out
}

func fieldDifferences(have, want *adminpb.Field) []difference {
	var found []difference
	for _, d := range []difference{
		{field: "index_config", from: singles(have), to: singles(want)},
		{field: "ttl_config", from: lives(have), to: lives(want)},
	} {
		if d.from != d.to {
			found = append(found, d)
		}
	}
	return found
}

// singles are a field's own indexes in one line.
func singles(f *adminpb.Field) string {
	if f.GetIndexConfig().GetUsesAncestorConfig() {
		return "automatic"
	}
	var list []string
	for _, i := range f.GetIndexConfig().GetIndexes() {
		list = append(list, text("", i))
	}
	if len(list) == 0 {
		return "exempt"
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func lives(f *adminpb.Field) string {
	if f.GetTtlConfig() == nil {
		return "none"
	}
	if offset := f.GetTtlConfig().GetExpirationOffset(); offset.AsDuration() != 0 {
		return "from " + days(offset.AsDuration()) + " after its time"
	}
	return "from its time"
}

func fieldBlock(database string, f store.FieldIndexes) block {
	config := sub("index_config")
	for _, one := range f.Single {
		config.body = append(config.body, sub("indexes", modeArg(one.Mode),
			set("query_scope", scope(one.Group).String())))
	}
	body := []arg{databaseRef(database), set("collection", f.Collection), set("field", f.Field), config}
	if f.TTL {
		body = append(body, sub("ttl_config"))
	}
	return tf("google_firestore_field", database+"-"+f.Collection+"-"+f.Field, body...)
}
