package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/account"
	"github.com/tinyoperahouse/toh/internal/bench"
	"github.com/tinyoperahouse/toh/internal/local/serve"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/stage"
	"github.com/tinyoperahouse/toh/internal/workspace"
	"math/rand/v2"
)

func rss() string {
	data, _ := os.ReadFile("/proc/self/status")
	out := ""
	for _, l := range strings.Split(string(data), "\n") {
		if strings.HasPrefix(l, "VmRSS") || strings.HasPrefix(l, "VmHWM") {
			out += l + " "
		}
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("%s heap %d MB sys %d MB", out, m.HeapAlloc>>20, m.Sys>>20)
}

func TestMemory(t *testing.T) {
	log := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError}))
	dir := "/tmp/mem-house"
	os.RemoveAll(dir)
	ctx := context.Background()
	open := func() *serve.House {
		began := time.Now()
		h, err := serve.Open(ctx, serve.Options{Addr: "127.0.0.1:0", Dir: dir, Logger: log})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("open took %v; %s", time.Since(began), rss())
		return h
	}
	h := open()
	run, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- h.Run(run) }()
	person, err := h.App.Accounts.Provision(ctx, access.SystemCaller(model.Platform(), "bench", ""), account.NewAccount{Email: "b@house.example", Name: "B", Password: model.NewID() + model.NewID()})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := h.App.Accounts.CreateToken(ctx, person.Self(), account.NewToken{Name: "b", Scopes: []string{string(access.ReadReports), string(access.WriteReports)}, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	spaces := make(chan int, 2000)
	for i := range 1000 {
		spaces <- i
	}
	close(spaces)
	began := time.Now()
	var all sync.WaitGroup
	var mu sync.Mutex
	var ids []string
	person0 := person
	for range 8 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
			for i := range spaces {
				p, err := h.App.Accounts.Provision(ctx, access.SystemCaller(model.Platform(), "bench", ""), account.NewAccount{Email: fmt.Sprintf("b%d@house.example", i), Name: "B", Password: model.NewID() + model.NewID()})
				if err != nil {
					t.Error(err)
					return
				}
				if i < 20 {
					p = person0
				}
				home, err := h.App.Workspaces.Create(ctx, p.Self(), workspace.NewWorkspace{Name: fmt.Sprintf("House %d", i)})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				ids = append(ids, home.Workspace)
				mu.Unlock()
				me := access.Caller{Scope: model.Workspace(home.Workspace), Account: p.ID, Name: p.Name, Role: access.Management}
				title, zone := "Tosca", "Europe/Rome"
				production, err := h.App.Stage.CreateProduction(ctx, me, stage.ProductionInput{Title: &title, Zone: &zone})
				if err != nil {
					t.Error(err)
					return
				}
				for range 100 {
					title, text := bench.Title(r), bench.Text(r, 100)
					if _, err := h.App.Stage.CreateReport(ctx, me, stage.ReportInput{Production: &production.ID, Title: &title, Text: &text}); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	all.Wait()
	t.Logf("seeded in %v; %s", time.Since(began), rss())
	stop()
	<-ended
	size := int64(0)
	_ = filepath.Walk(dir, func(_ string, i os.FileInfo, _ error) error { size += i.Size(); return nil })
	t.Logf("folder %d MB", size>>20)
	h = open()
	run, stop = context.WithCancel(ctx)
	go func() { ended <- h.Run(run) }()
	time.Sleep(300 * time.Millisecond)
	for n, id := range ids {
		me := access.Caller{Scope: model.Workspace(id), Account: person.ID, Name: person.Name, Role: access.Management}
		if _, err := h.App.Stage.Reports(ctx, me, stage.ReportList{Limit: 50}); err != nil {
			t.Fatal(n, err)
		}
	}
	t.Logf("all read; %s", rss())
	r, _ := http.NewRequest("GET", h.URL()+"/api/v1/me", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	t.Log(resp.StatusCode, err)
	stop()
	<-ended
}
