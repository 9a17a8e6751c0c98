package localcloud

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
)

// A commit of Firestore may have ten megabytes.
const maxMessage = 64 << 20

// Serve offers the services on a loopback listener, for tools outside the process, until ctx ends or Close is called.
// There is no authentication, so it refuses any other address.
func (c *Cloud) Serve(ctx context.Context, l net.Listener) error {
	if addr, ok := l.Addr().(*net.TCPAddr); !ok || !addr.IP.IsLoopback() {
		return fmt.Errorf("localcloud: %s is not a loopback address", l.Addr())
	}
	server := grpc.NewServer(
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.UnaryInterceptor(c.interceptUnary),
		grpc.StreamInterceptor(c.interceptStream),
	)
	c.register(server)
	if err := c.track(server); err != nil {
		return err
	}
	defer c.untrack(server)
	defer context.AfterFunc(ctx, server.Stop)()
	if err := server.Serve(l); err != nil {
		return fmt.Errorf("localcloud: serve: %w", err)
	}
	return nil
}

func (c *Cloud) track(server *grpc.Server) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	c.servers[server] = struct{}{}
	c.running.Add(1)
	return nil
}

func (c *Cloud) untrack(server *grpc.Server) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.servers, server)
	c.running.Done()
}

func (c *Cloud) intercept(ctx context.Context, method string) error {
	if c.opts.Intercept == nil {
		return nil
	}
	return c.opts.Intercept(ctx, method)
}

func (c *Cloud) interceptUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any,
	error) {
	if err := c.intercept(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	out, err := next(ctx, req)
	return out, inproc.AsStatus(err)
}

func (c *Cloud) interceptStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo,
	next grpc.StreamHandler) error {
	if err := c.intercept(stream.Context(), info.FullMethod); err != nil {
		return err
	}
	return inproc.AsStatus(next(srv, stream))
}
