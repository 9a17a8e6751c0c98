package firestore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// indexes finds the database and the collection group of a name, and a copy of the group's indexes.
func (s *Server) indexes(name string) (d *database, group, rest string, list []Index, err error) {
	database, group, rest, err := cutCollection(name)
	if err != nil {
		return nil, "", "", nil, err
	}
	if d, err = s.database(database); err != nil {
		return nil, "", "", nil, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, i := range d.record.Indexes {
		if i.Collection == group || group == "-" {
			list = append(list, i)
		}
	}
	return d, group, rest, list, nil
}

func (s adminService) CreateIndex(_ context.Context, r *adminpb.CreateIndexRequest) (*longrunningpb.Operation, error) {
	started := s.clock()
	d, group, _, _, err := s.indexes(r.GetParent())
	if err != nil {
		return nil, err
	}
	i, err := indexOf(group, r.GetIndex())
	if err != nil {
		return nil, err
	}
	if _, err := makeComposite(i); err != nil {
		return nil, err
	}
	err = s.changeIndexing(d, func(rec *record) error {
		if slices.ContainsFunc(rec.Indexes, i.same) {
			return errExists(i)
		}
		i = rec.adopt(i)
		rec.Indexes = append(rec.Indexes, i)
		return nil
	})
	if err != nil {
		return nil, answer(err)
	}
	return s.operations.Done(d.name, indexProto(d.name, i), &adminpb.IndexOperationMetadata{
		StartTime: timestamppb.New(started), EndTime: timestamppb.New(s.clock()),
		State: adminpb.OperationState_SUCCESSFUL,
		Index: indexProto(d.name, i).GetName(),
	})
}

func (s adminService) ListIndexes(_ context.Context, r *adminpb.ListIndexesRequest) (*adminpb.ListIndexesResponse,
	error) {
	if r.GetFilter() != "" {
		return nil, errUnserved("a filter of indexes")
	}
	d, _, _, list, err := s.indexes(r.GetParent())
	if err != nil {
		return nil, err
	}
	out := &adminpb.ListIndexesResponse{}
	for _, i := range list {
		out.Indexes = append(out.Indexes, indexProto(d.name, i))
	}
	return out, nil
}

func (s adminService) GetIndex(_ context.Context, r *adminpb.GetIndexRequest) (*adminpb.Index, error) {
	d, _, rest, list, err := s.indexes(r.GetName())
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		if rest == "indexes/"+strconv.FormatUint(uint64(i.ID), 10) {
			return indexProto(d.name, i), nil
		}
	}
	return nil, notFound("Index not found: %s", r.GetName())
}

func (s adminService) DeleteIndex(_ context.Context, r *adminpb.DeleteIndexRequest) (*emptypb.Empty, error) {
	d, group, rest, _, err := s.indexes(r.GetName())
	if err != nil {
		return nil, err
	}
	id, _ := strings.CutPrefix(rest, "indexes/")
	err = s.changeIndexing(d, func(rec *record) error {
		before := len(rec.Indexes)
		rec.Indexes = slices.DeleteFunc(rec.Indexes, func(i Index) bool {
			return i.Collection == group && id == strconv.FormatUint(uint64(i.ID), 10)
		})
		if len(rec.Indexes) == before {
			return errNoIndex
		}
		return nil
	})
	if errors.Is(err, errNoIndex) {
		return nil, notFound("Index not found: %s", r.GetName())
	}
	return &emptypb.Empty{}, answer(err)
}
