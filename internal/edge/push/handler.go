package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

// The paths of the pushes.
const (
	TasksPath = "/push/tasks"
	TickPath  = "/push/tick"
)

// Runner runs a job, as task.Queue does.
type Runner interface {
	Run(ctx context.Context, id string) error
}

// Tick is work that is done regularly. If it fails, it is not retried: the next tick does it.
type Tick struct {
	Name string
	Run  func(ctx context.Context) error
}

// Options are what a Handler needs.
type Options struct {
	Verifier *Verifier
	Runner   Runner
	Ticks    []Tick
	// Subscriptions are the full names of the subscriptions that may push. Empty means all that use the service
	// account.
	Subscriptions []string
	TickTimeout   time.Duration // of one tick; 0 means 20 s
}

// Handler serves the pushes.
type Handler struct {
	o       Options
	running map[string]*sync.Mutex // held while a tick runs, so that it is not started twice
}

// NewHandler makes a Handler.
func NewHandler(o Options) (*Handler, error) {
	if o.Verifier == nil || o.Runner == nil {
		return nil, errors.New("push: a verifier and a runner are required")
	}
	if o.TickTimeout <= 0 {
		o.TickTimeout = 20 * time.Second
	}
	h := &Handler{o: o, running: map[string]*sync.Mutex{}}
	for _, t := range o.Ticks {
		if t.Name == "" || h.running[t.Name] != nil {
			return nil, fmt.Errorf("push: tick %q has no name or is there twice", t.Name)
		}
		h.running[t.Name] = &sync.Mutex{}
	}
	return h, nil
}

// ServeHTTP verifies the caller before anything else, then serves TasksPath and TickPath.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	line := logging.LineOf(r.Context())
	line.Edge, line.Route = logging.Push, "push-refused"
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	who, err := h.verify(r)
	if err == nil && who.Source() != identity.ByPush {
		err = refused(errors.New("nobody"))
	}
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	serve := h.serveTask
	switch r.URL.Path {
	case TasksPath:
		line.Route, line.Template = "push-tasks", TasksPath
	case TickPath:
		line.Route, line.Template = "push-tick", TickPath
		serve = h.serveTick
	default:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	h.answer(w, r, guard(r.Context(), func() error { return serve(r) }))
}

func (h *Handler) verify(r *http.Request) (identity.Identity, error) {
	if len(r.Header.Values("Authorization")) != 1 {
		return identity.Identity{}, refused(errors.New("not one authorization"))
	}
	return h.o.Verifier.Verify(r.Context(), r.Header.Get("Authorization"))
}

// refuse answers without a reason, which is in the log.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	logging.From(r.Context()).WarnContext(r.Context(), "push refused", "path", r.URL.Path, "error", err)
	if errors.Is(err, model.ErrDenied) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.WriteHeader(http.StatusUnauthorized)
}

// answer acknowledges calls that succeeded and calls that can never succeed, and asks for redelivery of the others.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.Is(err, model.ErrInvalid):
		logging.From(r.Context()).ErrorContext(r.Context(), "push dropped: it can never succeed", "error", err)
		w.WriteHeader(http.StatusNoContent)
	default:
		logging.From(r.Context()).WarnContext(r.Context(), "push failed; it will be delivered again", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// guard turns a panic into an error.
func guard(ctx context.Context, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			logging.Panic(ctx, p, debug.Stack())
			err = errors.New("panic")
		}
	}()
	return f()
}

func (h *Handler) deliver(r *http.Request) (delivery, error) {
	d, err := readDelivery(r)
	if err != nil {
		return d, err
	}
	if len(h.o.Subscriptions) == 0 {
		return d, nil
	}
	for _, s := range h.o.Subscriptions {
		if s == d.Subscription {
			return d, nil
		}
	}
	return d, bad("another subscription")
}

// serveTask runs the job that the message names. Its trace continues that of the request that created the job.
func (h *Handler) serveTask(r *http.Request) (err error) {
	d, err := h.deliver(r)
	if err != nil {
		return err
	}
	id, err := task.ParseMessage(d.Data)
	if err != nil {
		return fmt.Errorf("message %s: %w", d.ID, err)
	}
	ctx := r.Context()
	if origin, ok := logging.Incoming(d.Attributes); ok {
		var end func(error)
		ctx, end = logging.Join(ctx, "push tasks", origin)
		defer func() { end(err) }()
	}
	return h.o.Runner.Run(ctx, id)
}

// tickMessage names a tick; an empty message means all ticks.
type tickMessage struct {
	Tick string `json:"tick"`
}

func (h *Handler) serveTick(r *http.Request) error {
	d, err := h.deliver(r)
	if err != nil {
		return err
	}
	var m tickMessage
	if len(d.Data) > 0 {
		if err := json.Unmarshal(d.Data, &m); err != nil {
			return bad("data does not name a tick")
		}
	}
	known := m.Tick == ""
	for _, t := range h.o.Ticks {
		if m.Tick == "" || m.Tick == t.Name {
			known = true
			h.tick(r.Context(), t)
		}
	}
	if !known {
		return bad("there is no such tick")
	}
	return nil
}

// tick runs one tick with a time limit, unless the tick is still running. A failure is logged, and does not stop the
// others.
func (h *Handler) tick(ctx context.Context, t Tick) {
	busy := h.running[t.Name]
	if !busy.TryLock() {
		return
	}
	defer busy.Unlock()
	ctx, cancel := context.WithTimeout(ctx, h.o.TickTimeout)
	defer cancel()
	ctx, end := logging.Start(ctx, "tick "+t.Name)
	err := guard(ctx, func() error { return t.Run(ctx) })
	end(err)
	if err != nil {
		logging.From(ctx).LogAttrs(ctx, slog.LevelError, "tick failed", slog.String("tick", t.Name),
			slog.Any("error", err))
	}
}
