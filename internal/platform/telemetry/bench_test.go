package telemetry_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
)

// BenchmarkRequest measures the cost of telemetry alone for a request with four calls: nothing when it is off.
func BenchmarkRequest(b *testing.B) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	for _, c := range []struct {
		name  string
		ratio float64
	}{{"off", -1}, {"counted", 0}, {"some", 0.05}, {"all", 1}} {
		b.Run(c.name, func(b *testing.B) {
			var t *telemetry.Telemetry
			if c.ratio >= 0 {
				t = open(b, c.ratio).Telemetry
			}
			watch, call := t.Calls(), answering(nil)
			handler := t.Front(log, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, line := logging.Arrive(r, log)
				for range 4 {
					if watch.Unary == nil {
						_ = call(ctx, "/google.firestore.v1.Firestore/Commit", nil, nil, nil)
					} else {
						_ = watch.Unary(ctx, "/google.firestore.v1.Firestore/Commit", nil, nil, nil, call)
					}
				}
				line.Route, line.Template, line.Status = "report", "/w/{ws}/reports/{id}", 200
			}))
			r, w := httptest.NewRequest(http.MethodGet, "/x", nil), httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(w, r)
			}
		})
	}
}
