package gcp

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"google.golang.org/api/option"
	gtransport "google.golang.org/api/transport/grpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// A connection that was lost silently is noticed within idle+answer seconds, not when the kernel gives up on it.
// Google's servers accept pings at this rate.
const (
	pingAfter  = 30 * time.Second
	pingAnswer = 10 * time.Second
)

// Unwatched are the options of clients without a Watch: the operator's, and those that export traces and metrics. A nil
// dial means Google's real endpoints, which are refused where an emulator is configured.
func Unwatched(project string, dial Dialer, userAgent string) ([]option.ClientOption, error) {
	if !projectForm.MatchString(project) {
		return nil, fmt.Errorf("gcp: %q is not a valid project id", project)
	}
	if dial == nil {
		if err := checkEnvironment(); err != nil {
			return nil, fmt.Errorf("gcp: %w", err)
		}
	}
	return Options{Dial: dial, UserAgent: userAgent}.base(), nil
}

// base are the options of every client that does not go to an emulator.
func (o Options) base() []option.ClientOption {
	var opts []option.ClientOption
	if o.UserAgent != "" {
		opts = append(opts, option.WithUserAgent(o.UserAgent))
	}
	if o.Dial != nil {
		return append(opts, gtransport.WithConnPool(o.Watch.around(shared{o.Dial})))
	}
	opts = append(opts, o.Watch.dial()...)
	return append(opts, option.WithGRPCDialOption(grpc.WithKeepaliveParams(keepalive.ClientParameters{
		Time: pingAfter, Timeout: pingAnswer,
	})))
}

// shared is a connection that no single client may close.
type shared struct{ gtransport.ConnPool }

// Close does nothing: the connection belongs to the caller who provided it.
func (shared) Close() error { return nil }

// emulated are the options of a client that uses an emulator if there is one, and otherwise the given options.
func (o Options) emulated(address string, base []option.ClientOption) ([]option.ClientOption, error) {
	if address == "" {
		return base, nil
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("emulator %q: %w", address, err)
	}
	dial := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(owner{}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64 << 20)),
	}
	if o.Watch.set() {
		dial = append(dial, grpc.WithChainUnaryInterceptor(o.Watch.Unary),
			grpc.WithChainStreamInterceptor(o.Watch.Stream))
	}
	conn, err := grpc.NewClient("passthrough:///"+address, dial...)
	if err != nil {
		return nil, fmt.Errorf("emulator %q: %w", address, err)
	}
	return []option.ClientOption{option.WithGRPCConn(conn)}, nil
}

// owner is the name by which emulators know the administrator.
type owner struct{}

// GetRequestMetadata gives the header.
func (owner) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer owner"}, nil
}

// RequireTransportSecurity says that emulators speak without TLS.
func (owner) RequireTransportSecurity() bool { return false }

// Variables that direct Google's clients to emulators, silently and in plain text.
var emulatorVariables = []string{
	"FIRESTORE_EMULATOR_HOST", "DATASTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "STORAGE_EMULATOR_HOST",
	"BIGTABLE_EMULATOR_HOST", "SPANNER_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST",
}

// checkEnvironment refuses to open real endpoints where an emulator is configured, because one of the two is a mistake.
func checkEnvironment() error {
	for _, name := range emulatorVariables {
		if os.Getenv(name) != "" {
			return fmt.Errorf("%s is set: real endpoints cannot be used together with an emulator", name)
		}
	}
	return nil
}
