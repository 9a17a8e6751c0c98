package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/edge/api"
	"github.com/tinyoperahouse/toh/internal/edge/compression"
	"github.com/tinyoperahouse/toh/internal/edge/web"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/webhook"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/canary"
	"github.com/tinyoperahouse/toh/internal/operate/mirror"
	"github.com/tinyoperahouse/toh/internal/operate/rewrap"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/blob"
	"github.com/tinyoperahouse/toh/internal/platform/mail"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/erasure"
	"github.com/tinyoperahouse/toh/internal/product/files"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/notice"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/program"
	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// App is the whole service behind one handler.
type App struct {
	Handler    http.Handler
	Gate       *records.Gate
	Accounts   *account.Service
	Workspaces *workspace.Service
	Erasures   *erasure.Service
	Identity   *identity.Service
	Stage      *shows.Service
	Files      *files.Service
	Queue      *task.Queue
	Promises   *promise.Service

	ground *ground
	keys   *rewrap.Service

	attesting  attesting
	canary     *canary.Service
	changes    *notice.Service
	broken     atomic.Pointer[broken]
	controlled atomic.Pointer[string] // the last job of controls that this instance added
	mirror     *mirror.Mirror         // nil where nothing is copied
	copied     atomic.Pointer[string] // the last job of copying that this instance added
	site       *frame.Site
	mailAt     string // the address that shows caught mail

	stopTelling func() // stops tellRefusals; nil before it was started

	closing context.Context // ends when the service begins to end, before requests in progress do
	close   context.CancelFunc

	log   *slog.Logger
	watch *telemetry.Telemetry
	ready atomic.Bool
	demo  atomic.Pointer[[]web.DemoAccount]
}

// New assembles the service and starts what runs beside requests, within ctx. Close must be called in the end.
func New(ctx context.Context, o Options) (*App, error) {
	paceMemory()
	if o.Clock == nil {
		o.Clock = model.SystemClock{}
	}
	g, err := newGround(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := g.start(ctx); err != nil {
		return nil, err
	}
	a := &App{ground: g, Gate: g.gate, log: o.Logger, watch: o.Telemetry}
	a.closing, a.close = context.WithCancel(context.WithoutCancel(ctx))
	if err := a.assemble(ctx, o); err != nil {
		return nil, errors.Join(err, a.Close(ctx))
	}
	a.tellRefusals(ctx)
	a.ready.Store(true)
	return a, nil
}

// tellRefusals regularly records in the trails who was refused, until Close: ctx may be only for the start.
func (a *App) tellRefusals(ctx context.Context) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() {
		a.Workspaces.KeepRecordingRefusals(ctx, func(err error) {
			a.log.WarnContext(ctx, "refusals not recorded yet", "error", err)
		})
	})
	a.stopTelling = func() { stop(); running.Wait() }
}

// Close ships what the trail still holds, and sends the remaining traces and metrics. The clients stay open: whoever
// opened them closes them.
func (a *App) Close(ctx context.Context) error {
	a.ready.Store(false)
	a.close()
	var both sync.WaitGroup
	both.Go(func() { a.watch.Close(ctx) })
	defer both.Wait()
	if a.stopTelling != nil {
		a.stopTelling()
		if err := a.Workspaces.RecordRefusals(ctx, true); err != nil {
			a.log.WarnContext(ctx, "refusals not told", "error", err)
		}
	}
	if err := a.ground.shipper.Close(ctx); err != nil {
		return fmt.Errorf("audit shipper: %w", err)
	}
	return nil
}

func (a *App) assemble(ctx context.Context, o Options) error {
	a.Queue = task.New(task.Options{
		Gate: a.Gate, Clock: o.Clock, Publisher: task.Topic{Client: o.Clients.Publisher, Name: o.Config.TopicName()},
		Ran: o.Telemetry.Job,
	})
	sender, box, err := a.mail(ctx, o)
	if err != nil {
		return err
	}
	if err := a.useCases(o, sender); err != nil {
		return err
	}
	if err := a.edges(ctx, o, box); err != nil {
		return err
	}
	return a.watched(o.Telemetry)
}

func (a *App) useCases(o Options, sender mail.Sender) error {
	write, err := mail.NewLetters(o.Config.BaseURL, o.Config.Contact)
	if err != nil {
		return err
	}
	post := letters{write, mail.NewPost(a.Queue, sender), a.ground}
	options := account.Options{
		Gate: a.Gate, Post: post, BaseURL: o.Config.BaseURL,
		Keys:    sessionKeys{a.ground.secrets.SigningKeys(o.Config.Secrets.SessionKeys)},
		Peppers: peppers{a.ground.secrets, o.Config.Secrets.Pepper},
		Session: account.Lifetimes(o.Config.Session),
		Cost:    o.Config.BcryptCost, Floor: answerFloor, LockedOut: o.Telemetry.LockedOut,
	}
	if o.CheapPasswords {
		options.Cost, options.TestCosts, options.Floor = 4, true, 0
	}
	if a.Accounts, err = account.New(options); err != nil {
		return err
	}
	a.Workspaces, err = workspace.New(workspace.Options{
		Gate: a.Gate, Accounts: a.Accounts, Post: post, KeyUsers: o.Config.Accounts(), KeyAt: a.keyAt,
		Trail: a.ground.verifier, Unmailed: a.ofDemo,
	})
	if err != nil {
		return err
	}
	a.Identity = identity.New(a.Gate, a.Accounts, a.Workspaces)
	if o.Objects == nil {
		o.Objects = blob.Nowhere{}
	}
	a.Files = files.New(files.Options{Gate: a.Gate, Objects: o.Objects, Queue: a.Queue, Clock: o.Clock})
	a.Stage = shows.New(shows.Options{Gate: a.Gate, Members: a.Workspaces.Names, Clock: o.Clock, EmptyAt: a.emptyAt,
		Attached: a.Files})
	if err := a.erasures(o, post); err != nil {
		return err
	}
	a.Queue.Handle(trashJob, a.emptyTrash, task.Attempts(trashAttempts))
	a.Queue.Handle(keyJob, a.changeKey)
	if err := a.tellChanges(o); err != nil {
		return err
	}
	a.webhookJobs()
	a.attest(o)
	a.mirrored(o)
	a.keys = rewrap.New(rewrap.Options{Gate: a.Gate, Queue: a.Queue, KMS: o.Clients.KMS})
	return a.promises(o)
}

// answerFloor is longer than a password check together with a few calls, so that the time of an answer reveals nothing.
const answerFloor = 900 * time.Millisecond

// edges creates the ways in: pages, API, pushes, webhooks.
func (a *App) edges(ctx context.Context, o Options, box http.Handler) error {
	public, err := policies(o.Config)
	if err != nil {
		return err
	}
	site := web.Options{
		BaseURL: o.Config.BaseURL, Hosts: otherNames(o.Config), Log: o.Logger, Clock: o.Clock, Hops: o.Config.ProxyHops,
		Ready: a.isReady, Timeout: o.Patience,
		Services: web.Services{Account: a.Accounts, Workspace: a.Workspaces, Stage: a.Stage, Files: a.Files,
			Identity: a.Identity, Erasures: a.Erasures,
			Promises: publicPromises{a}, History: a.ground.history,
			Access:  newPublicAccess(a, !o.Config.Local),
			Changes: &publicChanges{shared[[]policy.Change]{clock: o.Clock, fetch: a.changes.Changes}}},
		Demo:     a.demoAccounts,
		Files:    o.Templates,
		Policies: public, CopyURL: o.Config.CopyURL(),
	}
	if a.site, err = web.New(site); err != nil {
		return err
	}
	html := a.site.Handler()
	if o.Templates != nil {
		if html, err = web.Reloading(site, html); err != nil {
			return err
		}
	}
	machine, err := api.New(api.Options{
		Clock: o.Clock, Identity: a.Identity, Programs: program.New(a.Gate), Accounts: a.Accounts,
		Workspaces: a.Workspaces, Stage: a.Stage, Files: a.Files,
		Docs: o.Config.Local, BaseURL: o.Config.BaseURL,
		PerSecond: float64(o.Config.API.PerSecond), Burst: o.Config.API.Burst,
	})
	if err != nil {
		return err
	}
	pushes, err := a.pushes(ctx, o)
	if err != nil {
		return err
	}
	pages, err := compression.Pages(html)
	if err != nil {
		return err
	}
	programs, err := compression.API(a.site.Machine(machine))
	if err != nil {
		return err
	}
	hooks, err := a.webhooks(o)
	if err != nil {
		return err
	}
	a.Handler = o.Telemetry.Front(o.Logger, a.route(o.Config, ways{pages, programs, pushes, a.site.Machine(hooks),
		box}))
	return nil
}

// ways are the handlers of the ways in; box is nil where mail is not caught.
type ways struct{ pages, api, pushes, webhooks, box http.Handler }

// route sends a request to its edge. Whatever a process does not serve is answered as not found.
func (a *App) route(cfg config.Config, to ways) http.Handler {
	nothing := a.logged(http.HandlerFunc(nowhere))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, "/push/") && cfg.Role != config.Web:
			to.pushes.ServeHTTP(w, r)
		case cfg.Role == config.Tasks && !frame.IsProbe(r):
			nothing.ServeHTTP(w, r)
		case strings.HasPrefix(path, api.Prefix):
			to.api.ServeHTTP(w, r)
		case strings.HasPrefix(path, webhook.Prefix):
			to.webhooks.ServeHTTP(w, r)
		case to.box != nil && strings.HasPrefix(path, mail.BoxPath):
			to.box.ServeHTTP(w, r)
		default:
			to.pages.ServeHTTP(w, r)
		}
	})
}

var errClosing = errors.New("closing")

// isReady reports whether the service can do its work: it is not shutting down, and its database and keys answer.
func (a *App) isReady(ctx context.Context) error {
	if !a.ready.Load() {
		return errClosing
	}
	if _, err := a.ground.keyrings.Ring(ctx, model.Platform()); err != nil {
		return err
	}
	// Keyrings stay in memory for minutes. Only a call shows whether the database answers, so a document is read that
	// does not exist.
	_, err := a.ground.content.GetAll(ctx, store.Ref{Scope: model.Platform(), Collection: audit.Collections()[0].Name,
		ID: "ready"})
	return err
}

// ShowDemo makes the first page offer accounts.
func (a *App) ShowDemo(accounts []web.DemoAccount) { a.demo.Store(&accounts) }

func (a *App) demoAccounts() []web.DemoAccount {
	if list := a.demo.Load(); list != nil {
		return *list
	}
	return nil
}

// Routes are the pages' route table.
func (a *App) Routes() []frame.Route { return a.site.Routes() }

// otherNames are host names besides that of the base URL, because people type "127.0.0.1" for this machine.
func otherNames(cfg config.Config) []string {
	if !cfg.Local {
		return nil
	}
	port := strconv.Itoa(cfg.Port)
	return []string{"127.0.0.1:" + port, "[::1]:" + port, "localhost:" + port}
}
