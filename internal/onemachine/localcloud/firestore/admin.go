package firestore

import (
	"strconv"
	"strings"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// adminService has the calls for databases, indexes, fields, backups and their schedules. Its operations are done when
// they are returned.
type adminService struct {
	adminpb.UnimplementedFirestoreAdminServer
	*Server
}

// doneDatabase is an operation on a database that has ended successfully.
func (s adminService) doneDatabase(d *database, metadata proto.Message) (*longrunningpb.Operation, error) {
	pb, err := d.proto(s.clock())
	if err != nil {
		return nil, err
	}
	return s.operations.Done(d.name, pb, metadata)
}

// splitName cuts projects/P/databases/D.
func splitName(database string) (project, id string) {
	parts := strings.Split(database, "/")
	return parts[1], parts[3]
}

func collectionName(database, group string) string { return database + "/collectionGroups/" + group }

// cutCollection cuts projects/P/databases/D/collectionGroups/G and what follows.
func cutCollection(name string) (database, group, rest string, err error) {
	database, rest, ok := strings.Cut(name, "/collectionGroups/")
	group, rest, _ = strings.Cut(rest, "/")
	if !ok || group == "" {
		return "", "", "", invalid("%q does not name a collection group", name)
	}
	return database, group, rest, resource.CheckDatabase(database)
}

func indexProto(database string, i Index) *adminpb.Index {
	out := &adminpb.Index{
		Name:       collectionName(database, i.Collection) + "/indexes/" + strconv.FormatUint(uint64(i.ID), 10),
		QueryScope: scopeProto(i.GroupScope),
		State:      adminpb.Index_READY,
		Density:    adminpb.Index_SPARSE_ALL,
	}
	for _, f := range i.normal() {
		out.Fields = append(out.Fields, indexFieldProto(f))
	}
	return out
}

func scopeProto(group bool) adminpb.Index_QueryScope {
	if group {
		return adminpb.Index_COLLECTION_GROUP
	}
	return adminpb.Index_COLLECTION
}

func indexFieldProto(f IndexField) *adminpb.Index_IndexField {
	out := &adminpb.Index_IndexField{FieldPath: f.Path}
	switch f.Mode {
	case Contains:
		out.ValueMode = &adminpb.Index_IndexField_ArrayConfig_{ArrayConfig: adminpb.Index_IndexField_CONTAINS}
	case Descending:
		out.ValueMode = &adminpb.Index_IndexField_Order_{Order: adminpb.Index_IndexField_DESCENDING}
	default:
		out.ValueMode = &adminpb.Index_IndexField_Order_{Order: adminpb.Index_IndexField_ASCENDING}
	}
	return out
}

func indexFieldOf(p *adminpb.Index_IndexField) (IndexField, error) {
	f := IndexField{Path: p.GetFieldPath()}
	switch m := p.GetValueMode().(type) {
	case *adminpb.Index_IndexField_ArrayConfig_:
		f.Mode = Contains
	case *adminpb.Index_IndexField_Order_:
		f.Mode = Ascending
		if m.Order == adminpb.Index_IndexField_DESCENDING {
			f.Mode = Descending
		}
	case *adminpb.Index_IndexField_VectorConfig_:
		return f, errUnserved("vector index")
	default:
		return f, invalid("index field %s has no mode", f.Path)
	}
	return f, nil
}

func indexOf(group string, p *adminpb.Index) (Index, error) {
	i := Index{Collection: group, GroupScope: p.GetQueryScope() == adminpb.Index_COLLECTION_GROUP}
	if p.GetQueryScope() == adminpb.Index_QUERY_SCOPE_UNSPECIFIED {
		return i, invalid("index has no query scope")
	}
	if p.GetApiScope() != adminpb.Index_ANY_API {
		return i, errUnserved("an index of API scope " + p.GetApiScope().String())
	}
	for _, f := range p.GetFields() {
		field, err := indexFieldOf(f)
		if err != nil {
			return i, err
		}
		i.Fields = append(i.Fields, field)
	}
	return i, nil
}
