package app

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/obs"
	"github.com/tinyoperahouse/toh/internal/push"
)

// pushes answers Pub/Sub: tasks, and ticks for what must be looked after regularly.
func (a *App) pushes(ctx context.Context, o Options) (http.Handler, error) {
	verifier, err := push.NewVerifier(ctx, push.VerifierOptions{
		Audience: o.Config.Push.Audience, ServiceAccount: o.Config.Push.ServiceAccount, Transport: o.Outside, Clock: o.Clock,
	})
	if err != nil {
		return nil, err
	}
	handler, err := push.NewHandler(push.Options{Verifier: verifier, Runner: a.Queue, Ticks: a.ticks()})
	if err != nil {
		return nil, err
	}
	return logged(o.Logger, handler), nil
}

// ticks are what a tick looks after.
func (a *App) ticks() []push.Tick {
	return []push.Tick{
		{Name: "jobs", Run: func(ctx context.Context) error { _, err := a.Queue.Sweep(ctx); return err }},
		{Name: "trail", Run: func(ctx context.Context) error { _, err := a.ground.shipper.Sweep(ctx); return err }},
	}
}

// logged gives requests that do not come through the pages' frame an id and a logger.
func logged(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trace, span, sampled := obs.TraceFrom(r.Header.Get("traceparent"), r.Header.Get("X-Cloud-Trace-Context"))
		ctx := obs.WithRequest(r.Context(), obs.Request{ID: model.NewID(), Trace: trace, Span: span, Sampled: sampled})
		next.ServeHTTP(w, r.WithContext(obs.Into(ctx, log)))
	})
}
