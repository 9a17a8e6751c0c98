package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// Prefix is the beginning of all addresses; the name of a source follows.
const Prefix = "/hooks/"

// Limits of a request.
const (
	MaxBody = 256 << 10
	timeout = 5 * time.Second // vendors wait about ten
)

// Message is a verified message of a vendor.
type Message struct {
	ID   string // the same each time that the message is delivered
	Sent time.Time
	Body []byte
}

// Source is a vendor.
type Source struct {
	Name string // in the address
	// Prove verifies a request. The error is ErrUnproved if the message is not the vendor's. Any other error means that
	// it could not be verified, and the vendor is asked to send it again.
	Prove func(ctx context.Context, h http.Header, body []byte) (Message, error)
	// Keep stores the message, so that it is not lost. Delivering it again must have no effect. The error is ErrInvalid
	// if the message can never be used: it is logged, and acknowledged so that it is not sent again.
	Keep func(ctx context.Context, m Message) error
}

// ErrUnproved says that a message is not verified to be the vendor's.
var ErrUnproved = errors.New("not proved")

// Handler serves the addresses of all sources.
type Handler struct{ sources map[string]Source }

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,30}$`)

// NewHandler makes a Handler.
func NewHandler(sources ...Source) (*Handler, error) {
	h := &Handler{map[string]Source{}}
	for _, s := range sources {
		if _, twice := h.sources[s.Name]; twice || !nameForm.MatchString(s.Name) || s.Prove == nil || s.Keep == nil {
			return nil, fmt.Errorf("webhook: the source %q is repeated or incomplete", s.Name)
		}
		h.sources[s.Name] = s
	}
	return h, nil
}

// ServeHTTP verifies and stores a message.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	line := logging.LineOf(r.Context())
	line.Edge, line.Route = logging.Webhook, "webhook-refused"
	source, known := h.sources[strings.TrimPrefix(r.URL.Path, Prefix)]
	switch {
	case !known:
		w.WriteHeader(http.StatusNotFound)
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	line.Template = Prefix + source.Name
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	err := receive(ctx, source, w, r)
	if err == nil || errors.Is(err, model.ErrInvalid) {
		line.Route = "webhook"
	}
	answer(ctx, w, source.Name, err)
}

var errKind = errors.New("not JSON")

func receive(ctx context.Context, s Source, w http.ResponseWriter, r *http.Request) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errKind
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	return guard(ctx, func() error {
		m, err := s.Prove(ctx, r.Header, body)
		if err != nil {
			return err
		}
		return s.Keep(ctx, m)
	})
}

// guard turns a panic into an error, so that the vendor sends the message again.
func guard(ctx context.Context, do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			logging.Panic(ctx, v, debug.Stack())
			err = errors.New("panic")
		}
	}()
	return do()
}

// answer tells the vendor whether to send the message again, and nothing else. The reason is in the log.
func answer(ctx context.Context, w http.ResponseWriter, name string, err error) {
	var large *http.MaxBytesError
	status := http.StatusServiceUnavailable
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
		return
	case errors.Is(err, ErrUnproved):
		status = http.StatusUnauthorized
	case errors.Is(err, errKind):
		status = http.StatusUnsupportedMediaType
	case errors.As(err, &large):
		status = http.StatusRequestEntityTooLarge
	case errors.Is(err, model.ErrInvalid):
		status = http.StatusNoContent
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "30")
	}
	logging.From(ctx).WarnContext(ctx, "webhook not taken", "source", name, "status", status, "error", err)
	w.WriteHeader(status)
}
