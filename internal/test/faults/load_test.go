package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
)

// paper is a report that a worker made: what was acknowledged, and what was sent without an answer.
type paper struct {
	id, marker, state string
	version           int64
	pending           *change
}

// change is a write that was sent.
type change struct{ op, marker, state string }

// unanswered is a creation that was sent without an answer. Sent again with its key it must take place once.
type unanswered struct{ key, marker, body string }

// worker is a person who writes reports, together with whoever reviews them.
type worker struct {
	c                         *client
	reports                   string // path
	workspace                 string
	production                string
	author, reviewer, manager string // tokens; only the manager may read all of a report
	rng                       *rand.Rand

	papers     []*paper
	unanswered []unanswered
	done       []string // traces of requests that were answered with success: each must have left an entry
	acks       int      // writes among them
	serial     int
	name       string
	failure    error
}

// staff makes workers for a demonstration.
func staff(t *testing.T, sheet demo.Sheet, c *client, perWorkspace int) []*worker {
	t.Helper()
	var all []*worker
	for i, h := range sheet.Workspaces {
		base := "/api/v1/workspaces/" + h.ID
		organizer := account(h, "organizer").Token
		production := must(t, c.ask(t.Context(), "GET", base+"/productions", organizer, ""), 200).
			items()[0]["id"].(string)
		for n := range perWorkspace {
			w := &worker{
				c: c, reports: base + "/reports", workspace: h.ID, production: production, reviewer: organizer,
				manager: account(h, "management").Token,
				author:  account(h, []string{"reporter", "management"}[n%2]).Token,
				rng:     rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), name: fmt.Sprintf("w%d%c%s", i, 'a'+n,
					model.NewID()[:6]),
			}
			all = append(all, w)
		}
	}
	return all
}

// work runs all workers until stop is called, which waits for them.
func work(ctx context.Context, all []*worker) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for _, w := range all {
		wg.Go(func() {
			for ctx.Err() == nil && w.failure == nil {
				if !w.step(context.WithoutCancel(ctx)) {
					return
				}
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func (w *worker) mark() string {
	w.serial++
	return fmt.Sprintf("Mark %s %d", w.name, w.serial)
}

// step does one thing. It returns false when nobody answers any more.
func (w *worker) step(ctx context.Context) bool {
	p := w.pick()
	switch n := w.rng.IntN(10); {
	case p == nil || n < 3:
		return w.create(ctx)
	case n < 5:
		return w.read(ctx, p)
	default:
		return w.change(ctx, p)
	}
}

// pick is one of the last reports for which nothing is pending.
func (w *worker) pick() *paper {
	for range 5 {
		n := min(len(w.papers), 20)
		if n == 0 {
			return nil
		}
		if p := w.papers[len(w.papers)-1-w.rng.IntN(n)]; p.pending == nil && p.state != "gone" {
			return p
		}
	}
	return nil
}

func (w *worker) create(ctx context.Context) bool {
	b := unanswered{key: model.NewID(), marker: w.mark()}
	b.body = asJSON(map[string]any{
		"production": w.production, "title": b.marker, "body": "Text of " + b.marker,
		"sections": []map[string]any{{"department": "sound", "text": "Aloud", "severity": "note"},
			{"department": "injury", "text": "Sealed", "audience": "management", "severity": "urgent"}},
	})
	return w.send(ctx, b)
}

func (w *worker) send(ctx context.Context, b unanswered) bool {
	r := w.c.ask(ctx, "POST", w.reports, w.author, b.body, "Idempotency-Key", b.key)
	if !w.answered(r, http.StatusCreated) {
		w.unanswered = append(w.unanswered, b)
		return r.err == nil
	}
	w.acks++
	w.papers = append(w.papers, &paper{id: r.text("id"), marker: b.marker, state: "draft",
		version: r.number("version")})
	if r.text("title") != b.marker {
		w.fail("created %q, answered %q", b.marker, r.text("title"))
	}
	return true
}

// answered records a success. Anything but a success or an outage fails the test.
func (w *worker) answered(r reply, status int) bool {
	switch {
	case r.err != nil || r.status == http.StatusServiceUnavailable:
		return false
	case r.status != status:
		w.fail("status %d, want %d: %.300s", r.status, status, r.body)
		return false
	}
	w.done = append(w.done, r.trace)
	return true
}

func (w *worker) fail(format string, args ...any) {
	if w.failure == nil {
		w.failure = fmt.Errorf("worker "+w.name+": "+format, args...)
	}
}

func (w *worker) read(ctx context.Context, p *paper) bool {
	if w.rng.IntN(3) == 0 {
		r := w.c.ask(ctx, "GET", w.reports+"?limit=10&q=mark", w.author, "")
		w.answered(r, http.StatusOK)
		return r.err == nil
	}
	r := w.c.ask(ctx, "GET", w.reports+"/"+p.id, w.author, "")
	if w.answered(r, http.StatusOK) && (r.number("version") != p.version || r.text("title") != p.marker) {
		w.fail("report %s: read version %d %q, acknowledged %d %q", p.id, r.number("version"), r.text("title"),
			p.version, p.marker)
	}
	return r.err == nil
}

// change makes a change that the report's state allows.
func (w *worker) change(ctx context.Context, p *paper) bool {
	ch := &change{op: "patch", marker: w.mark(), state: p.state}
	method, path, token, body := "PATCH", w.reports+"/"+p.id, w.author,
		asJSON(map[string]any{"title": ch.marker, "body": "Text of " + ch.marker})
	status := http.StatusOK
	switch {
	case p.state == "draft" && w.rng.IntN(3) == 0:
		ch.op, ch.state, ch.marker, method, body = "file", "filed", p.marker, "POST", ""
	case p.state == "filed" && w.rng.IntN(3) == 0, p.state == "accepted" && w.rng.IntN(4) > 0:
		ch.op, ch.state, method = "amend", "filed", "POST"
		body = asJSON(map[string]any{"title": ch.marker, "reason": "A better mark"})
	case p.state == "filed":
		ch.op, ch.state, ch.marker, method, token, body = "accept", "accepted", p.marker, "POST", w.reviewer, ""
	case p.state == "accepted" || w.rng.IntN(8) == 0:
		ch.op, ch.state, ch.marker, method, body, status = "", "gone", p.marker, "DELETE", "", http.StatusNoContent
		if p.state != "draft" {
			token = w.manager // an organizer cannot put in the trash what is withheld from them
		}
	}
	if method == "POST" {
		path += "/" + ch.op
	}
	r := w.c.ask(ctx, method, path, token, body, "If-Match", fmt.Sprintf(`"%d"`, p.version))
	if !w.answered(r, status) {
		p.pending = ch
		return r.err == nil
	}
	w.acks++
	p.version, p.marker, p.state = p.version+1, ch.marker, ch.state
	if status == http.StatusOK && (r.number("version") != p.version || r.text("title") != p.marker) {
		w.fail("%s of %s: answered version %d %q, want %d %q", method, p.id, r.number("version"), r.text("title"),
			p.version, p.marker)
	}
	return true
}

// resolve finds out, after a restart, what happened to everything that was sent without an answer, and checks some of
// what was acknowledged. What was acknowledged must be there; what was not is there completely or not at all.
func (w *worker) resolve(ctx context.Context) {
	left := w.unanswered
	w.unanswered = nil
	for _, b := range left {
		w.send(ctx, b)
	}
	looked := 0
	for i := len(w.papers) - 1; i >= 0 && w.failure == nil; i-- {
		p := w.papers[i]
		if p.pending == nil && looked >= 3 {
			continue
		}
		looked++
		w.settle(p, w.c.ask(ctx, "GET", w.reports+"/"+p.id, w.author, ""))
	}
}

func (w *worker) settle(p *paper, r reply) {
	is := func(version int64, marker, state string) bool {
		if state == "gone" {
			return r.status == http.StatusNotFound
		}
		return r.status == http.StatusOK && r.number("version") == version && r.text("title") == marker &&
			r.text("state") == state
	}
	ch := p.pending
	switch {
	case r.err != nil:
		w.fail("after the restart: %v", r.err)
	case is(p.version, p.marker, p.state):
	case ch != nil && is(p.version+1, ch.marker, ch.state):
		p.version, p.marker, p.state = p.version+1, ch.marker, ch.state
	default:
		w.fail("after the restart %s is %d, version %d, %s %q; acknowledged was version %d, %s %q; sent was %+v",
			p.id, r.status, r.number("version"), r.text("state"), r.text("title"), p.version, p.state, p.marker, ch)
	}
	p.pending = nil
	if r.status == http.StatusOK {
		w.done = append(w.done, r.trace)
	}
}
