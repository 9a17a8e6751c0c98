package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Cloud Run allows 10 seconds between SIGTERM and the end: the requests get most of them, the trail the rest.
const (
	drainTime = 7 * time.Second
	flushTime = 2 * time.Second
)

// Serve answers requests on ln until ctx ends. Then it stops accepting, lets requests in progress end, ships what the
// trail still holds and closes. It returns nil after an orderly end.
func (a *App) Serve(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler:           a.Handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	select {
	case err := <-failed:
		return errors.Join(fmt.Errorf("serve: %w", err), a.Close(context.WithoutCancel(ctx)))
	case <-ctx.Done():
	}
	return a.end(context.WithoutCancel(ctx), server)
}

func (a *App) end(ctx context.Context, server *http.Server) error {
	a.ready.Store(false)
	a.close()
	drain, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	err := server.Shutdown(drain)
	if err != nil {
		err = errors.Join(fmt.Errorf("requests still running: %w", err), server.Close())
	}
	flush, stop := context.WithTimeout(ctx, flushTime)
	defer stop()
	return errors.Join(err, a.Close(flush))
}
