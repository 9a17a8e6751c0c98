package tabletest

import (
	"google.golang.org/api/option"
	gtransport "google.golang.org/api/transport/grpc"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
)

// ClientOptions make one of Google's clients use the connection.
func ClientOptions(conn *inproc.Conn) []option.ClientOption {
	return []option.ClientOption{gtransport.WithConnPool(conn), option.WithoutAuthentication()}
}
