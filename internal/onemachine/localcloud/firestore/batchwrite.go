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
	if err := d.checkBatch(r.GetWrites()); err != nil {
		return nil, err
	}
	out := &pb.BatchWriteResponse{}
	waits := make([]func() error, len(r.GetWrites()))
	for i, w := range r.GetWrites() {
		result, wait, err := s.applyOne(ctx, d, w)
		waits[i] = wait
		out.WriteResults = append(out.WriteResults, result)
		out.Status = append(out.Status, status.Convert(answer(err)).Proto())
	}
	for i, wait := range waits {
		if wait == nil {
			continue
		}
		if err := wait(); err != nil {
			out.WriteResults[i], out.Status[i] = &pb.WriteResult{}, status.Convert(answer(err)).Proto()
		}
	}
	for i, s := range out.Status {
		if s == nil {
			out.Status[i] = &spb.Status{}
		}
	}
	return out, nil
}

// checkBatch refuses two writes of one document.
func (d *database) checkBatch(writes []*pb.Write) error {
	seen := make(map[string]bool, len(writes))
	for _, w := range writes {
		name := writeName(w)
		if seen[name] && name != "" {
			return invalid("the same document cannot be written more than once in a single request")
		}
		seen[name] = true
	}
	return nil
}

func writeName(w *pb.Write) string {
	switch op := w.GetOperation().(type) {
	case *pb.Write_Update:
		return op.Update.GetName()
	case *pb.Write_Delete:
		return op.Delete
	case *pb.Write_Transform:
		return op.Transform.GetDocument()
	}
	return ""
}

// applyOne makes one write; a failed write has an empty result and nothing to wait for.
func (s *Server) applyOne(ctx context.Context, d *database, w *pb.Write) (*pb.WriteResult, func() error, error) {
	c, err := s.prepare(d, []*pb.Write{w})
	if err != nil {
		return &pb.WriteResult{}, nil, err
	}
	wait, err := s.applyAlone(ctx, c)
	if err != nil {
		return &pb.WriteResult{}, nil, err
	}
	return c.results[0], wait, nil
}
