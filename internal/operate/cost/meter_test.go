package cost_test

import (
	"context"
	"strings"
	"sync"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/operate/cost"
)

// headPath is where the last signed head of the history is.
const headPath = "/history_state/head"

type cloudConn = inproc.Conn // its own name would hide its method Conn

// meter is a connection that counts what would be billed.
type meter struct {
	*cloudConn
	entries func(*pb.Document) int  // in indexes
	passes  func(*pb.Document) bool // whether it expires

	mu    sync.Mutex
	c     cost.Counts
	trail int // entries, checkpoints and rounds of the trail that were committed
}

func (m *meter) count(f func(*cost.Counts)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.c)
}

func (m *meter) read() (c cost.Counts, quiet bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.c, m.trail == int(m.c.LogEntries)
}

// Invoke makes a call, and counts it if it succeeded.
func (m *meter) Invoke(ctx context.Context, name string, args, reply any, opts ...grpc.CallOption) error {
	if err := m.cloudConn.Invoke(ctx, name, args, reply, opts...); err != nil {
		return err
	}
	m.count(func(c *cost.Counts) {
		switch req := args.(type) {
		case *pb.CommitRequest:
			m.commit(c, req.GetWrites())
		case *loggingpb.WriteLogEntriesRequest:
			for _, e := range req.GetEntries() {
				c.LogEntries++
				c.LogBytes += float64(proto.Size(e))
			}
		case *pubsubpb.PublishRequest:
			c.Messages += float64(len(req.GetMessages()))
		}
		switch {
		case strings.HasSuffix(name, "/AsymmetricSign"):
			c.Signs++
		case strings.HasPrefix(name, "/google.cloud.kms."):
			c.KMS++
		case strings.HasSuffix(name, "/AccessSecretVersion"):
			c.Secrets++
		}
	})
	return nil
}

func (m *meter) commit(c *cost.Counts, writes []*pb.Write) {
	for _, w := range writes {
		if w.GetDelete() != "" {
			c.Deletes++
			continue
		}
		c.Writes++
		exists, is := w.GetCurrentDocument().GetConditionType().(*pb.Precondition_Exists)
		if is && !exists.Exists {
			if !m.passes(w.GetUpdate()) {
				c.Stored += float64(size(w.GetUpdate()))
			}
			c.IndexEntries += float64(m.entries(w.GetUpdate()))
		}
		name, created := w.GetUpdate().GetName(), is && !exists.Exists
		shipped := strings.Contains(name, "/checkpoints/") || strings.Contains(name, "/rounds/")
		head := strings.HasSuffix(name, headPath) // of the history: each is shipped
		if strings.Contains(name, "/audit/") || created && shipped || head {
			m.trail++
		}
	}
}

// size is the size of a document as the database counts it: name, fields and 32 bytes.
func size(d *pb.Document) int {
	_, path, _ := strings.Cut(d.GetName(), "/documents/")
	n := len(path) + 1 + 16 + 32
	for name, v := range d.GetFields() {
		n += len(name) + 1 + valueSize(v)
	}
	return n
}

func valueSize(v *pb.Value) int {
	switch v := v.GetValueType().(type) {
	case *pb.Value_StringValue:
		return len(v.StringValue) + 1
	case *pb.Value_BytesValue:
		return len(v.BytesValue)
	case *pb.Value_BooleanValue:
		return 1
	case *pb.Value_ArrayValue:
		n := 0
		for _, e := range v.ArrayValue.GetValues() {
			n += valueSize(e)
		}
		return n
	}
	return 8
}

// NewStream makes a streaming call, and counts the documents that it returns.
func (m *meter) NewStream(ctx context.Context, desc *grpc.StreamDesc, name string,
	opts ...grpc.CallOption) (grpc.ClientStream, error) {
	s, err := m.cloudConn.NewStream(ctx, desc, name, opts...)
	if err != nil {
		return nil, err
	}
	return &metered{ClientStream: s, meter: m}, nil
}

type metered struct {
	grpc.ClientStream
	meter *meter
	query bool
	came  int
}

// RecvMsg counts one answer. A query that ends without a document is one read.
func (s *metered) RecvMsg(msg any) error {
	err := s.ClientStream.RecvMsg(msg)
	if err != nil {
		if s.query && s.came == 0 {
			s.came = 1
			s.meter.count(func(c *cost.Counts) { c.Reads++ })
		}
		return err
	}
	switch r := msg.(type) {
	case *pb.BatchGetDocumentsResponse:
		if r.GetResult() != nil {
			s.meter.count(func(c *cost.Counts) { c.Reads++ })
		}
	case *pb.RunQueryResponse:
		s.query = true
		if r.GetDocument() != nil {
			s.came++
			s.meter.count(func(c *cost.Counts) { c.Reads++ })
		}
	case *pb.RunAggregationQueryResponse:
		s.meter.count(func(c *cost.Counts) { c.Reads++ })
	}
	return nil
}
