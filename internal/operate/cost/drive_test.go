package cost_test

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/cost"
)

// text is that of an ordinary report: some six hundred characters, a hundred different words.
const text = "The house opened at seven and filled slowly because of the rain. The overture began three minutes late " +
	"while ushers seated a school " +
	"group from the valley. In the first act a lantern failed on the left tower, and the crew replaced it during the " +
	"change without being " +
	"noticed. The tenor asked for more light at the well. The interval ran long by four minutes since one bar closed " +
	"early. Act two was clean, " +
	"with strong applause after the duet. A guest felt faint in row twelve and was looked after by the doctor of the " +
	"evening; an entry is in the " +
	"accident book. Everything was locked by eleven and the keys are with the porter."

// drive is how an action of the model is done in the running product. It is first done once unmeasured, so that the
// keys are in memory.
type drive struct {
	name string
	do   func()
}

func (h *fixture) drives(t *testing.T) []drive {
	h.furnish(t)
	edited := h.draft(t)
	list := []drive{
		{"api: list 50 reports", func() { h.list50(t) }},
		{"api: search", func() { h.api(t, "GET", "/reports?q=dragon", "organizer", "", 200) }},
		{"api: read a report", func() { h.api(t, "GET", "/reports/"+h.report, "management", "", 200) }},
	}
	for _, p := range []struct{ name, path string }{
		{"home", "/"}, {"reports", "/reports"}, {"a report", "/reports/" + h.report}, {"productions", "/productions"},
		{"a production", "/productions/" + h.production}, {"members", "/members"}, {"audit", "/audit"},
		{"trash", "/trash"},
		{"versions", "/reports/" + h.report + "/versions"}, {"seen by", "/reports/" + h.report + "/seen"},
	} {
		list = append(list, drive{"page: " + p.name, func() { h.page(t, "/w/demo"+p.path) }})
	}
	drafts, filed := h.drafts(t), h.drafts(t)
	for range 2 {
		id := filed()
		h.api(t, "POST", "/reports/"+id+"/file", "management", "", 200)
		h.filed = append(h.filed, id)
	}
	return append(list,
		drive{"page: account", func() { h.page(t, "/account") }},
		drive{"api: create a draft", func() { h.draft(t) }},
		drive{"api: change a draft", func() {
			h.api(t, "PATCH", "/reports/"+edited, "management", fmt.Sprintf(`{"title":%q}`, "Title "+model.NewID()),
				200)
		}},
		drive{"api: file a report", func() { h.api(t, "POST", "/reports/"+drafts()+"/file", "management", "", 200) }},
		drive{"api: accept a report", func() {
			h.api(t, "POST", "/reports/"+h.nextFiled()+"/accept", "management", "", 200)
		}},
		drive{"api: trash a report", func() { h.api(t, "DELETE", "/reports/"+drafts(), "management", "", 204) }},
		drive{"sign-in", func() { h.signIn(t, browser(), "organizer") }},
		drive{"mail a link", func() { h.forgot(t) }},
		drive{cost.Tick, func() { h.tick(t) }},
		drive{cost.KeepMark, func() { h.clock.Advance(16 * time.Second); time.Sleep(300 * time.Millisecond) }},
	)
}

// furnish makes what the actions need: enough reports for a list, and somebody signed in.
func (h *fixture) furnish(t *testing.T) {
	t.Helper()
	listed := h.api(t, "GET", "/productions", "management", "", 200)["items"].([]any)
	h.production = listed[0].(map[string]any)["id"].(string)
	h.report = h.api(t, "GET", "/reports?limit=1&state=accepted", "management", "",
		200)["items"].([]any)[0].(map[string]any)["id"].(string)
	h.signIn(t, h.client, "management")
	for range cost.ListLength - 25 {
		h.draft(t)
	}
}

func (h *fixture) draft(t *testing.T) string {
	t.Helper()
	body := fmt.Sprintf(`{"production":%q,"title":"A long wet evening","body":%q}`, h.production, text)
	return h.api(t, "POST", "/reports", "management", body, 201)["id"].(string)
}

// drafts returns drafts, one after another.
func (h *fixture) drafts(t *testing.T) func() string {
	t.Helper()
	var ids []string
	for range 4 {
		ids = append(ids, h.draft(t))
	}
	return func() string { id := ids[0]; ids = ids[1:]; return id }
}

func (h *fixture) nextFiled() string { id := h.filed[0]; h.filed = h.filed[1:]; return id }

func (h *fixture) list50(t *testing.T) {
	t.Helper()
	if n := len(h.api(t, "GET", "/reports?limit=50", "management", "", 200)["items"].([]any)); n != cost.ListLength {
		t.Fatalf("the list has %d", n)
	}
}

// forgot asks for a link to set a new password, and waits until the mail was sent.
func (h *fixture) forgot(t *testing.T) {
	t.Helper()
	h.do(t, browser(), h.visit(t, "POST", "/forgot", url.Values{"email": {h.account("viewer").Email}}),
		http.StatusSeeOther)
	time.Sleep(200 * time.Millisecond)
}

// TestModelIsWhatTheProductUses does every action in the running product and compares.
func TestModelIsWhatTheProductUses(t *testing.T) {
	t.Parallel()
	h := open(t, config.API{})
	done := map[string]bool{}
	for _, d := range h.drives(t) {
		d.do()
		agree(t, d.name, h.measure(t, d.do))
		done[d.name] = true
	}
	for name, got := range h.differences(t) {
		agree(t, name, got)
		done[name] = true
	}
	for name, got := range h.checkpoints(t) {
		agree(t, name, got)
		done[name] = true
	}
	agree(t, cost.CountBatch, batch(t))
	done[cost.CountBatch] = true
	done[cost.Controls] = true // TestControlsAreInTheModel
	for _, a := range cost.Actions() {
		if !done[a.Name] {
			t.Errorf("%q is in the model and was not measured", a.Name)
		}
	}
}

// differences measures what is added to a request from time to time.
func (h *fixture) differences(t *testing.T) map[string]cost.Counts {
	t.Helper()
	list := func() { h.api(t, "GET", "/productions", "viewer", "", 200) }
	minus := func(a, b cost.Counts) cost.Counts { return a.Plus(b.Times(-1)) }
	wait := func(d time.Duration) {
		h.clock.Advance(d)
		time.Sleep(300 * time.Millisecond) // for a mark to be stored
		h.settle(t)
	}
	list()
	plain := h.measure(t, list)
	wait(6 * time.Minute) // keys leave memory after five
	cold := minus(h.measure(t, list), plain)
	wait(11 * time.Minute) // a token's use is recorded every ten minutes
	used := minus(minus(h.measure(t, list), plain), cold)
	// the keys of workspace and account
	return map[string]cost.Counts{cost.OpenKeys: cold.Times(0.5), cost.NoteUse: used}
}

// checkpoints measures what a tick uses in addition when there is something to bind together: in one scope, and in a
// second one.
func (h *fixture) checkpoints(t *testing.T) map[string]cost.Counts {
	t.Helper()
	minus := func(a, b cost.Counts) cost.Counts { return a.Plus(b.Times(-1)) }
	tick := func() { h.tick(t) }
	tick()
	idle := h.measure(t, tick)
	one := func() { h.api(t, "GET", "/productions", "viewer", "", 200); h.settle(t) }
	one()
	first := minus(h.measure(t, tick), idle)
	one()
	h.page(t, "/account") // an entry of another scope
	h.settle(t)
	second := minus(h.measure(t, tick), idle)
	each := minus(second, first)
	return map[string]cost.Counts{cost.Checkpoint: each, cost.Round: minus(first, each)}
}

// batch measures what counting the requests of a token uses, for a second's worth of them.
func batch(t *testing.T) cost.Counts {
	t.Helper()
	const size = 25
	h := open(t, config.API{PerSecond: size, Burst: 250})
	read := func() {
		for range size {
			h.api(t, "GET", "/productions", "viewer", "", 200)
		}
	}
	read()
	with := h.measure(t, read)
	without := h.measure(t, func() { h.api(t, "GET", "/productions", "viewer", "", 200) })
	return with.Plus(without.Times(-size))
}

// agree compares what was measured with the model.
func agree(t *testing.T, name string, got cost.Counts) {
	t.Helper()
	want, known := cost.Uses(name)
	if !known {
		t.Errorf("%q is not in the model; it uses %+v", name, got)
		return
	}
	for what, pair := range map[string][2]float64{
		"reads": {got.Reads, want.Reads}, "writes": {got.Writes, want.Writes}, "deletes": {got.Deletes, want.Deletes},
		"KMS": {got.KMS, want.KMS}, "signatures": {got.Signs, want.Signs},
		"secrets": {got.Secrets, want.Secrets}, "log entries": {got.LogEntries, want.LogEntries},
		"messages": {got.Messages, want.Messages},
	} {
		less, more := 0.0, 0.0
		switch name {
		case cost.Tick:
			more = 2 // of jobs and marks that happen to exist
		case "page: home":
			less, more = 4, 4 // the performances of the days around depend on the weekday and the hour
		}
		if pair[0] < pair[1]-less || pair[0] > pair[1]+more {
			t.Errorf("%s: %v %s, the model says %v: %+v", name, pair[0], what, pair[1], got)
		}
	}
	const timeLength = 12 // bytes by which the length of a logged entry's times may differ between two runs
	for what, v := range map[string]struct{ got, want, noise float64 }{
		"bytes stored": {got.Stored, want.Stored, 0}, "index entries": {got.IndexEntries, want.IndexEntries, 0},
		"bytes logged": {got.LogBytes, want.LogBytes, timeLength},
	} {
		if math.Abs(v.got-v.want) > 0.2*math.Max(v.want, 10)+v.noise {
			t.Errorf("%s: %v %s, the model says %v: %+v", name, v.got, what, v.want, got)
		}
	}
}

// TestModelIsNotTooCheap: the model's processor time is more than service, cloud and client together take here.
func TestModelIsNotTooCheap(t *testing.T) {
	h := open(t, config.API{})
	h.furnish(t)
	for name, do := range map[string]func(){
		"api: read a report": func() { h.api(t, "GET", "/reports/"+h.report, "management", "", 200) },
		"page: a report":     func() { h.page(t, "/w/demo/reports/"+h.report) },
	} {
		do()
		took := cheapest(t, do)
		t.Logf("%s: %.2f ms", name, took*1e3)
		if want, _ := cost.Uses(name); took > slower*want.CPU {
			t.Errorf("%s takes %v s of a processor, the model says %v", name, took, want.CPU)
		}
	}
}

// cheapest is the processor time of an action in the best of some rounds, because other work on the machine can only
// make one slower.
func cheapest(t *testing.T, do func()) float64 {
	t.Helper()
	const rounds, times = 4, 20
	least := math.Inf(1)
	for range rounds {
		before := processor(t)
		for range times {
			do()
		}
		least = min(least, (processor(t)-before)/times)
	}
	return least
}

// processor is the processor time that this process has used, in seconds.
func processor(t *testing.T) float64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
