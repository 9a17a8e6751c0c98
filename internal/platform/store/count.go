package store

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Count says how many documents a declared query finds, counting up to upTo. Limit, Cursor and Filter do not apply.
func (s *Store) Count(ctx context.Context, f Find, upTo int64) (int64, error) {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	if upTo < 1 {
		return 0, model.Invalid("A count needs a limit of at least 1.")
	}
	p, err := s.plan(&f)
	if err != nil {
		return 0, err
	}
	n, err := s.count(ctx, p, upTo)
	return n, failed(ctx, "count", err)
}

func (s *Store) count(ctx context.Context, p *plan, upTo int64) (int64, error) {
	query := p.build(nil, 0)
	query.Limit = nil
	req := &pb.RunAggregationQueryRequest{
		Parent: p.parent,
		QueryType: &pb.RunAggregationQueryRequest_StructuredAggregationQuery{
			StructuredAggregationQuery: &pb.StructuredAggregationQuery{
				QueryType: &pb.StructuredAggregationQuery_StructuredQuery{StructuredQuery: query},
				Aggregations: []*pb.StructuredAggregationQuery_Aggregation{{
					Alias: "n",
					Operator: &pb.StructuredAggregationQuery_Aggregation_Count_{
						Count: &pb.StructuredAggregationQuery_Aggregation_Count{UpTo: wrapperspb.Int64(upTo)},
					},
				}},
			},
		},
	}
	var n int64
	err := retry(ctx, passing, func() error {
		stream, err := s.client.RunAggregationQuery(ctx, req, once)
		if err != nil {
			return err
		}
		return each(stream.Recv, func(m *pb.RunAggregationQueryResponse) {
			if v := m.GetResult().GetAggregateFields()["n"]; v != nil {
				n = v.GetIntegerValue()
			}
		})
	})
	return n, err
}
