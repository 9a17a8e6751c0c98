package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve"
	"github.com/tinyoperahouse/toh/internal/operate/bench"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// furnish makes an account with a token, a workspace and a production.
func furnish(ctx context.Context, house *serve.House, logs io.Writer) (bench.Service, error) {
	none := bench.Service{}
	password := model.NewID() + "-" + model.NewID()
	person, err := house.App.Accounts.Provision(ctx, access.SystemCaller(model.Platform(), "bench", ""),
		account.NewAccount{
			Email: "bench@house.example", Name: "Bench", Password: password,
		})
	if err != nil {
		return none, err
	}
	home, err := house.App.Workspaces.Create(ctx, person.Self(), workspace.NewWorkspace{Name: "Bench"})
	if err != nil {
		return none, err
	}
	token, _, err := house.App.Accounts.CreateToken(ctx, person.Self(), account.NewToken{
		Name: "bench", Scopes: []string{string(access.ReadReports), string(access.WriteReports)}, Days: 1,
	})
	if err != nil {
		return none, err
	}
	me := access.Caller{Scope: model.Workspace(home.Workspace), Account: person.ID, Name: person.Name,
		Role: access.Management}
	title, zone := "Tosca", "Europe/Rome"
	production, err := house.App.Stage.CreateProduction(ctx, me, shows.ProductionInput{Title: &title, Zone: &zone})
	if err != nil {
		return none, err
	}
	s := &seeder{stage: house.App.Stage, me: me, production: production.ID, logs: logs}
	return bench.Service{
		URL: house.URL(), Token: token, Workspace: home.Workspace, Production: production.ID, Seed: s.seed,
		Settle: house.Cloud.Settle, Usage: func() bench.Usage { return consumed(house) },
	}, nil
}

func consumed(house *serve.House) bench.Usage {
	documents := house.Cloud.Firestore().Usage()
	u := bench.Usage{Reads: documents.Reads, Writes: documents.Writes}
	for method, n := range house.Cloud.Conn().Calls() {
		if strings.HasPrefix(method, "/google.cloud.kms.") {
			u.KMS += n
		}
	}
	return u
}

const (
	seeders = 32    // reports made at once
	known   = 5_000 // of which ids are kept
)

// seeder makes drafts as their author would.
type seeder struct {
	stage      *shows.Service
	me         access.Caller
	production string
	logs       io.Writer

	made atomic.Int64
	mu   sync.Mutex
	ids  []string
}

// seed makes reports until there are so many. What the measurements made counts too little to matter.
func (s *seeder) seed(ctx context.Context, reports int) ([]string, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for range seeders {
		all.Go(func() {
			r := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) // #nosec G404 -- made-up text
			for ctx.Err() == nil {
				n := s.made.Add(1)
				if n > int64(reports) {
					s.made.Add(-1)
					return
				}
				if err := s.one(ctx, r, n, reports); err != nil {
					cancel(fmt.Errorf("report %d: %w", n, err))
				}
			}
		})
	}
	all.Wait()
	return s.ids, context.Cause(ctx)
}

func (s *seeder) one(ctx context.Context, r *rand.Rand, n int64, reports int) error {
	title, text := bench.Title(r), bench.Text(r, reports)
	rec, err := s.stage.CreateReport(ctx, s.me, shows.ReportInput{Production: &s.production, Title: &title,
		Text: &text})
	if err != nil {
		return err
	}
	if n%10_000 == 0 {
		fmt.Fprintf(s.logs, "%d reports\n", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ids) < known {
		s.ids = append(s.ids, rec.ID)
	} else if i := r.IntN(known * 20); i < known { // a few of the later ones
		s.ids[i] = rec.ID
	}
	return nil
}
