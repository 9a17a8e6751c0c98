package main

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/operate/bench"
)

// BenchmarkRequests is what the bench command measures without the network and the client: for profiles, and for small
// differences.
func BenchmarkRequests(b *testing.B) { benchmarkRequests(b, config.Telemetry{}) }

// BenchmarkWatchedRequests is the same with telemetry: as it is by default, and with every request traced.
func BenchmarkWatchedRequests(b *testing.B) {
	b.Run("some", func(b *testing.B) { benchmarkRequests(b, config.Telemetry{On: true, Ratio: 0.05}) })
	b.Run("all", func(b *testing.B) { benchmarkRequests(b, config.Telemetry{On: true, Ratio: 1}) })
}

func benchmarkRequests(b *testing.B, watched config.Telemetry) {
	log := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError}))
	installation, err := serve.Open(b.Context(), serve.Options{Addr: "127.0.0.1:0", Dir: b.TempDir(), Logger: log,
		Still:     true,
		Telemetry: watched, Further: (&admin.Services{}).Join})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = installation.Close(context.WithoutCancel(b.Context())) })
	if err := installation.Cloud.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	s, err := furnish(b.Context(), installation, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	seeded, err := s.Seed(b.Context(), 300)
	if err != nil {
		b.Fatal(err)
	}
	reports := s.URL + "/api/v1/workspaces/" + s.Workspace + "/reports"
	text := bench.Text(rand.New(rand.NewPCG(1, 2)), 300)
	for _, op := range []struct {
		name, method, path, body string
		want                     int
	}{
		{"get", "GET", reports + "/", "", 200},
		{"list", "GET", reports + "?limit=50", "", 200},
		{"update", "PATCH", reports + "/", `{"body":"` + text + `"}`, 200},
		{"create", "POST", reports, `{"production":"` + s.Production + `","type":"show","title":"Tosca","body":"` +
			text + `"}`, 201},
	} {
		b.Run(op.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(8)
			before := cpu()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					path := op.path
					if strings.HasSuffix(path, "/") {
						path += seeded.Drafts[rand.IntN(len(seeded.Drafts))]
					}
					r := httptest.NewRequest(op.method, path, strings.NewReader(op.body))
					r.Header.Set("Authorization", "Bearer "+s.Token)
					w := httptest.NewRecorder()
					installation.App.Handler.ServeHTTP(w, r)
					if w.Code != op.want {
						b.Errorf("%s: %d %s", op.name, w.Code, w.Body)
						return
					}
				}
			})
			b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "µs-cpu/op")
		})
	}
}

// cpu is the processor time that the process has used so far.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
