package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tinyoperahouse/toh/internal/operate/mirror"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/objects"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

const (
	mirrorJob      = "mirror"
	mirrorPatience = 40 * time.Second // an attempt of a job has 50
)

// mirrored makes the tasks service copy the security page to the bucket, if there is one. It is a job of its own, so
// that a bucket that does not answer delays no control.
func (a *App) mirrored(o Options) {
	if o.Mirror != nil {
		a.mirror = mirror.New(mirror.Options{
			History: a.ground.history, Bucket: o.Mirror, Site: ownPages{a}, Clock: o.Clock,
			BaseURL: o.Config.BaseURL, CopyURL: o.Config.CopyURL(),
		})
	}
	a.Queue.Handle(mirrorJob, a.copyNow, task.Attempts(1))
}

// copyOften adds the job of this slot of time, once for all instances.
func (a *App) copyOften(ctx context.Context) error {
	slot := a.ground.clock.Now().UTC().Truncate(mirror.Every)
	id := mirrorJob + "-" + slot.Format("2006-01-02-15-04")
	if last := a.copied.Load(); last != nil && *last == id {
		return nil
	}
	if _, err := a.Queue.Add(ctx, a.Gate, task.NewJob{ID: id, Kind: mirrorJob, Payload: id}); err != nil {
		return err
	}
	a.copied.Store(&id)
	a.Queue.Wake(ctx, id)
	return nil
}

// copyNow is the job. What fails is logged, and tried again by the job of the next slot, which begins where this one
// ended.
func (a *App) copyNow(ctx context.Context, job task.Job) error {
	if a.mirror == nil { // it is not configured any more
		return nil
	}
	within, stop := context.WithTimeout(ctx, mirrorPatience)
	defer stop()
	defer context.AfterFunc(a.closing, stop)()
	done, err := a.mirror.Copy(within)
	log := logging.From(ctx)
	switch {
	case a.closing.Err() != nil:
	case errors.Is(err, objects.ErrChanged):
		log.InfoContext(ctx, "another process writes the copy of the security page", "error", err)
	case err != nil:
		log.ErrorContext(ctx, "the copy of the security page was not written", "error", err, "written", done.Written)
	default:
		job.SetResult(fmt.Sprintf("%d files were written", done.Written))
	}
	return nil
}

// ownPages are the pages of the service as a stranger gets them, without the network in between.
type ownPages struct{ app *App }

// Get is what a path answers.
func (p ownPages) Get(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.app.site.URL(path), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.TLS = &tls.ConnectionState{} // it does not come over any network
	w := &kept{header: http.Header{}, code: http.StatusOK}
	p.app.logged(p.app.site.Handler()).ServeHTTP(w, r)
	if w.code != http.StatusOK {
		return nil, fmt.Errorf("%s: the service answered %d", path, w.code)
	}
	return w.body.Bytes(), nil
}

// kept is an answer in memory.
type kept struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (k *kept) Header() http.Header { return k.header }

// WriteHeader implements http.ResponseWriter.
func (k *kept) WriteHeader(code int) { k.code = code }

// Write implements http.ResponseWriter.
func (k *kept) Write(p []byte) (int, error) { return k.body.Write(p) }
