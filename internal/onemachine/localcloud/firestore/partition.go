package firestore

import (
	"context"
	"errors"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// maxPartitions is the most cursors that one call returns.
const maxPartitions = 1000

// PartitionQuery divides a query over all documents of a collection group, or over all documents, into parts of the
// same size, for several readers at once. It walks over all names and never reads a document.
func (s service) PartitionQuery(ctx context.Context, r *pb.PartitionQueryRequest) (*pb.PartitionQueryResponse, error) {
	d, err := s.databaseOf(r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := d.parseQuery(r.GetParent(), r.GetStructuredQuery())
	if err != nil {
		return nil, err
	}
	if err := checkPartition(q, r); err != nil {
		return nil, err
	}
	v, err := s.view(ctx, d, consistency{past: r.GetReadTime()}, q.needs())
	if err != nil {
		return nil, err
	}
	out, err := q.partitions(ctx, v, min(int(r.GetPartitionCount()), maxPartitions))
	return out, s.endView(v, err)
}

func checkPartition(q *query, r *pb.PartitionQueryRequest) error {
	given := r.GetStructuredQuery()
	switch {
	case r.GetPartitionCount() <= 0:
		return invalid("partition_count must be positive")
	case r.GetPageSize() < 0:
		return invalid("page_size is negative")
	case r.GetPageSize() > 0 || r.GetPageToken() != "":
		return errUnserved("pages of partitions")
	case !q.all || q.flat:
		return invalid("Only queries over all descendants can be partitioned.")
	case len(q.orders) != 1 || q.orders[0].desc || q.explicit == 0:
		return invalid("Only queries that are ordered by __name__, ascending, can be partitioned.")
	case given.GetWhere() != nil || given.GetLimit() != nil || given.GetOffset() != 0 || q.start != nil || q.end != nil:
		return invalid("A query with filters, a limit, an offset or cursors cannot be partitioned.")
	}
	return nil
}

// partitions returns the names at which the parts begin, except the first.
func (q *query) partitions(ctx context.Context, r reader, most int) (*pb.PartitionQueryResponse, error) {
	count := 0
	_, err := q.each(ctx, r, func(*walk) error {
		count++
		return nil
	})
	out := &pb.PartitionQueryResponse{}
	parts, n := min(most+1, count), 0
	if err != nil || parts < 2 {
		return out, err
	}
	_, err = q.each(ctx, r, func(w *walk) error {
		if begins := (len(out.GetPartitions()) + 1) * count / parts; n == begins {
			out.Partitions = append(out.Partitions, w.cursor())
		}
		if n++; len(out.GetPartitions()) == parts-1 {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, err
}

// cursor begins at the document at this place of a walk over whole names.
func (w *walk) cursor() *pb.Cursor {
	name := w.database.name + "/documents/" + resource.Path(w.scans[0].key)
	return &pb.Cursor{Before: true, Values: []*pb.Value{{ValueType: &pb.Value_ReferenceValue{ReferenceValue: name}}}}
}
