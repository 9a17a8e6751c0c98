package firestore

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
)

// BatchWrite makes each write on its own; some may fail. Those that succeed wait for the disk together.
func (s service) BatchWrite(ctx context.Context, r *pb.BatchWriteRequest) (*pb.BatchWriteResponse, error) {
	d, err := s.database(r.GetDatabase())
	if err != nil {
		return nil, err
	}
	if all, err := s.prepare(d, r.GetWrites()); err == nil && all.repeats() {
		return nil, invalid("the same document cannot be written more than once in a single request")
	}
	out := &pb.BatchWriteResponse{}
	for _, w := range r.GetWrites() {
		result, err := s.writeOne(ctx, d, w)
		if ctx.Err() != nil {
			return nil, answer(ctx.Err())
		}
		if err != nil {
			result = &pb.WriteResult{}
		}
		out.WriteResults = append(out.WriteResults, result)
		out.Status = append(out.Status, statusOf(err))
	}
	return out, nil
}

func (s *Server) writeOne(ctx context.Context, d *database, w *pb.Write) (*pb.WriteResult, error) {
	c, err := s.commitAlone(ctx, d, []*pb.Write{w})
	if err != nil {
		return nil, err
	}
	return c.results[0], nil
}

func statusOf(err error) *spb.Status {
	if err == nil {
		return &spb.Status{}
	}
	return status.Convert(answer(err)).Proto()
}
