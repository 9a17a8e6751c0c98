package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// service answers as the API does, as far as status and size are concerned; seeded is the number of reports that were
// requested.
func service(t *testing.T, broken bool) (Service, *[]int) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch {
		case broken || r.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = w.Write(make([]byte, 100))
	}))
	t.Cleanup(server.Close)
	seeded := &[]int{}
	return Service{
		URL: server.URL, Token: "secret", Reader: "secret", Workspace: "w1", Production: "p1",
		Usage:  func() Usage { return Usage{} },
		Settle: func(context.Context) error { return nil },
		Seed: func(_ context.Context, n int) (Seeded, error) {
			*seeded = append(*seeded, n)
			return Seeded{Filed: []string{"r1"}, Drafts: []string{"r2"}}, nil
		},
	}, seeded
}

func options() Options {
	return Options{Reports: []int{3, 5}, Length: 20 * time.Millisecond, Concurrency: 2, Progress: io.Discard}
}

func TestRun(t *testing.T) {
	t.Parallel()
	s, seeded := service(t, false)
	list, err := Run(t.Context(), s, options())
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 10 || len(*seeded) != 2 {
		t.Fatalf("%d measurements of %v", len(list), *seeded)
	}
	for _, m := range list {
		if m.PerSecond <= 0 || m.Bare <= 0 || m.Failed != 0 || m.Bytes != 100 || m.P50 > m.P99 || m.P50 <= 0 {
			t.Errorf("%+v", m)
		}
	}
	var table bytes.Buffer
	if err := Print(&table, list); err != nil || strings.Count(table.String(), "\n") != 11 {
		t.Errorf("%v\n%s", err, table.String())
	}
}

func TestFailuresAreNotCounted(t *testing.T) {
	t.Parallel()
	s, _ := service(t, true)
	if _, err := Run(t.Context(), s, options()); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("%v", err)
	}
}

func TestRunIsBounded(t *testing.T) {
	t.Parallel()
	s, _ := service(t, false)
	for name, change := range map[string]func(*Service, *Options){
		"another machine": func(s *Service, _ *Options) { s.URL = "http://192.0.2.1:80" },
		"a name":          func(s *Service, _ *Options) { s.URL = "http://house.example" },
		"no time":         func(_ *Service, o *Options) { o.Length = 0 },
		"an hour":         func(_ *Service, o *Options) { o.Length = time.Hour },
		"nobody":          func(_ *Service, o *Options) { o.Concurrency = 0 },
		"a crowd":         func(_ *Service, o *Options) { o.Concurrency = 1025 },
		"no reports":      func(_ *Service, o *Options) { o.Reports = nil },
	} {
		s, o := s, options()
		change(&s, &o)
		if _, err := Run(t.Context(), s, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, s, options()); err == nil {
		t.Error("it runs although it was stopped")
	}
}

func TestReportsAreOfOneKilobyte(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- made-up text
	b := &bench{service: Service{Production: "p"}}
	for range 100 {
		if body := b.newReport(r); len(body) < 900 || len(body) > 1200 || !json.Valid(body) {
			t.Fatalf("%d bytes: %s", len(body), body)
		}
	}
}
