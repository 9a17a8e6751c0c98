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
func furnish(ctx context.Context, installation *serve.Installation, logs io.Writer) (bench.Service, error) {
	none := bench.Service{}
	password := model.NewID() + "-" + model.NewID()
	person, err := installation.App.Accounts.Provision(ctx, access.SystemCaller(model.Platform(), "bench", ""),
		account.NewAccount{
			Email: "bench@house.example", Name: "Bench", Password: password,
		})
	if err != nil {
		return none, err
	}
	home, err := installation.App.Workspaces.Create(ctx, person.Self(), workspace.NewWorkspace{Name: "Bench"})
	if err != nil {
		return none, err
	}
	token, err := tokenOf(ctx, installation, person)
	if err != nil {
		return none, err
	}
	colleague, err := installation.App.Accounts.Provision(ctx, access.SystemCaller(model.Platform(), "bench", ""),
		account.NewAccount{Email: "reader@house.example", Name: "Reader", Password: password})
	if err != nil {
		return none, err
	}
	scope := model.Workspace(home.Workspace)
	if _, err = installation.App.Workspaces.Enlist(ctx, access.SystemCaller(scope, "bench", ""), colleague,
		access.Organizer); err != nil {
		return none, err
	}
	reader, err := tokenOf(ctx, installation, colleague)
	if err != nil {
		return none, err
	}
	me := access.Caller{Scope: scope, Account: person.ID, Name: person.Name, Role: access.Management}
	s := &seeder{stage: installation.App.Stage, me: me, logs: logs}
	for range seeders {
		title, zone := "Tosca", "Europe/Rome"
		production, err := installation.App.Stage.CreateProduction(ctx, me,
			shows.ProductionInput{Title: &title, Zone: &zone})
		if err != nil {
			return none, err
		}
		s.productions = append(s.productions, production.ID)
	}
	return bench.Service{
		URL: installation.URL(), Token: token, Reader: reader, Workspace: home.Workspace, Production: s.productions[0],
		Seed: s.seed, Settle: installation.Cloud.Settle, Usage: func() bench.Usage { return consumed(installation) },
	}, nil
}

func tokenOf(ctx context.Context, installation *serve.Installation, p account.Person) (string, error) {
	token, _, err := installation.App.Accounts.CreateToken(ctx, p.Self(), account.NewToken{
		Name: "bench", Scopes: []string{string(access.ReadReports), string(access.WriteReports)}, Days: 1,
	})
	return token, err
}

func consumed(installation *serve.Installation) bench.Usage {
	documents := installation.Cloud.Firestore().Usage()
	u := bench.Usage{Reads: documents.Reads, Writes: documents.Writes}
	for method, n := range installation.Cloud.Conn().Calls() {
		if strings.HasPrefix(method, "/google.cloud.kms.") {
			u.KMS += n
		}
	}
	return u
}

const (
	seeders = 32    // reports made at once, each in a production of its own, whose numbers they share
	known   = 5_000 // filed ones of which ids are kept
	drafts  = 300   // beside the filed ones
)

// seeder makes reports as their author would, files them, and leaves some drafts.
type seeder struct {
	stage       *shows.Service
	me          access.Caller
	productions []string
	logs        io.Writer

	made atomic.Int64
	mu   sync.Mutex
	ids  bench.Seeded
}

// seed makes reports until so many are filed. What the measurements made are drafts of their author.
func (s *seeder) seed(ctx context.Context, reports int) (bench.Seeded, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, production := range s.productions {
		all.Go(func() {
			for ctx.Err() == nil {
				n := s.made.Add(1)
				if n > int64(reports+drafts) {
					s.made.Add(-1)
					return
				}
				if err := s.one(ctx, production, n, reports); err != nil {
					cancel(fmt.Errorf("report %d: %w", n, err))
				}
			}
		})
	}
	all.Wait()
	return s.ids, context.Cause(ctx)
}

// one makes report n, which has the same words in every run.
func (s *seeder) one(ctx context.Context, production string, n int64, reports int) error {
	r := rand.New(rand.NewPCG(uint64(n), 0)) // #nosec G404 G115 -- made-up text
	title, text := bench.Title(r), bench.Text(r, reports)
	rec, err := s.stage.CreateReport(ctx, s.me, shows.ReportInput{Production: &production, Title: &title, Text: &text})
	if err == nil && n > drafts {
		rec, err = s.stage.FileReport(ctx, s.me, rec.ID, rec.Version)
	}
	if err != nil {
		return err
	}
	if n%10_000 == 0 {
		fmt.Fprintf(s.logs, "%d reports\n", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case n <= drafts:
		s.ids.Drafts = append(s.ids.Drafts, rec.ID)
	case len(s.ids.Filed) < known:
		s.ids.Filed = append(s.ids.Filed, rec.ID)
	default:
		if i := r.IntN(known * 20); i < known { // a few of the later ones
			s.ids.Filed[i] = rec.ID
		}
	}
	return nil
}
