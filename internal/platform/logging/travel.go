package logging

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/model"
)

// The names of the attributes with which a request's ids travel with a message.
const (
	traceAttribute   = "traceparent"
	requestAttribute = "request"
)

// Outgoing are the attributes of a message that is sent while a request is answered, so that the receiver can continue
// with its id and its trace. A stranger could do nothing with them.
func Outgoing(ctx context.Context) map[string]string {
	r, ok := RequestFrom(ctx)
	if !ok || r.ID == "" {
		return nil
	}
	out := map[string]string{requestAttribute: r.ID}
	if r.Trace == "" || r.Span == "" {
		return out
	}
	flags := "00"
	if r.Sampled {
		flags = "01"
	}
	out[traceAttribute] = "00-" + r.Trace + "-" + r.Span + "-" + flags
	return out
}

// Incoming is the request that a message with these attributes was sent for; ok is false if they name none.
func Incoming(attributes map[string]string) (r Request, ok bool) {
	if r.ID = attributes[requestAttribute]; !model.ValidID(r.ID) {
		return Request{}, false
	}
	r.Trace, r.Span, r.Sampled = TraceFrom(attributes[traceAttribute], "")
	return r, true
}
