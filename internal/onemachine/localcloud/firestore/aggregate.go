package firestore

import (
	"context"
	"errors"
	"fmt"
	"math"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// maxAggregations is how many results one aggregation query computes.
const maxAggregations = 5

// aggregations are the results that a query computes, and the fields that a document must have to count.
type aggregations struct {
	list   []*aggregation
	fields []resource.Field
	upTo   int
}

// aggregation is one result.
type aggregation struct {
	alias string
	field resource.Field
	limit int // of a count
	kind  byte
	sum   sum
	count int
}

func parseAggregations(list []*pb.StructuredAggregationQuery_Aggregation) (*aggregations, error) {
	if len(list) == 0 || len(list) > maxAggregations {
		return nil, invalid("an aggregation query has between 1 and %d aggregations", maxAggregations)
	}
	out := &aggregations{}
	aliases := map[string]bool{}
	for i, p := range list {
		a, err := parseAggregation(p)
		if err != nil {
			return nil, err
		}
		if a.alias = p.GetAlias(); a.alias == "" {
			a.alias = fmt.Sprintf("field_%d", i+1)
		}
		if aliases[a.alias] {
			return nil, invalid("aggregation alias %q is there twice", a.alias)
		}
		aliases[a.alias] = true
		if a.kind != 'c' {
			out.fields = append(out.fields, a.field)
		}
		out.upTo = max(out.upTo, a.limit)
		out.list = append(out.list, a)
	}
	return out, nil
}

func parseAggregation(p *pb.StructuredAggregationQuery_Aggregation) (*aggregation, error) {
	a := &aggregation{limit: math.MaxInt}
	var err error
	switch t := p.GetOperator().(type) {
	case *pb.StructuredAggregationQuery_Aggregation_Count_:
		a.kind = 'c'
		if up := t.Count.GetUpTo(); up != nil {
			if a.limit = int(up.GetValue()); a.limit <= 0 {
				return nil, invalid("upTo must be greater than zero")
			}
		}
	case *pb.StructuredAggregationQuery_Aggregation_Sum_:
		a.kind = 's'
		a.field, err = resource.ParseField(t.Sum.GetField().GetFieldPath())
	case *pb.StructuredAggregationQuery_Aggregation_Avg_:
		a.kind = 'a'
		a.field, err = resource.ParseField(t.Avg.GetField().GetFieldPath())
	default:
		return nil, invalid("aggregation without an operator")
	}
	return a, err
}

// errEnough ends a count that has reached its limit.
var errEnough = errors.New("enough")

// run computes the results. A count alone reads only index entries.
func (a *aggregations) run(ctx context.Context, q *query, v view) (map[string]*pb.Value, error) {
	n := 0
	_, err := q.each(ctx, v, func(w *walk) error {
		if len(a.fields) > 0 {
			return a.add(w)
		}
		for _, c := range a.list {
			c.count++
		}
		if n++; n >= a.upTo {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	out := make(map[string]*pb.Value, len(a.list))
	for _, c := range a.list {
		out[c.alias] = c.result()
	}
	return out, nil
}

// add takes one document into account if it has all the fields.
func (a *aggregations) add(w *walk) error {
	doc, err := w.document()
	if err != nil {
		return err
	}
	for _, f := range a.fields {
		if lookup(doc.GetFields(), f.Segments) == nil {
			return nil
		}
	}
	for _, c := range a.list {
		c.count++
		if c.kind != 'c' {
			c.sum.add(lookup(doc.GetFields(), c.field.Segments))
		}
	}
	return nil
}

func (c *aggregation) result() *pb.Value {
	switch c.kind {
	case 'c':
		return integer(int64(min(c.count, c.limit)))
	case 's':
		return c.sum.total()
	}
	return c.sum.average()
}
