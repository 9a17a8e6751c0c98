package tabletest

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
)

// Conn is a connection to the services that register adds.
func Conn(register ...func(grpc.ServiceRegistrar)) *inproc.Conn {
	conn := inproc.New(inproc.Options{})
	for _, r := range register {
		r(conn)
	}
	return conn
}

// Must ends the test if a call failed.
func Must[V any](v V, err error) func(testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// WantCode fails the test if a call did not fail, or failed with another code.
func WantCode(t testing.TB, what string, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}
