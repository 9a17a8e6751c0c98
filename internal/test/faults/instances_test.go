package faults

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/platform/mail"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	accounts "github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// TestInstances runs two instances of each service on one cloud, and checks what must hold everywhere at once; then one
// of each is killed under load.
func TestInstances(t *testing.T) {
	f := newFleet(t)
	f.start(t, "web-0", config.Web)
	doomedWeb := f.start(t, "web-1", config.Web)
	f.start(t, "tasks-0", config.Tasks)
	doomedTasks := f.start(t, "tasks-1", config.Tasks)
	t.Run("each serves its own", f.roles)
	t.Run("sessions", f.sessions)
	t.Run("tokens", f.tokens)
	t.Run("members", f.members)
	t.Run("lockout", f.lockout)
	t.Run("killed under load", func(t *testing.T) { f.killed(t, doomedWeb, doomedTasks) })
	t.Run("sessions after that", func(t *testing.T) {
		f.start(t, "web-1", config.Web)
		f.unlocked(t)
		f.sessions(t)
	})
}

// unlocked waits until the transactions that the killed instance had started have ended. Nobody tells Firestore that
// the instance is gone: what its transactions read stays locked until they were idle for a minute, and until then
// writers there are told that it is not possible now.
func (f *fleet) unlocked(t *testing.T) {
	t.Helper()
	boss := memberOf(f.sheet, 0, "management")
	for start := testclock.Start(); ; time.Sleep(time.Second) {
		c := newClient(f.cfg.BaseURL, false)
		r := c.postTo(t.Context(), "web-0", "/signin", "email", boss.Email, "password", boss.Password)
		if r.status == http.StatusSeeOther {
			r = c.postTo(t.Context(), "web-0", "/account/sessions/end")
		}
		c.close()
		if r.status == http.StatusSeeOther {
			return
		}
		if r.status != http.StatusServiceUnavailable || start.Elapsed() > caughtUp+90*time.Second {
			must(t, r, http.StatusSeeOther)
		}
	}
}

func (f *fleet) roles(t *testing.T) {
	must(t, newClient(f.cfg.BaseURL, true).getFrom(t.Context(), "web-0", "/signin"), http.StatusOK)
	for _, i := range f.instances {
		c := newClient(f.cfg.BaseURL, true)
		c.http.Transport = &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network,
			_ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, i.addr)
		}}
		want := map[string]int{"/push/tasks": http.StatusNotFound, "/livez": http.StatusOK}
		if i.spec.Role == config.Tasks {
			want["/push/tasks"], want["/api/v1/me"], want["/"] = http.StatusUnauthorized, http.StatusNotFound,
				http.StatusNotFound
		}
		for path, status := range want {
			method := "GET"
			if path == "/push/tasks" {
				method = "POST"
			}
			if r := c.send(t.Context(), method, path, "", "X-Forwarded-For", "127.0.0.1"); r.status != status {
				t.Errorf("%s %s of %s: %d, want %d", method, path, i.spec.Name, r.status, status)
			}
		}
	}
}

// sessions: a session made on one instance is valid on the other, and one ended on one instance has ended on the other
// with the next request.
func (f *fleet) sessions(t *testing.T) {
	boss := memberOf(f.sheet, 0, "management")
	for n := range 6 {
		here, there := fmt.Sprintf("web-%d", n%2), fmt.Sprintf("web-%d", (n+1)%2)
		first, second := f.browser(t, boss, here), f.browser(t, boss, there)
		for _, c := range []*client{first, second} {
			must(t, c.getFrom(t.Context(), here, "/w/demo/"), http.StatusOK)
			must(t, c.getFrom(t.Context(), there, "/w/demo/"), http.StatusOK)
		}
		must(t, first.postTo(t.Context(), here, "/account/sessions/end"), http.StatusSeeOther)
		for _, on := range []string{there, here} {
			if r := second.getFrom(t.Context(), on, "/w/demo/"); r.status == http.StatusOK {
				t.Errorf("a session ended on %s still opens a page on %s", here, on)
			}
		}
	}
}

// memberOf is the account with a role in one of the companies.
func memberOf(s demo.Sheet, installation int, role string) demo.Account {
	return account(s.Workspaces[installation], role)
}

func (f *fleet) ask(t *testing.T, on, path, token string) reply {
	t.Helper()
	return newClient(f.cfg.BaseURL, true).ask(t.Context(), "GET", path, token, "", wanted, on)
}

func (f *fleet) idOf(t *testing.T, who demo.Account) string {
	t.Helper()
	me, _ := must(t, f.ask(t, "web-1", "/api/v1/me", who.Token), http.StatusOK).object()["account"].(map[string]any)
	return fmt.Sprint(me["id"])
}

// tokens: a token revoked on one instance is refused on the other with the next request.
func (f *fleet) tokens(t *testing.T) {
	boss := memberOf(f.sheet, 0, "management")
	browser := f.browser(t, boss, "web-0")
	id := f.idOf(t, boss)
	for range 4 {
		self := access.Caller{Scope: model.Account(id), Account: id, Name: boss.Name, Role: access.Self}
		token, made, err := f.app.Accounts.CreateToken(t.Context(), self, accounts.NewToken{Name: "Soon gone",
			Scopes: []string{string(access.ReadReports)}, Days: 1})
		if err != nil {
			t.Fatal(err)
		}
		must(t, f.ask(t, "web-1", "/api/v1/me", token), http.StatusOK)
		must(t, browser.postTo(t.Context(), "web-0", "/account/tokens/"+made.ID+"/revoke"), http.StatusSeeOther)
		must(t, f.ask(t, "web-1", "/api/v1/me", token), http.StatusUnauthorized)
		must(t, f.ask(t, "web-0", "/api/v1/me", token), http.StatusUnauthorized)
	}
}

// members: a member removed on one instance sees nothing on the other with the next request, by page and by token.
func (f *fleet) members(t *testing.T) {
	installation := f.sheet.Workspaces[1]
	boss, leaver := memberOf(f.sheet, 1, "management"), memberOf(f.sheet, 1, "viewer")
	id := f.idOf(t, leaver)
	reports := "/api/v1/workspaces/" + installation.ID + "/reports"
	browser := f.browser(t, leaver, "web-1")
	must(t, browser.getFrom(t.Context(), "web-1", "/w/other/"), http.StatusOK)
	must(t, f.ask(t, "web-1", reports, leaver.Token), http.StatusOK)
	must(t, f.browser(t, boss, "web-0").postTo(t.Context(), "web-0", "/w/other/members/"+id+"/remove"),
		http.StatusSeeOther)
	for _, on := range []string{"web-1", "web-0"} {
		must(t, browser.getFrom(t.Context(), on, "/w/other/"), http.StatusNotFound)
		must(t, f.ask(t, on, reports, leaver.Token), http.StatusNotFound)
		must(t, f.ask(t, on, "/api/v1/me", leaver.Token), http.StatusOK)
	}
}

// lockout: attempts are counted over all instances.
func (f *fleet) lockout(t *testing.T) {
	who := memberOf(f.sheet, 1, "reporter")
	for n := range 10 {
		c := newClient(f.cfg.BaseURL, true)
		r := c.postTo(t.Context(), fmt.Sprintf("web-%d", n%2), "/signin", "email", who.Email, "password", "wrong "+
			model.NewID())
		if r.status == http.StatusSeeOther || r.status == http.StatusTooManyRequests {
			t.Fatalf("attempt %d: %d", n, r.status)
		}
	}
	for _, on := range []string{"web-0", "web-1"} {
		c := newClient(f.cfg.BaseURL, true)
		r := c.postTo(t.Context(), on, "/signin", "email", who.Email, "password", who.Password)
		if r.status == http.StatusSeeOther {
			t.Errorf("after ten attempts, five on each instance, %s lets the next one in", on)
		}
	}
}

const (
	manyJobs = 60
	// leastWrites is how many make a load in the two seconds in which people write. A busy machine makes 45.
	leastWrites = 10
)

// killed kills one instance of each service while people write and jobs run.
func (f *fleet) killed(t *testing.T, web, tasks *instance) {
	all := staff(t, f.sheet, newClient(f.cfg.BaseURL, false), 3)
	since := f.clock.Now()
	jobs := f.addJobs(t)
	stop := work(t.Context(), all)
	time.Sleep(700 * time.Millisecond)
	for start := testclock.Start(); f.witness.running(tasks.spec.Name) == 0 && start.Elapsed() < 5*time.Second; {
		time.Sleep(time.Millisecond)
	}
	if f.witness.running(tasks.spec.Name) == 0 {
		t.Error("nothing ran on the instance that was killed: this proves little")
	}
	var wg sync.WaitGroup
	wg.Go(func() { f.lose(tasks) })
	wg.Go(func() { f.lose(web) })
	wg.Wait()
	time.Sleep(1500 * time.Millisecond)
	stop()
	if resolve(t, all) {
		t.FailNow()
	}
	letters := f.letters(t)
	f.calm(t)
	f.advance(3 * time.Minute) // until the lost one is known to be gone
	f.finish(t, jobs)
	f.arrived(t, letters, since)
	f.compare(t, all)
}

// addJobs adds jobs, and wakes each more often than needed.
func (f *fleet) addJobs(t *testing.T) []string {
	t.Helper()
	jobs := make([]string, manyJobs)
	for n := range jobs {
		var err error
		if jobs[n], err = f.app.Queue.Add(t.Context(), f.app.Gate, task.NewJob{Kind: slowJob}); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		ctx := context.WithoutCancel(t.Context())
		for _, id := range jobs {
			for range 3 {
				f.app.Queue.Wake(ctx, id)
			}
			time.Sleep(30 * time.Millisecond)
		}
	}()
	return jobs
}

// calm waits until the living instances have nothing to do, because moving the clocks forward would also end the leases
// of their current jobs. What the lost instance had taken, or had been woken for, is left for the ticks of finish.
func (f *fleet) calm(t *testing.T) {
	t.Helper()
	const still = 3 * time.Second
	last, since := 0, testclock.Start()
	for start := testclock.Start(); start.Elapsed() < caughtUp; time.Sleep(20 * time.Millisecond) {
		steps, busy := f.witness.pace()
		if busy || steps != last {
			last, since = steps, testclock.Start()
		}
		if since.Elapsed() > still {
			return
		}
	}
	t.Error("the living instances do not come to rest")
}

// letters requests mail while one of the instances that send it is gone.
func (f *fleet) letters(t *testing.T) []string {
	t.Helper()
	var to []string
	for installation, role := range []string{"viewer", "organizer"} {
		a := memberOf(f.sheet, installation, role)
		must(t, newClient(f.cfg.BaseURL, true).postTo(t.Context(), "web-0", "/forgot", "email", a.Email),
			http.StatusSeeOther)
		to = append(to, a.Email)
	}
	return to
}

// finish lets ticks find what is left, and waits until every job has run: with one effect, and never in two places.
func (f *fleet) finish(t *testing.T, jobs []string) {
	t.Helper()
	for start := testclock.Start(); ; time.Sleep(300 * time.Millisecond) {
		f.tick(t)
		f.tick(t) // two at once, so that sweeps meet
		ended, wrong := f.witness.account(jobs)
		if len(wrong) > 0 {
			t.Fatal(few(wrong))
		}
		if ended == len(jobs) {
			t.Logf("%d jobs in %d runs", ended, f.witness.began)
			break
		}
		if start.Elapsed() > caughtUp {
			t.Fatalf("only %d of %d jobs ended", ended, len(jobs))
		}
	}
	for _, id := range jobs {
		if info, err := f.app.Queue.Get(t.Context(), id); err != nil || info.State != task.Done {
			// the witness is told of the end before the job records it
			time.Sleep(500 * time.Millisecond)
			if info, err = f.app.Queue.Get(t.Context(), id); err != nil || info.State != task.Done {
				t.Errorf("job %s: %v %v", id, info.State, err)
			}
		}
	}
}

// arrived: each letter came once.
func (f *fleet) arrived(t *testing.T, to []string, since time.Time) {
	t.Helper()
	box := mail.NewCatcher(f.app.Gate)
	came := map[string]int{}
	for start := testclock.Start(); start.Elapsed() < caughtUp &&
		len(came) < len(to); time.Sleep(100 * time.Millisecond) {
		kept, err := box.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		clear(came)
		for _, m := range kept {
			if m.At.After(since) {
				came[m.To]++
			}
		}
	}
	for _, address := range to {
		if came[address] != 1 {
			t.Errorf("%d letters came where one was asked for", came[address])
		}
	}
}

// compare compares everything with everything: reports, entries, log.
func (f *fleet) compare(t *testing.T, all []*worker) {
	t.Helper()
	untilBalanced(t, f.cloud, f.cfg)
	l := untilShipped(t, f.cloud, f.cfg)
	acks := 0
	for _, w := range all {
		acks += w.acks
		for _, p := range w.papers {
			if v := l.versions["workspaces/"+w.workspace+"/reports/"+p.id]; v != p.version {
				t.Errorf("report %s: version %d, acknowledged was %d", p.id, v, p.version)
			}
		}
		for _, trace := range w.done {
			if !l.witnessed(trace, "done") {
				t.Errorf("request with trace %s was answered and left no entry", trace)
			}
		}
	}
	t.Logf("%d writes acknowledged, %d entries, each in the log once", acks, len(l.lines))
	if acks < leastWrites {
		t.Errorf("only %d writes: this was no load", acks)
	}
}
